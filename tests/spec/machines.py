"""Small machines for the tests of page tables: a geometry that fits on a page of paper, and fresh table memory."""

from typing import Any

from pagelaw.spec import entries, table_laws, tables, translation_laws
from pagelaw.spec.algebra import Backend
from pagelaw.spec.geometries import Geometry, Right, bound_to
from pagelaw.spec.paging import Access
from pagelaw.spec.tables import Tables

#: Two levels of two entries; a table has eight bytes, a leaf at level 1 maps two frames.
TINY = Geometry(
    name="tiny",
    title="two levels of two entries",
    index_bits=(1, 1),
    address_bits=8,
    sign_extended=False,
    entry_bytes=4,
    page_shift=3,
    leaf=Right(bits=1 << 3, inverted=False),
    leaf_levels=(1,),
    execute=Right(),
    table_rights_levels=(1,),
    accessed=1 << 8,
    dirty=1 << 9,
    global_=0,
    frame=0xF0,
    frame_shift=4,
)
READ, WRITE, USER_WRITE = Access(False, False, False), Access(True, False, False), Access(True, True, False)


class Machine:
    """The specification's functions in one geometry, and table memory."""

    def __init__(self, geometry: Geometry, frames: int = 8, limit: int = 16) -> None:
        self.geometry = geometry
        self.steps: Backend = bound_to(geometry, tables)
        self.walker: Backend = bound_to(geometry)
        self.entries: Backend = bound_to(geometry, entries)
        self.laws: Backend = bound_to(geometry, table_laws)
        self.translation: Backend = bound_to(geometry, translation_laws)
        per_frame = (1 << geometry.page_shift) // geometry.entry_bytes
        following = [frame + 2 for frame in range(frames - 1)] + [0]
        self.tables = Tables(
            words=[0] * (frames * per_frame),
            entries=frames * per_frame,
            kind=[0] * frames,
            used=[0] * frames,
            parent=following,
            free=1,
            spare=frames,
            count=[0] * limit,
            backed=[0] * limit,
            frames=frames,
            limit=limit,
        )

    def do(self, step: str, *arguments: Any) -> Any:
        """Take a step; what it answers besides the tables."""
        self.tables, *answers = getattr(self.steps, step)(self.tables, *arguments)
        return answers[0] if len(answers) == 1 else tuple(answers)

    def snapshot(self) -> Tables:
        """The tables as they are now, whatever is done later."""
        arrays = {name: list(value) for name, value in self.tables._asdict().items() if isinstance(value, list)}
        return self.tables._replace(**arrays)

    def walk(self, root: int, address: int) -> Any:
        """The hardware's walk."""
        return self.walker.walk(self.steps.image_of(self.tables), root, address)

    def poke(self, name: str, index: int, value: int) -> Tables:
        """A copy of the tables with one element of an array changed."""
        changed = self.snapshot()
        getattr(changed, name)[index] = value
        return changed
