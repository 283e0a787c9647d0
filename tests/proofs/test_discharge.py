"""Discharging: what is false is refuted in numbers, and what is empty, toothless or undecided is never a proof."""

import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

import attrs
import pytest

from pagelaw.proofs import symbolic
from pagelaw.proofs.discharge import Certificate, Outcome, discharge
from pagelaw.proofs.obligations import OBLIGATIONS
from pagelaw.proofs.obligations.obligation import Obligation, Query
from pagelaw.proofs.portfolio import Portfolio
from pagelaw.spec import addresses, buddy


@pytest.fixture
def portfolio() -> Iterator[Portfolio]:
    """Z3 alone: these obligations are small."""
    with Portfolio([], time_limit=20) as solvers:
        yield solvers


def find(id: str) -> Obligation:
    """An obligation by its id."""
    return next(obligation for obligation in OBLIGATIONS if obligation.id == id)


def certify(obligation: Obligation, portfolio: Portfolio) -> Certificate:
    """Its certificate at 32 bits."""
    (certificate,) = discharge([obligation], widths=[32], portfolio=portfolio)
    return certificate


def stated(premises: Callable[[Any], dict[str, Any]], goal: Callable[[Any], Any], without: str) -> Obligation:
    """An obligation about one word."""

    def state(theory: Any) -> Query:
        word = theory.word("word")
        return Query(premises(word), {"A1": goal(word)})

    return Obligation("one word", ("A1",), "A word.", without, state, composed=True)


def small(word: Any) -> dict[str, Any]:
    """The premise that a word is below ten."""
    return {"small": word < 10}


def test_a_true_obligation_is_proved(portfolio: Portfolio) -> None:
    """The plainest case, with a twin that fails."""
    certificate = certify(stated(small, lambda word: word < 11, "small"), portfolio)
    assert (certificate.outcome, certificate.because) == (Outcome.PROVED, "")


def test_a_false_obligation_is_refuted(portfolio: Portfolio) -> None:
    """The counter-model is given in numbers."""
    certificate = certify(stated(small, lambda word: word < 9, "small"), portfolio)
    assert certificate.outcome is Outcome.REFUTED
    assert certificate.because == "counterexample: word = 9"


def test_contradicting_premises_prove_nothing(portfolio: Portfolio) -> None:
    """From premises that cannot be met everything follows; that is no proof."""
    never = stated(lambda word: {**small(word), "large": word > 20}, lambda word: word == 5, "large")
    certificate = certify(never, portfolio)
    assert certificate.parts[0].outcome is Outcome.PROVED
    assert certificate.is_vacuous
    assert certificate.outcome is Outcome.UNKNOWN
    assert "satisfiable" in certificate.because


def test_a_goal_that_cannot_fail_proves_nothing(portfolio: Portfolio) -> None:
    """A twin that holds as well shows that the premise is not needed, or that the goal says nothing."""
    certificate = certify(stated(small, lambda word: word <= 0xFFFF_FFFF, "small"), portfolio)
    assert certificate.parts[0].outcome is Outcome.PROVED
    assert certificate.is_toothless
    assert certificate.outcome is Outcome.UNKNOWN
    assert "twin without 'small'" in certificate.because


def test_a_twin_must_lack_a_premise_that_exists(portfolio: Portfolio) -> None:
    """A misspelt premise would make the twin the obligation itself; it is told instead."""
    certificate = certify(stated(small, lambda word: word < 11, "smal"), portfolio)
    assert certificate.outcome is Outcome.UNKNOWN
    assert "no premise 'smal'" in certificate.because


def test_a_branch_on_data_is_told(portfolio: Portfolio) -> None:
    """A step that cannot be run on terms leaves its obligation unproved, with the reason."""
    certificate = certify(stated(small, lambda word: word < 11 and word > 3, "small"), portfolio)
    assert certificate.outcome is Outcome.UNKNOWN
    assert "cannot be stated: SymbolicBranchError" in certificate.because


def test_no_time_is_no_proof() -> None:
    """A solver that gives up leaves the obligation unknown, with its reason."""
    with Portfolio([], time_limit=0.001) as portfolio:
        certificate = certify(find("remove-lists"), portfolio)
    assert certificate.outcome is Outcome.UNKNOWN
    assert "z3: unknown" in certificate.because


def broken(monkeypatch: pytest.MonkeyPatch, module: types.ModuleType, name: str, rule: Any) -> None:
    """Change a rule of the specification wherever it was imported."""
    original = getattr(module, name)
    changed = types.FunctionType(rule.__code__, vars(module), name)
    changed.__module__ = module.__name__
    for home in [home for title, home in sys.modules.items() if title.startswith("pagelaw.")]:
        if vars(home).get(name) is original:
            monkeypatch.setattr(home, name, changed)


def any_free(memory: Any, frame: Any, buddy: Any, order: Any) -> Any:
    """`page_is_buddy` without the comparison of orders."""
    return is_free(load(memory.heads, buddy)) & (zone_of(memory, frame) == zone_of(memory, buddy))  # type: ignore[name-defined]  # noqa: F821


def any_zone(memory: Any, frame: Any, buddy: Any, order: Any) -> Any:
    """`page_is_buddy` without the barrier."""
    return load(memory.heads, buddy) == order  # type: ignore[name-defined]  # noqa: F821


def next_block(frame: Any, order: Any) -> Any:
    """`buddy_of` with a sum."""
    return frame + size_of(order)  # type: ignore[name-defined]  # noqa: F821


@pytest.mark.parametrize(("rule", "laws"), [(any_free, {"A2"}), (any_zone, {"A14"})])
def test_a_wrong_rule_is_refuted_in_numbers(
    rule: Any, laws: set[str], monkeypatch: pytest.MonkeyPatch, portfolio: Portfolio
) -> None:
    """One rule of merging changed: a state in numbers shows which law breaks, by running the rule itself."""
    broken(monkeypatch, buddy, "page_is_buddy", rule)
    certificate = certify(find("absorb"), portfolio)
    assert certificate.outcome is Outcome.REFUTED
    refuted = [part for part in certificate.parts if part.outcome is Outcome.REFUTED]
    assert laws <= {law for part in refuted for law in part.laws}
    for part in refuted:
        assert part.counterexample is not None
        assert part.counterexample.replayed is True
        assert "heads" in str(part.counterexample)


def test_a_wrong_sum_is_refuted_in_numbers(monkeypatch: pytest.MonkeyPatch, portfolio: Portfolio) -> None:
    """The buddy as the next block: A12 fails, at a block that is an upper half."""
    broken(monkeypatch, addresses, "buddy_of", next_block)
    certificate = certify(find("buddies"), portfolio)
    assert certificate.outcome is Outcome.REFUTED
    example = certificate.parts[0].counterexample
    assert example is not None
    assert example.replayed


def unsafe_merge(memory: Any, frame: Any, order: Any) -> Any:
    """`can_merge` that looks at a buddy even where the largest block has none."""
    below_top = order < memory.top
    buddy = buddy_of(frame, where(below_top, order, ZERO))  # type: ignore[name-defined]  # noqa: F821
    return below_top & page_is_buddy(memory, frame, buddy, order)  # type: ignore[name-defined]  # noqa: F821


def test_a_load_out_of_range_is_refuted(monkeypatch: pytest.MonkeyPatch, portfolio: Portfolio) -> None:
    """An arena of one frame has no buddy to look at, not even to ignore it."""
    broken(monkeypatch, buddy, "can_merge", unsafe_merge)
    certificate = certify(find("reach-merge"), portfolio)
    assert certificate.outcome is Outcome.REFUTED
    assert certificate.parts[0].laws == ("A1",)


def test_solvers_that_contradict_each_other_prove_nothing(portfolio: Portfolio) -> None:
    """If one solver denies what another says, nothing is known."""
    certificate = certify(find("buddies"), portfolio)
    part = certificate.parts[0]
    (opinion,) = part.answers[0].opinions
    answer = attrs.evolve(part.answers[0], opinions=(opinion, attrs.evolve(opinion, solver="other", answer="sat")))
    split = attrs.evolve(certificate, parts=(attrs.evolve(part, answers=(answer,)), *certificate.parts[1:]))
    assert split.outcome is Outcome.UNKNOWN
    assert "contradict" in split.because


def test_one_solver_that_does_not_know_spoils_a_proof(portfolio: Portfolio) -> None:
    """Unknown is never a pass, whatever the others say."""
    certificate = certify(find("buddies"), portfolio)
    part = certificate.parts[0]
    (opinion,) = part.answers[0].opinions
    answer = attrs.evolve(part.answers[0], opinions=(opinion, attrs.evolve(opinion, solver="other", answer="unknown")))
    assert attrs.evolve(certificate, parts=(attrs.evolve(part, answers=(answer,)),)).outcome is Outcome.UNKNOWN


def test_a_twin_that_does_not_replay_is_toothless(portfolio: Portfolio) -> None:
    """If the numbers do not show what the terms show, one of the two is wrong."""
    certificate = certify(find("below-top"), portfolio)
    assert certificate.twin_example is not None
    wrong = attrs.evolve(certificate, twin_example=attrs.evolve(certificate.twin_example, replayed=False))
    assert certificate.outcome is Outcome.PROVED
    assert wrong.outcome is Outcome.UNKNOWN


def test_the_same_step_in_terms_of_other_widths() -> None:
    """The backend takes any width, for whoever wants to see a small proof."""
    assert symbolic.symbolic(addresses, 16).ONE.width == 16
