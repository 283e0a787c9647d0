"""Page tables under random calls: whatever is called, no law is broken, and each law is, where a rule is wrong."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pagelaw.model.fast import tables_run
from pagelaw.model.fast.backend import _plain_primitives, rebind
from pagelaw.model.fast.tables_calls import CREATE, DROP, KINDS, MAP, TOGGLE, TOUCH, UNMAP
from pagelaw.model.fast.tables_machine import GROWING, SHRINKING, Machine, copied, draw, empty, field_of
from pagelaw.model.fast.tables_run import LAW_BITS
from pagelaw.spec import entries, paging, tables
from pagelaw.spec.algebra import Backend
from pagelaw.spec.geometries import geometry_named
from pagelaw.spec.tables import SHARED

from .snapshots import TINY

SMALL = Machine(TINY, frames=5, small=5, blocks=3, spaces=3)
LARGE = Machine(geometry_named("x86-64"), frames=40, small=30, blocks=2, spaces=3, pages=12, look=1, slots=1)


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """On plain integers; machine code is entered by the judge's own tests."""
    monkeypatch.setattr("pagelaw.model.fast.tables_machine.is_compiled", lambda: False)


def bound(machine: Machine, **changes: Any) -> Backend:
    """The kernels on plain integers, with some of the specification's functions replaced."""
    overrides = machine.geometry.constants() | changes
    return rebind(tables_run, primitives=_plain_primitives(), overrides=overrides)


class Run:
    """A machine, its twin, and what has been counted."""

    def __init__(self, machine: Machine, **changes: Any) -> None:
        self.machine, self.kernels = machine, bound(machine, **changes)
        self.tables, self.roots = empty(machine)
        self.twin, self.twin_roots = copied(self.tables), self.roots.copy()
        self.counts = np.zeros(2 * KINDS, np.uint64)

    def play(self, calls: int, weights: dict[int, int], seed: int) -> tuple[int, int]:
        """Random calls: how many were made, and what is broken."""
        drawn = draw(np.random.default_rng(seed), calls)
        field = field_of(self.machine, weights, [7])
        both = self.tables, self.roots, self.twin, self.twin_roots
        free, spare, done, bits = self.kernels.replay(*both, field, drawn, self.counts)
        self.tables = self.tables._replace(free=free, spare=spare)
        self.twin = self.twin._replace(free=free, spare=spare)
        return done, bits

    def audit(self) -> tuple[int, int]:
        """What is broken first, and where."""
        answer: tuple[int, int] = self.kernels.audit(self.tables, np.zeros(self.machine.limit, np.uint64))
        return answer


def test_every_kind_of_call_keeps_every_law() -> None:
    """Up and down again, in a tiny machine, at every slot and page."""
    run = Run(SMALL)
    for seed in range(5):
        assert run.play(90, SHRINKING if seed % 3 == 2 else GROWING, seed) == (90, 0)
        assert run.audit() == (0, 0)
        assert run.tables.words.tolist() == run.twin.words.tolist()
    assert run.counts.reshape(-1, 2)[:, 1].min() > 0
    assert run.counts.sum() == 450


def test_a_large_machine() -> None:
    """Four levels, at touched points: several hundred calls and an audit."""
    run = Run(LARGE)
    assert run.play(500, GROWING, 1) == (500, 0)
    assert run.audit() == (0, 0)
    assert run.tables.count.sum() > 5


def test_the_same_calls_come_to_the_same() -> None:
    """Two runs of the same seed leave the same tables."""
    one, two = Run(SMALL), Run(SMALL)
    for run in (one, two):
        run.play(60, GROWING, 3)
    assert one.tables.words.tolist() == two.tables.words.tolist()
    assert one.counts.tolist() == two.counts.tolist()
    other = Run(SMALL)
    other.play(60, GROWING, 4)
    assert other.counts.tolist() != one.counts.tolist()


def test_a_call_is_told() -> None:
    """What a word stands for: the first call creates, an odd one is at no address."""
    run = Run(SMALL)
    field = field_of(SMALL, {CREATE: 1}, [0])
    call = run.kernels.resolved(run.tables, run.roots, field, 0)
    assert (call.kind, call.space) == (CREATE, 0)
    run.play(1, {CREATE: 1}, 0)
    space = int(np.flatnonzero(run.roots)[0])
    call = run.kernels.resolved(run.tables, run.roots, field, space << 8)
    assert (call.kind, call.root) == (DROP, int(run.roots[space]) - 1)
    odd = run.kernels.resolved(run.tables, run.roots, field_of(SMALL, {MAP: 1}, [0]), 5 << 56)
    assert run.kernels.walk(run.kernels.image_of(run.tables), call.root, odd.address).fault != 0


def test_machines() -> None:
    """Their dimensions, in words."""
    assert (SMALL.entries, SMALL.levels, SMALL.limit) == (10, (0, 1), 16)
    assert (LARGE.entries, LARGE.levels, LARGE.limit) == (40 * 512, (0, 1), 3 * 512)
    assert str(LARGE) == "x86-64, 40 table frames of 1536, 3 spaces"


def mapping_anything(tables_: Any, frame: Any, level: Any, _shared: Any) -> Any:
    """Maps what is mapped already."""
    return (frame >= tables_.frames) & (frame + entries_of(level) <= tables_.limit)


def sharing_what_is_private(tables_: Any, frame: Any, level: Any, shared: Any) -> Any:
    """Maps what is mapped already, if it is asked to share it."""
    free = shared or (frame < tables_.limit and tables_.count[frame] == 0)
    return free and mapping_anything(tables_, frame, level, shared) and frame % entries_of(level) == 0


def giving_uncounted(going: Any, tables_: Any, frame: Any) -> Any:
    """Gives a table frame back, and counts it as taken."""
    return tables.give_frame(going, tables_, frame)._replace(spare=tables_.spare)


def letting_through(found: Any, _access: Any) -> Any:
    """Denies nothing."""
    return found.fault


def allowing_in_tables(entry: Any, _level: Any) -> bool:
    """No bit of an entry that names a table is reserved."""
    return bool(entry & TINY.leaf.bits and entry & TINY.reserved_leaf[0])


def entries_of(level: int) -> int:
    """Frames of a leaf in the tiny geometry."""
    return 1 << level


def forgetting(going: Any, tables_: Any, _frame: Any) -> Any:
    """Counts no leaf less."""
    return tables_


def keeping_nothing(_file: Any, _place: Any, leaf: Any) -> Any:
    """Pages out without a word about where to."""
    return entries.paged_out_entry(0, 0, leaf)


def marking_faults(image: Any, root: Any, address: Any, access: Any) -> Any:
    """Marks a leaf as accessed whatever comes of it."""
    words = image.words
    words[0] = int(words[0]) | 1 << 8
    return tables.Image(words, image.entries), 5, 0


def allowing(_entry: Any, _level: Any) -> bool:
    """No bit is reserved."""
    return False


def pruning_nothing(going: Any, tables_: Any, table: Any) -> Any:
    """Gives a table back and leaves the entry that names it."""
    parent = tables_.parent[table]
    going = going & (tables_.used[table] == 0) & (parent != 0)
    return tables.give_frame(going, tables_, table), 0, going


def with_no_rights(entry: Any, _write: Any, _user: Any, _execute: Any) -> Any:
    """Protects nothing."""
    return entry


def dropping(tables_: Any, root: Any) -> Any:
    """Drops a space that is not empty."""
    frame = (root >> 3) if root >> 3 < tables_.frames else 0
    return tables.give_frame(True, tables_, frame), True


@pytest.mark.parametrize(
    ("name", "function", "laws"),
    [
        ("is_mappable", mapping_anything, {"F3", "F4", "F5"}),
        ("unback", forgetting, {"F3", "T6.unmapped"}),
        ("paged_out_entry", keeping_nothing, {"T12"}),
        ("touch", marking_faults, {"T8", "T9", "T13", "T10", "T5", "F8", "T6"}),
        ("is_malformed", allowing, {"T4"}),
        ("prune", pruning_nothing, {"T5", "F8", "T6.unmapped"}),
        ("give_frame", giving_uncounted, {"T6.unmapped"}),
        ("classify", letting_through, {"T3"}),
        ("is_malformed", allowing_in_tables, {"T4"}),
        ("with_rights", with_no_rights, {"T6.mapped"}),
        ("drop", dropping, {"T10", "F6", "F8"}),
    ],
)
def test_a_wrong_rule_breaks_its_laws(name: str, function: Callable[..., Any], laws: set[str]) -> None:
    """Found within a few hundred calls, and named."""
    run = Run(LARGE if function is allowing else SMALL, **{name: function})
    for seed in range(9):
        _, bits = run.play(90, SHRINKING if seed % 3 == 2 else GROWING, seed)
        if bits:
            break
    assert {law for law, bit in LAW_BITS.items() if bits & bit} & laws


def test_mapping_again_what_is_private() -> None:
    """Sharing is asked for where a page is first mapped; who asks later must not get another's frame."""
    run = Run(SMALL, is_mappable=sharing_what_is_private)
    _, bits = run.play(600, {TOGGLE: 1, MAP: 50, UNMAP: 12}, 0)
    assert bits & LAW_BITS["F5"]
    assert Run(SMALL).play(600, {TOGGLE: 1, MAP: 50, UNMAP: 12}, 0) == (600, 0)


def poked(name: str, index: int, value: int) -> Run:
    """A run after which one element has been changed."""
    run = Run(SMALL)
    run.play(90, GROWING, 0)
    getattr(run.tables, name)[index] = value
    return run


def test_an_audit_finds_what_nobody_touched() -> None:
    """A count that is too high, a table that nothing names, a leaf of another's frame."""
    run = Run(SMALL)
    run.play(90, GROWING, 0)
    frame = int(np.flatnonzero(run.tables.count)[0])
    assert poked("count", frame, 9).audit() == (LAW_BITS["F3"], frame)
    assert run.tables.backed[frame] not in (0, SHARED) or poked("backed", frame, 0).audit()[0]
    lost = int(np.flatnonzero(np.array(run.tables.kind) == 1)[0])
    assert poked("kind", lost, 0).audit()[0] != 0
    top = int(np.flatnonzero(np.array(run.tables.kind) == 2)[0])
    assert poked("parent", top, 3).audit() == (LAW_BITS["F6"], top)


def test_touching_is_not_paging() -> None:
    """The walker of the kernels is the specification's."""
    assert bound(SMALL).walk.__code__ is paging.walk.__code__
    assert TOUCH < KINDS
