"""The exploring judge of TLBs: every interleaving of fills, evictions, shootdowns and switches on a few cores.

What is explored, small machines first, so that a breach is told at its smallest::

    shared      1 and 2 cores, one space of two pages: pages compete for frames
    tagged      1 and 2 cores, two spaces, one identifier: it must be taken back to be given
    main        the cores that were asked for, two spaces, one of them with two pages, two identifiers

A law `holds` only if every machine was visited to its end. A breach is told as a shortest run of moves.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Unpack

import attrs

from ...model.fast import backend
from ...model.fast import tlb_moves as shared
from ...model.fast.tlb_machine import Machine
from ...spec import tlb
from ...spec.law import Law
from ..verdict import Judgement
from . import tlb_moves
from .exploration import Exploration
from .inquiry import Inquiry, Settings, inquire
from .packed import PackedCode, PackedSystem
from .tlb_moves import Setting

LAW_BITS = shared.LAW_BITS
#: More cores than this have more states than is of use, and uncompiled, more than can be waited for.
MOST_CORES, MOST_CORES_UNCOMPILED = 3, 1
_BITS = 64


def machines(cores: int) -> Iterator[Machine]:
    """What is explored, smallest first."""
    for few in range(1, min(cores, 2) + 1):
        yield Machine(few, home=(0, 0), identifiers=1)
        yield Machine(few, home=(0, 1), identifiers=1)
    yield Machine(cores)


def setting_of(machine: Machine) -> Setting:
    """What does not change on a machine, as plain integers; a `ValueError` if its states do not fit into a word."""
    ends = list(itertools.accumulate(2 * size for size in machine.sizes))
    pages = len(machine.home)
    most = max(pages, machine.frames, machine.spaces, machine.identifiers)
    if most > tlb_moves.LAST or ends[-1] + 8 > _BITS:
        raise ValueError(f"a state must fit into {_BITS} bits, two for each element; this one is of {machine}")
    extents = [machine.extents(kind) for kind in range(shared.KINDS)]
    firsts, seconds = (sum(pair[at] << 4 * kind for kind, pair in enumerate(extents)) for at in (0, 1))
    home = sum(space << 2 * page for page, space in enumerate(machine.home))
    numbers = (machine.cores, pages, machine.spaces, machine.identifiers, machine.span)
    return Setting(home, *numbers, firsts, seconds, *ends)


class Code(PackedCode):
    """The steps and laws of TLBs, bound to elements of two bits."""

    rules = tlb
    # A core and a page, or a space, for a kind at most; three of each at most.
    most_moves = shared.KINDS * tlb_moves.LAST**2

    def bind(self, *, plain: bool, overrides: Mapping[str, Any]) -> Any:
        pairs = backend.packed(tlb_moves, plain=plain)
        known = self.with_changes({"load": pairs.load_pair, "store_if": pairs.store_pair_if}, plain=plain)
        moves = backend.packed(shared, known, plain=plain)
        names = ("move", "broken_anywhere", "broken_by_change")
        called = {name: self.apart(moves, name, plain=plain) for name in names}
        return backend.packed(tlb_moves, {**called, **overrides}, plain=plain)


class TlbSystem(PackedSystem):
    """The steps on one machine, made ready for the search."""

    def __init__(self, machine: Machine, *, code: Code) -> None:
        super().__init__(machine, setting_of(machine), code=code)

    def told(self, label: int) -> str:
        kind, first, second = label & 15, label >> tlb_moves.FIRST_AT & 15, label >> tlb_moves.SECOND_AT & 15
        return shared.STORIES[kind].format(first, second)

    def last_words(self, key: int, law: str) -> list[str]:
        """Where the breach is of a move and not of the state: that move."""
        moves, setting = self.code.plain_moves, self.plain_setting
        before = moves.tlbs_of(key, setting)
        if law != "L4":
            return []
        for after, label in self.successors(key):
            state = moves.tlbs_of(after, setting)
            if any(moves.broken_by_change(before, state, self.machine.cores, page) for page in range(setting.pages)):
                return [self.told(label)]
        return []


@attrs.define
class _Inquiry(Inquiry):
    """A law is broken in a state, or by a move from it; the state is told with the move."""

    about = "TLBs"
    unit = "TLB"
    law_bits = LAW_BITS

    def stop_on(self) -> int:
        return sum(LAW_BITS[law.id] for law in self.laws)

    def stories(self, system: TlbSystem, outcome: Exploration, law: Law) -> Iterator[list[str]]:
        state = outcome.broken.get(LAW_BITS[law.id].bit_length() - 1)
        if state is not None:
            path = [int(key) for key in outcome.path(state)]
            yield [*system.story(path), *system.last_words(path[-1], law.id)]


def explore_tlb(
    laws: Sequence[Law],
    *,
    cores: int | None = None,
    **settings: Unpack[Settings],
) -> Judgement:
    """Hold the steps of the TLB specification against `laws` in every reachable state of small machines.

    Args:
        laws: the laws to judge, of those in `LAW_BITS`.
        cores: cores of the largest machine, from 1 to 3; by default 3, uncompiled 1.
        settings: as `inquiry.Settings` says.

    Raises:
        ValueError: where a setting is out of range, or a law is not about TLBs.
    """
    cores = cores if cores is not None else (MOST_CORES if backend.is_compiled() else MOST_CORES_UNCOMPILED)
    if not 1 <= cores <= MOST_CORES:
        raise ValueError(f"cores must be from 1 to {MOST_CORES}, not {cores}")
    return inquire(_Inquiry(tuple(laws)), machines(cores), TlbSystem, Code, largest=Machine(cores), **settings)
