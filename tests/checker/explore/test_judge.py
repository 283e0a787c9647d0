"""The exploring judge: all laws hold, a wrong rule is blamed on its law by a shortest trace, gaps are no passes."""

import pytest

from pagelaw.checker.explore import explore
from pagelaw.checker.trace import Trace
from pagelaw.checker.verdict import INTERRUPTED, Verdict
from pagelaw.model.fast import backend
from pagelaw.spec import buddy_laws
from pagelaw.spec.addresses import size_of
from pagelaw.spec.buddy import (
    LIVE,
    MAX_ORDER,
    NONE,
    ONE,
    RESERVED,
    ZERO,
    buddy_of,
    head_of,
    insert,
    load,
    mark,
    parent_of,
    release,
    remove,
    stop,
    where,
    zone_of,
)
from pagelaw.spec.contracts import Allocate, FramesContract, Free, Probe
from pagelaw.spec.law import find_law, laws_of

LAWS = laws_of(buddy_laws.CONTRACT)


@pytest.fixture
def uncompiled(monkeypatch):
    """As where Numba is not installed."""
    monkeypatch.setattr(backend, "is_compiled", lambda: False)
    monkeypatch.setattr(backend, "why_not_compiled", lambda: "there is no compiler")


@pytest.mark.expensive
def test_every_law_holds_uncompiled(uncompiled):
    """Without a compiler: 8 frames, every law judged, and said so."""
    found = explore(LAWS)
    verdicts = {finding.law: finding.verdict for finding in found.findings}
    assert {law for law, verdict in verdicts.items() if verdict is not Verdict.HOLDS} == {"C1", "C2"}
    assert verdicts["C1"] is verdicts["C2"] is Verdict.NOT_JUDGED
    assert (found.judge, found.subject, found.counts["states"]) == ("explore", "specification", 677)
    assert found.notes == ("there is no compiler",)
    assert all(finding.cases for finding in found.findings if finding.verdict is Verdict.HOLDS)


@pytest.mark.expensive
@pytest.mark.skipif(not backend.is_compiled(), reason="Numba is not there")
def test_laws_hold_compiled():
    """Compiled: 16 frames by default, with the known count."""
    found = explore([find_law("merged")], threads=2)
    assert [finding.verdict for finding in found.findings] == [Verdict.HOLDS]
    assert (found.counts["states"], found.counts["transitions"]) == (458_330, 5_673_528)
    assert "458330 states of 16 frames" in found.findings[0].because


def any_order(memory, frame, buddy, order):
    return (load(memory.heads, buddy) <= MAX_ORDER) & (zone_of(memory, frame) == zone_of(memory, buddy))


def any_zone(memory, frame, buddy, order):
    return load(memory.heads, buddy) == order


def next_block(frame, order):
    return frame + size_of(order)


def wrong_level(going, memory, frame, order, source_order):
    memory = remove(going, memory, head_of(frame, source_order))
    memory = mark(going, memory, frame, LIVE + order)
    level = order
    for _ in range(MAX_ORDER):
        splitting = going & (level < source_order)
        if stop(splitting):
            break
        memory = insert(splitting, memory, buddy_of(head_of(frame, level), level), order)
        level = where(splitting, level + ONE, level)
    return memory


def same_order(going, memory, frame, order):
    memory = remove(going, memory, buddy_of(frame, order))
    return memory, where(going, parent_of(frame, order), frame), order


def any_live(memory, frame, order):
    exists = (frame < memory.frames) & (order <= memory.top)
    return exists & (load(memory.heads, where(frame < memory.frames, frame, ZERO)) >= LIVE)


def never(memory, frame, order):
    return frame != frame


def every_frame(memory, frame, usable):
    going = (frame < memory.frames) & (load(memory.heads, frame) == RESERVED)
    return release(going, mark(going, memory, frame, NONE), frame, ZERO)


def whatever_is_free(memory, order, source):
    return load(memory.heads, source) <= MAX_ORDER


#: The rule that is changed, how, the law that must be named, and how many calls show it.
CHANGES = [
    ("page_is_buddy", any_order, "A2", 0),
    ("page_is_buddy", any_order, "A7", 1),
    ("page_is_buddy", any_zone, "A14", 0),
    ("buddy_of", next_block, "A12", 0),
    ("buddy_of", next_block, "A7", 2),
    ("claim", wrong_level, "A3", 1),
    ("absorb", same_order, "A3", 0),
    ("absorb", same_order, "A10", 0),
    ("is_live_block", any_live, "A8", 1),
    ("can_merge", never, "A4", 0),
    ("admit", every_frame, "A10", 0),
    ("is_suitable", whatever_is_free, "A6", 1),
]


@pytest.mark.expensive
@pytest.mark.parametrize(("name", "change", "law", "calls"), CHANGES)
def test_a_wrong_rule_is_blamed_on_its_law(uncompiled, name, change, law, calls):
    """One line of the specification changed: the law by name, and a trace that is as short as can be."""
    found = explore([find_law(law)], changes={name: change})
    (finding,) = found.findings
    assert finding.verdict is Verdict.BROKEN
    assert finding.because
    assert isinstance(finding.trace, Trace)
    assert (finding.trace.law, finding.trace.judge) == (law, "explore")
    assert len(finding.trace.steps) == calls
    assert finding.trace.arena.frames <= 4


@pytest.mark.expensive
@pytest.mark.skipif(not backend.is_compiled(), reason="Numba is not there")
def test_what_is_broken_in_small_is_not_searched_in_large():
    """With a compiler at hand the same trace, and the other laws are unknown, not held."""
    laws = [find_law("A14"), find_law("A1")]
    found = explore(laws, changes={"page_is_buddy": any_zone})
    assert [finding.verdict for finding in found.findings] == [Verdict.BROKEN, Verdict.UNKNOWN]
    assert "states" not in found.counts


@pytest.mark.expensive
def test_a_trace_ends_where_the_contract_is_broken(uncompiled):
    """The true contract takes every call of a trace but the last: none of them is wrong in itself."""
    for name, change, law, calls in CHANGES:
        if calls == 0:
            continue
        trace = explore([find_law(law)], changes={name: change}).findings[0].trace
        contract = FramesContract(trace.arena)
        memory = contract.initial()
        for step in trace.steps[:-1]:
            assert contract.breaches(memory, step.call, step.answer) == []
            memory = contract.after(memory, step.call, step.answer)
        assert isinstance(trace.steps[-1].call, Allocate | Free | Probe)


def test_a_limit_makes_laws_unknown(uncompiled):
    """What was cut short is no pass, and is said by name."""
    (finding,) = explore([find_law("A4")], limit=20).findings
    assert finding.verdict is Verdict.UNKNOWN
    assert "limit of 20 states" in finding.because


def test_an_interruption_makes_laws_unknown(uncompiled):
    """Ctrl-C: what was learnt until then is told, and nothing is passed that was not judged to the end."""

    def interrupt(text):
        if "lists, 4 frames" in text:
            raise KeyboardInterrupt

    found = explore([find_law("A4"), find_law("A12")], progress=interrupt)
    merged, involution = found.findings
    assert (merged.verdict, merged.because) == (Verdict.UNKNOWN, INTERRUPTED)
    assert involution.verdict is Verdict.HOLDS


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"frames": 17}, "from 1 to 16"),
        ({"frames": 0}, "from 1 to 16"),
        ({"frames": 33, "symmetry": True}, "from 1 to 32"),
        ({"frames": 8, "max_order": 5}, "max_order must be from 0 to 4"),
        ({"frames": 8, "max_order": -1}, "max_order must be from 0 to 4"),
        ({"policy": "best-fit"}, "policy must be one of"),
        ({"threads": 3}, "threads 1 or 2"),
        ({"limit": 0}, "limit at least 1"),
    ],
)
def test_what_cannot_be_explored_is_refused_in_one_line(options, says):
    """A setting out of range names the range."""
    with pytest.raises(ValueError, match=says) as refused:
        explore(LAWS, **options)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("options", [{"frames": 6}, {"frames": 7, "max_order": 1}, {"frames": 1}])
def test_other_sizes_are_explored_too(uncompiled, options):
    """Frame counts that are no powers of two, and other orders."""
    (finding,) = explore([find_law("A13.lowest")], policy="lowest-lower", **options).findings
    assert finding.verdict is Verdict.HOLDS
    assert f"{options['frames']} frames" in finding.because


@pytest.mark.expensive
def test_states_up_to_swapping_are_explored_too(uncompiled):
    """67 states of 8 frames, and what was looked at is said."""
    found = explore([find_law("A14")], frames=8, symmetry=True)
    assert found.findings[0].verdict is Verdict.HOLDS
    assert "67 states of 8 frames up to swapping buddies" in found.findings[0].because
    assert found.counts["states"] == 67


def test_a_policy_is_judged_where_it_is_explored(uncompiled):
    """A policy law is credited where the policy is explored, and nowhere else."""
    (lower,) = explore([find_law("A13.lowest")], frames=4, policy="lowest-lower").findings
    (upper,) = explore([find_law("A13.lowest")], frames=4, policy="smallest-upper").findings
    assert lower.cases > upper.cases > 0
