"""A look at the tables: what the reference wrote is right, and each kind of damage breaks its law."""

from collections.abc import Callable
from typing import Any

import pytest

from pagelaw.model.tables import PageTables
from pagelaw.spec.contracts.calls import ILLEGAL, Answer, Returned
from pagelaw.spec.contracts.paging_arena import Look, Map, PagingArena, PagingCapabilities, TableCall, Translate
from pagelaw.spec.contracts.sight import picture_of
from pagelaw.spec.contracts.spaces import Spaces
from pagelaw.spec.contracts.translation import TranslationContract

PAGE, HUGE = 0x1000, 0x20_0000
#: Where the reference puts its tables: the root, and those for the first gigabyte.
ROOT, THIRD, SECOND, FIRST = range(4)


def contract_of(**declared: Any) -> TranslationContract:
    """x86-64, ten table frames, everything declared that is not told otherwise."""
    settings = {"levels": 2, "look": True, "free": True, "identifiers": True, "marks": True, "events": True, **declared}
    return TranslationContract(PagingArena("x86-64", 10), PagingCapabilities(**settings))


class Scene:
    """A page at 0, one at 0x1000, a huge one at 2 MiB, and what a look at the reference gives."""

    def __init__(self, contract: TranslationContract) -> None:
        self.contract = contract
        self.model = PageTables(10, "x86-64")
        self.state: Spaces = contract.initial()
        self.model.create(1)
        contract._open(self.state, 1)
        for address, frame, level, rights in ((0, 100, 0, "rw"), (PAGE, 101, 0, "ru"), (HUGE, 512, 1, "rwx")):
            self.model.map(1, address, frame, 1, level, rights, False)
            self.done(Map(1, address, frame, 1, level, rights, False))

    def done(self, call: TableCall) -> None:
        """The contract takes note of a call."""
        self.state = self.contract.after(self.state, call, Returned(None))

    def look(self) -> dict[str, Any]:
        """What the reference shows."""
        memory = self.model.memory()
        words = [int.from_bytes(memory[at : at + 8], "little") for at in range(0, len(memory), 8)]
        return {
            "roots": [list(pair) for pair in self.model.roots().items()],
            "entries": [[index, word] for index, word in enumerate(words) if word],
            "free": self.model.free_frames(),
            "identifiers": [list(pair) for pair in self.model.identifiers().items()],
        }

    def law(self, look: Any) -> str:
        """The law that a look breaks, or nothing."""
        found = self.contract.breaches(self.state, Look(), Returned(look))
        assert len(found) <= 1
        return found[0].law if found else ""


@pytest.fixture
def scene() -> Scene:
    """Everything declared."""
    return Scene(contract_of())


def slot(table: int, index: int) -> int:
    """Number of an entry."""
    return table * 512 + index


def with_entry(look: dict[str, Any], index: int, change: Callable[[int], int]) -> dict[str, Any]:
    """The look with one entry changed."""
    words = dict(look["entries"])
    words[index] = change(words.get(index, 0))
    return {**look, "entries": [[index, word] for index, word in words.items() if word]}


def test_the_reference_is_right(scene: Scene) -> None:
    """And the picture has its three leaves."""
    assert scene.law(scene.look()) == ""
    assert sorted(picture_of(scene.contract, Returned(scene.look()))) == [(1, 0), (1, PAGE), (1, HUGE)]
    assert picture_of(scene.contract, ILLEGAL) == {}


@pytest.mark.parametrize(
    ("index", "change", "law"),
    [
        pytest.param(slot(FIRST, 0), lambda entry: 0, "T6.mapped", id="a leaf is missing"),
        pytest.param(slot(FIRST, 7), lambda entry: 0x99007, "T6.unmapped", id="a leaf too many"),
        pytest.param(slot(FIRST, 0), lambda entry: entry + 0x1000, "T6.mapped", id="another frame"),
        pytest.param(slot(SECOND, 1), lambda entry: entry + 0x200000, "T6.mapped", id="another huge frame"),
        pytest.param(slot(SECOND, 1), lambda entry: entry + 0x1000, "T7", id="a huge frame that is not aligned"),
        pytest.param(slot(SECOND, 1), lambda entry: entry + 0x2000, "T4", id="reserved bits"),
        pytest.param(slot(THIRD, 0), lambda entry: 0x87, "T7.split", id="a leaf of another level"),
        pytest.param(slot(FIRST, 1), lambda entry: entry | 2, "T3", id="a right too many"),
        pytest.param(slot(FIRST, 0), lambda entry: entry & ~2, "T3", id="a right too few"),
        pytest.param(slot(THIRD, 0), lambda entry: entry & ~2, "T3", id="a right that a table withholds"),
        pytest.param(slot(ROOT, 9), lambda entry: 0x0007, "T5", id="a root that names itself"),
        pytest.param(slot(ROOT, 9), lambda entry: 0x77007, "T5", id="a table outside table memory"),
        pytest.param(slot(ROOT, 9), lambda entry: 0x8007, "F8", id="a free frame that is named"),
    ],
)
def test_each_damage_breaks_its_law(scene: Scene, index: int, change: Callable[[int], int], law: str) -> None:
    """One entry changed."""
    assert scene.law(with_entry(scene.look(), index, change)) == law


def test_what_is_not_present_leads_nowhere(scene: Scene) -> None:
    """An entry that is not zero and not present, as of a page that was paged out, is nobody's business."""
    assert scene.law(with_entry(scene.look(), slot(SECOND, 9), lambda _entry: 0x1234_5000)) == ""


def test_a_look_is_never_refused(scene: Scene) -> None:
    """Nothing is wrong with looking."""
    assert scene.contract.refusals(scene.state, Look()) == {""}


def test_table_frames_are_accounted_for(scene: Scene) -> None:
    """Lost, or linked although empty."""
    look = scene.look()
    assert scene.law({**look, "free": look["free"][1:]}) == "F6"
    linked = with_entry(look, slot(ROOT, 9), lambda entry: 0x8007)
    assert scene.law({**linked, "free": [frame for frame in look["free"] if frame != 8]}) == "F6"
    kept = Scene(contract_of(keeps=1))
    assert kept.law({**kept.look(), "free": kept.look()["free"][1:]}) == ""


def test_marks_are_those_of_the_hardware(scene: Scene) -> None:
    """Where they are declared: accessed after a read, dirty after a write, and nothing is asked of other pages."""
    scene.done(Translate(1, 5, "r"))
    assert scene.law(scene.look()) == "T8"
    scene.model.translate(1, 5, "r")
    assert scene.law(scene.look()) == ""
    scene.done(Translate(1, 5, "w"))
    scene.done(Translate(1, 9 * PAGE, "w"))
    assert scene.law(scene.look()) == "T8"
    scene.model.translate(1, 5, "w")
    assert scene.law(scene.look()) == ""
    without = Scene(contract_of(marks=False))
    without.done(Translate(1, 5, "w"))
    assert without.law(without.look()) == ""


def test_identifiers_are_unique(scene: Scene) -> None:
    """Among live spaces; one that still tags entries of a space that is gone may not be given again."""
    scene.model.create(2)
    scene.contract._open(scene.state, 2)
    look = scene.look()
    assert scene.law(look) == ""
    assert scene.law({**look, "identifiers": [[1, 0], [2, 0]]}) == "L5"
    scene.state.used[0, 7] = 5
    assert scene.law({**look, "identifiers": [[1, 0], [2, 7]]}) == "L5"
    scene.state = scene.contract.after(scene.state, Look(), Returned({**look, "identifiers": [[1, 0], [2, 7]]}))
    assert scene.law({**look, "identifiers": [[1, 0], [2, 7]]}) == ""
    untold = Scene(contract_of(events=False))
    untold.state.used[0, 0] = 5
    assert untold.law(untold.look()) == ""


@pytest.mark.parametrize(
    "change",
    [
        {"roots": []},
        {"roots": [[1, -1]]},
        {"roots": 7},
        {"entries": [[99999, 1]]},
        {"entries": [[0, 1 << 64]]},
        {"entries": [["a", 1]]},
        {"free": [99]},
        {"free": None},
    ],
    ids=str,
)
def test_a_look_of_another_form(scene: Scene, change: dict[str, Any]) -> None:
    """Is no look, and breaks C1."""
    assert scene.law({**scene.look(), **change}) == "C1"


def test_no_look_at_all(scene: Scene) -> None:
    """A refusal, or a text."""
    answers: list[Answer] = [ILLEGAL, Returned("tables")]
    for answer in answers:
        assert [breach.law for breach in scene.contract.breaches(scene.state, Look(), answer)] == ["C1"]
        assert scene.contract.after(scene.state, Look(), answer) is scene.state
    plain = Scene(contract_of(free=False, identifiers=False, events=False))
    plain.done(Look())
    look = {name: value for name, value in plain.look().items() if name in ("roots", "entries")}
    assert plain.law(look) == ""
    assert plain.contract.after(plain.state, Look(), Returned(look)).sighted == {}


def test_a_root_begins_a_frame(scene: Scene) -> None:
    """Or it is no table."""
    assert scene.law({**scene.look(), "roots": [[1, 8]]}) == "T5"


def test_addresses_of_the_upper_half_are_told_as_the_processor_has_them(scene: Scene) -> None:
    """With all upper bits set."""
    last = 0xFFFF_FFFF_FFFF_F000
    scene.model.map(1, last, 107, 1, 0, "r", False)
    scene.done(Map(1, last, 107, 1, 0, "r", False))
    assert scene.law(scene.look()) == ""
    assert (1, last) in picture_of(scene.contract, Returned(scene.look()))
