"""The judges of compiled parts: laws hold, what is wrong is found, what was never seen is no pass."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import attrs
import pytest

import pagelaw.checker.access.run
import pagelaw.checker.blocks.run
import pagelaw.checker.pages.run
import pagelaw.checker.sharing.run
import pagelaw.checker.stacks.run
import pagelaw.checker.tlb.run
from pagelaw.checker.verdict import Judgement, Verdict, exit_code
from pagelaw.model.fast import (
    access_moves,
    backend,
    heap_moves,
    heap_table,
    page_moves,
    sharing_moves,
    stack_moves,
    tlb_moves,
)
from pagelaw.spec import (
    access,
    access_laws,
    buddy_laws,
    heap_laws,
    page_laws,
    pages,
    sharing,
    sharing_laws,
    stack_laws,
    stacks,
    tlb,
    tlb_laws,
)
from pagelaw.spec.access import COPIED, GUARD, GUARD_HIT
from pagelaw.spec.algebra import Backend
from pagelaw.spec.heap import Block
from pagelaw.spec.law import Law, laws_of

Play = Callable[..., None]


@attrs.frozen
class Part:
    """A part, its judge, and how its counts are called.

    Attributes:
        name: the folder of the judge, `run.py`, with a function `run_` and this.
        moves: what is replayed.
        laws: the module that registers them.
        about: what is judged, in words.
        unit: how its counts are called.
        beyond: a function that reaches beyond arrays, its name, and the law that this breaks.
        never: a function that does nothing, its name, and what is never seen then; stacks have but one function.
    """

    name: str
    moves: ModuleType
    laws: ModuleType
    about: str
    unit: str
    beyond: tuple[str, Any, str]
    never: tuple[str, Any, str] | None = None

    @property
    def run(self) -> ModuleType:
        """The module of the judge."""
        module: ModuleType = getattr(pagelaw.checker, self.name).run
        return module

    @property
    def own(self) -> list[Law]:
        """The laws of the part."""
        return [law for law in laws_of(self.laws.CONTRACT) if law.id in self.moves.LAW_BITS]

    def judged(self, **settings: Any) -> Judgement:
        """The judgement on its laws."""
        judgement: Judgement = getattr(self.run, f"run_{self.name}")(self.own, **settings)
        return judgement


def refused(state: Any, _page: Any) -> Any:
    """Nothing is ever done."""
    return state, False


PAGES = Part(
    "pages",
    page_moves,
    page_laws,
    "page states",
    "page",
    beyond=("fill", lambda state, page, frame: pages.fill(state, page, frame + 50), "F2"),
    never=("release", refused, "page n is released"),
)
ACCESS = Part(
    "access",
    access_moves,
    access_laws,
    "accesses",
    "access",
    beyond=("access", lambda space, page, frame, kind: access.access(space, page, frame + 5000, kind), "V12"),
    never=("release", refused, "page n is released"),
)
SHARING = Part(
    "sharing",
    sharing_moves,
    sharing_laws,
    "sharing",
    "sharing",
    beyond=("fill", lambda state, page, frame: sharing.fill(state, page, frame + 50), "F9"),
    never=("evict", refused, "page n of an object is evicted"),
)
TLB = Part(
    "tlb",
    tlb_moves,
    tlb_laws,
    "TLBs",
    "TLB",
    beyond=("number_of", lambda entry: entry + 1000, "L3"),
    never=("reclaim", refused, "the identifier is taken back"),
)
STACKS = Part(
    "stacks",
    stack_moves,
    stack_laws,
    "stacks",
    "stack",
    beyond=("touch", lambda stack, page: stacks.touch(stack, int(page) + 50), "V14"),
)
BLOCKS = Part(
    "blocks",
    heap_moves,
    heap_laws,
    "heaps",
    "heap",
    beyond=("free", lambda heap, owner, at: heap_table.free(heap, owner, at + 5000), "H10"),
    never=("destroy", lambda heap, _owner: (heap, False, Block(0, 0)), "a heap is destroyed"),
)
PARTS = (PAGES, ACCESS, SHARING, STACKS, TLB, BLOCKS)
#: Uncompiled, TLBs take long.
PLAYED = [pytest.param(part, id=part.name, marks=[pytest.mark.expensive] if part is TLB else []) for part in PARTS]


@pytest.fixture(autouse=True)
def few_small_stacks(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Uncompiled, two small stacks, and a large one that can be waited for."""
    if "plain_kernels" in request.fixturenames:
        monkeypatch.setattr(STACKS.run, "is_compiled", lambda: False)
        monkeypatch.setattr(STACKS.run, "SMALL", STACKS.run.SMALL[:2])


#: Those that take long to compile are for the night; by day their moves are compiled where they are held to plain ones.
COMPILED = [
    pytest.param(part, id=part.name, marks=pytest.mark.expensive if part in (PAGES, STACKS) else pytest.mark.nightly)
    for part in PARTS
]


@pytest.mark.skipif(not backend.is_compiled(), reason="Numba is not there")
@pytest.mark.parametrize("part", COMPILED)
def test_every_law_holds_compiled(part: Part) -> None:
    """A million moves, the same in every run."""
    told: list[str] = []
    judgement = part.judged(calls=1_000_000, progress=told.append)
    assert {finding.law: finding.verdict for finding in judgement.findings} == {
        law.id: Verdict.HOLDS for law in part.own
    }
    assert exit_code([judgement]) == 0
    assert judgement.counts[f"{part.unit} moves"] == 1_000_000 + len(part.run.SMALL) * 25 * 2_000
    assert judgement.counts == part.judged(calls=1_000_000).counts
    assert told[-1] == f"run: 1000000 moves on {part.about} of {part.run.LARGE}"
    assert isinstance(part.run.kernels(), Backend)


@pytest.mark.parametrize("part", PLAYED)
def test_every_law_holds_uncompiled(part: Part, plain_kernels: Play) -> None:
    """Fewer moves, and it says so."""
    plain_kernels(part.run, part.moves)
    judgement = part.judged(calls=1_000_000)
    assert {finding.law: finding.verdict for finding in judgement.findings} == {
        law.id: Verdict.HOLDS for law in part.own
    }
    assert judgement.notes == ("there is no compiler",)
    moves = judgement.counts[f"{part.unit} moves"]
    assert moves == 500 + len(part.run.SMALL) * 2_000
    assert 0 < judgement.counts[f"{part.unit} moves done"] < moves


# -- what is wrong -----------------------------------------------------------------------------------------------


def keeps_the_frame(state: Any, page: Any) -> Any:
    """Evicts without giving the frame back."""
    frame = pages.frame_of(pages.state_of(state, page))
    after, legal = pages.evict(state, page)
    return pages.backed(legal, after, page, frame, pages.PAGED_OUT), legal


def over_the_limit(state: Any, page: Any) -> Any:
    """Commits whatever the limit."""
    after, legal = pages.commit(state._replace(limit=state.limit + 1), page)
    return after._replace(limit=state.limit), legal


def denied(step: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Does it, and says that it did not."""
    return lambda state, page: (step(state, page)[0], False)


def forgets_the_guard(space: Any, page: Any, frame: Any, kind: Any) -> Any:
    """Tells the guard, and leaves it there."""
    after, outcome = access.access(space, page, frame, kind)
    return access.allowed(outcome == GUARD_HIT, after, page, after.rights[page] | GUARD), outcome


def copies_again(space: Any, page: Any, frame: Any, kind: Any) -> Any:
    """Takes a copy, and would take another one at the next write."""
    rights = space.rights[page]
    after, outcome = access.access(space, page, frame, kind)
    return access.allowed(outcome == COPIED, after, page, rights), outcome


def forks_writable(state: Any, page: Any, source: Any) -> Any:
    """The parent keeps its right."""
    right = state.writable[int(source)]
    after, legal = sharing.fork(state, page, source)
    after.writable[int(source)] = right
    return after, legal


def as_it_was_left(state: Any, page: Any, frame: Any) -> Any:
    """Fills a page without zeroing."""
    content = state.content[int(frame)]
    after, legal = sharing.fill(state, page, frame)
    return sharing.with_content(legal, after, frame, content), legal


def forgets_overflow(stack: Any, page: Any) -> Any:
    """The overflow is told, and not remembered."""
    after, outcome = stacks.touch(stack, int(page))
    return after._replace(overflowed=0), outcome


def release_early(tlbs: Any, _acknowledged: Any) -> Any:
    """Frees the frame at once."""
    return tlb.release(tlbs, True)


def retire_running(tlbs: Any, space: Any, _idle: Any) -> Any:
    """Takes back the identifier of a space that runs."""
    return tlb.retire(tlbs, space, True)


def leaks(heap: Any, owner: Any, at: Any) -> Any:
    """What is given back is nobody's from then on."""
    after, legal, block = heap_table.free(heap, owner, at)
    kept = heap_table.put_free(legal, heap_table.without_free(legal, after, block), Block(0, 0))
    return kept, legal, block


def copies_nothing(heap: Any, owner: Any, at: Any, size: Any, place: Any) -> Any:
    """The bytes stay where they were."""
    lists = heap._replace(free=heap.free.tolist(), live=heap.live.tolist(), content=heap.content.tolist())
    after, legal, block = heap_table.move_to(lists, owner, at, size, place)
    heap.free[:], heap.live[:] = after.free, after.live
    return heap, legal, block


#: What is wrong, and the laws that it breaks; of TLBs, some of them.
WRONG = (
    (PAGES, "evict", keeps_the_frame, {"F2"}),
    (PAGES, "commit", over_the_limit, {"V4"}),
    (PAGES, "release", denied(pages.release), {"V8"}),
    (ACCESS, "access", forgets_the_guard, {"V13"}),
    (ACCESS, "access", copies_again, {"V12"}),
    (ACCESS, "release", denied(access.release), {"V11"}),
    (SHARING, "fork", forks_writable, {"V6"}),
    (SHARING, "fill", as_it_was_left, {"F7"}),
    (SHARING, "unmap", denied(sharing.unmap), {"V6"}),
    (STACKS, "touch", forgets_overflow, {"V14"}),
    (BLOCKS, "free", leaks, {"H5"}),
    (BLOCKS, "move_to", copies_nothing, {"H3"}),
    (TLB, "release", release_early, {"L1", "L2", "L3"}),
    (TLB, "retire", retire_running, {"L5"}),
)


@pytest.mark.parametrize(
    ("part", "name", "function", "laws"), [pytest.param(*wrong, id=f"{wrong[0].name}-{wrong[1]}") for wrong in WRONG]
)
def test_what_is_wrong_is_found(part: Part, name: str, function: Any, laws: set[str], plain_kernels: Play) -> None:
    """The laws, the machine and the move; the others are unknown."""
    plain_kernels(part.run, part.moves, **{name: function})
    judgement = part.judged(calls=1_000_000)
    broken = {finding.law for finding in judgement.broken}
    assert broken
    assert broken <= laws
    assert part is TLB or broken == laws
    assert judgement.broken[0].because.endswith(", seed 0")
    others = {finding.verdict for finding in judgement.findings if finding not in judgement.broken}
    assert others <= {Verdict.UNKNOWN}


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_a_move_beyond_the_arrays_is_a_breach(part: Part, plain_kernels: Play) -> None:
    """On plain integers it shows as what it is."""
    name, function, law = part.beyond
    plain_kernels(part.run, part.moves, **{name: function})
    judgement = part.judged(calls=1000)
    assert [finding.law for finding in judgement.broken] == [law]
    assert "beyond its arrays" in judgement.broken[0].because


@pytest.mark.parametrize("part", [param for param in PLAYED if param.id != STACKS.name])
def test_what_was_never_seen_is_no_pass(part: Part, plain_kernels: Play) -> None:
    """A run in which one thing was never done."""
    assert part.never is not None
    name, function, missing = part.never
    plain_kernels(part.run, part.moves, **{name: function})
    findings = part.judged(calls=1000).findings
    assert {finding.verdict for finding in findings} == {Verdict.UNKNOWN}
    assert findings[0].because == f"never seen: {missing}"


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_laws_of_something_else_are_refused(part: Part) -> None:
    """No law is passed over."""
    with pytest.raises(ValueError, match=f"A1: not about {part.about}"):
        getattr(part.run, f"run_{part.name}")([laws_of(buddy_laws.CONTRACT)[0]])
