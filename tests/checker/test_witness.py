"""From a counter-model to calls: what is found breaks the law again when it is told, and only then counts."""

import pytest

from pagelaw.checker.specification import replay_specification
from pagelaw.checker.verdict import Verdict
from pagelaw.checker.witness import witness
from pagelaw.proofs.numbers import Numbers
from pagelaw.spec import buddy, tlb, tlb_laws  # noqa: F401 - registers the laws of TLBs
from pagelaw.spec.frames import RESERVED, Memory
from pagelaw.spec.law import find_law


@pytest.fixture
def unmerging(monkeypatch: pytest.MonkeyPatch) -> None:
    """A specification that takes no block for a buddy."""
    monkeypatch.setattr(buddy, "page_is_buddy", lambda memory, frame, buddy, order: False)


def memory(frames: int, top: int) -> Memory:
    """A counter-model's memory, with a hole at frame 1."""
    heads = Numbers({1: RESERVED}, 0)
    return Memory(heads, Numbers({}, 0), Numbers({}, 0), frames, frames, top, 0)


@pytest.mark.usefixtures("unmerging")
def test_the_calls_break_the_law_again() -> None:
    """In an arena of the counter-model's dimensions, and the trace says who found it."""
    found = witness(find_law("A4"), {"memory": memory(8, 3), "frame": 3})
    assert found is not None
    trace = found.trace
    assert trace is not None
    assert (trace.law, trace.judge, trace.target) == ("A4", "prove", "specification")
    assert (trace.arena.frames, trace.arena.max_order, trace.arena.reserved) == (8, 3, frozenset({1}))
    (finding,) = [one for one in replay_specification(trace).findings if one.verdict is Verdict.BROKEN]
    assert finding.law == "A4"


@pytest.mark.usefixtures("unmerging")
def test_a_counter_model_too_large_to_search_leads_elsewhere() -> None:
    """Then arenas are drawn."""
    found = witness(find_law("A4"), {"memory": memory(2**40, 10)})
    assert found is not None
    assert found.trace is not None
    assert found.trace.law == "A4"
    assert found.trace.arena.frames <= 32


@pytest.mark.usefixtures("unmerging")
def test_where_another_law_breaks_the_calls_show_that_one() -> None:
    """A14 itself is not broken by a rule that merges nothing."""
    found = witness(find_law("A14"), {})
    assert found is not None
    assert found.trace is not None
    assert found.trace.law == "A4"


@pytest.mark.expensive
def test_steps_on_tlbs_are_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """A flush that forgets nothing: the steps that show it, without a trace of calls."""
    monkeypatch.setattr(tlb, "forget", lambda going, tlbs, core, page: tlbs)
    found = witness(find_law("L2"), {})
    assert found is not None
    assert found.trace is None
    assert "at core 0 and page" in found.because


def test_no_calls_where_nothing_is_broken() -> None:
    """The rules as they are break no law, and arithmetic is no matter of calls."""
    assert witness(find_law("A4"), {"memory": memory(8, 3)}) is None
    assert witness(find_law("A12"), {}) is None
