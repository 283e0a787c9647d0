"""The proofs about TLBs: any number of cores, every step, every law, and steps that are wrong refuted."""

from collections.abc import Iterator

import pytest

from pagelaw.proofs.discharge import Outcome, discharge, goal_questions
from pagelaw.proofs.numbers import Numbers
from pagelaw.proofs.obligations import OBLIGATIONS, tlb_flushes
from pagelaw.proofs.obligations import tlb as steps_kept
from pagelaw.proofs.portfolio import SAT, UNSAT, Portfolio
from pagelaw.proofs.symbolic import truth
from pagelaw.proofs.theory import Theory, in_numbers
from pagelaw.spec import tlb
from pagelaw.spec.tlb import Tlbs

OWN = [obligation for obligation in OBLIGATIONS if obligation.id.startswith("tlb-")]
#: The obligation that speaks about each step.
STEPS = {
    "fill": "tlb-fill",
    "evict": "tlb-evict",
    "flush_space": "tlb-flush-space",
    "flush_all": "tlb-flush-all",
    "enter": "tlb-enter",
    "invalidate": "tlb-invalidate",
    "acknowledge": "tlb-acknowledge",
    "release": "tlb-release",
    "restore": "tlb-restore",
    "switch": "tlb-switch",
    "leave": "tlb-leave",
    "give": "tlb-give",
    "retire": "tlb-retire",
    "reclaim": "tlb-reclaim",
}


@pytest.fixture(scope="module")
def portfolio() -> Iterator[Portfolio]:
    """The solvers, with time enough for a busy machine."""
    with Portfolio(time_limit=60) as solvers:
        yield solvers


def test_every_step_has_an_obligation_about_every_law() -> None:
    """And so have the first state, and the rounds of both flushes."""
    known = {obligation.id: obligation.laws for obligation in OWN}
    every = ("L1", "L2", "L3", "L4", "L5")
    assert set(known) == {*STEPS.values(), "tlb-start", "tlb-sweep", "tlb-forget"}
    assert all(known[id] == every for id in (*STEPS.values(), "tlb-start"))
    assert all(callable(getattr(tlb, step)) for step in STEPS)


@pytest.mark.expensive
def test_every_step_keeps_every_law(portfolio: Portfolio) -> None:
    """All of them at 64 bits, by all solvers, on premises that can be met, with twins that fail."""
    for certificate in discharge(OWN, widths=[64], portfolio=portfolio):
        assert certificate.outcome is Outcome.PROVED, f"{certificate.obligation.id}: {certificate.because}"
        assert certificate.twin_example is not None
        assert certificate.twin_example.replayed is (None if certificate.obligation.composed else True)


def refuted(id: str, portfolio: Portfolio) -> set[str]:
    """The laws of an obligation whose goals have a counter-model."""
    (obligation,) = [one for one in OWN if one.id == id]
    found = set()
    for laws, questions in goal_questions(obligation, Theory(32).state(obligation)):
        agreed = {portfolio.ask(question).wait().agreed for question in questions}
        assert agreed <= {SAT, UNSAT}
        found |= set(laws) if SAT in agreed else set()
    return found


@pytest.mark.parametrize(
    ("step", "truth_at", "laws"),
    [("release", 1, {"L1", "L2", "L3"}), ("restore", 1, {"L2", "L4"}), ("retire", 2, {"L5"})],
)
def test_a_step_that_does_not_ask_all_cores_is_refuted(
    step: str, truth_at: int, laws: set[str], portfolio: Portfolio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The laws that break are those that the other judges see broken; `truth_at` is where the quantifier comes in."""
    original = getattr(Theory(32).bind(tlb), step)
    monkeypatch.setattr(steps_kept, step, lambda *operands: original(*operands[:truth_at], truth(True)))
    assert refuted(STEPS[step], portfolio) == laws


def test_a_core_that_does_not_flush_is_refuted(portfolio: Portfolio, monkeypatch: pytest.MonkeyPatch) -> None:
    """The flush of a space is needed for L5."""
    monkeypatch.setattr(tlb_flushes, "emptied", lambda tlbs, _is_empty: tlbs)
    assert refuted("tlb-acknowledge", portfolio) == {"L5"}
    assert refuted("tlb-switch", portfolio) == set()


def test_fresh_tlbs_have_any_number_of_cores() -> None:
    """Half a word of them, with half a word of pages each; a place has room for both."""
    theory = Theory(64)
    tlbs = theory.variable("tlbs", of_memory=True)
    assert isinstance(tlbs, Tlbs)
    assert (tlbs.span.known, tlbs.cached.element) == (32, 64)
    assert theory.variable("core", of_memory=True).size == theory.variable("page", of_memory=True).size == 32
    assert theory.variable("space", of_memory=True).size == 62


def test_an_obligation_runs_on_numbers() -> None:
    """The very function that is proved, on a state written down: core 1 still holds what it owes a flush of."""
    (obligation,) = [one for one in OWN if one.id == "tlb-release"]
    arrays = [{}, {1 << 32: 2}, {}, {0: 1}, {1: 1}, {0: 1}, {0: 1}, {}]
    state = Tlbs(*[Numbers(entries, 0) for entries in arrays], 1, 2, 0, 1, 1, 32)
    point = {"core": 1, "page": 0, "space": 0, "number": 0}
    waiting = in_numbers(obligation, {"tlbs": state, "acknowledged": False, **point})
    assert all(waiting.premises.values())
    assert all(waiting.goals.values())
    early = in_numbers(obligation, {"tlbs": state, "acknowledged": True, **point})
    assert not early.premises["every core has acknowledged"]
    assert {law for law, goal in early.goals.items() if not goal} == {"L1", "L2", "L3"}
