"""Every obligation at every width: proved, on premises that can be met, with a broken twin that is refuted.

One test each, so that a failure's name says which argument no longer holds, and at which width.
"""

from collections.abc import Iterator

import pytest

from pagelaw.proofs.discharge import WIDTHS, Outcome, discharge, goal_questions, jobs, twin_question
from pagelaw.proofs.obligations import OBLIGATIONS, Obligation
from pagelaw.proofs.obligations.unrolled import RELEASE
from pagelaw.proofs.portfolio import ForeignSolver, Portfolio, installed
from pagelaw.proofs.theory import Setting, Theory
from pagelaw.spec import buddy_laws, page_laws, translation_laws
from pagelaw.spec.law import Scope, laws_of

#: Proved in every run: quick ones of each topic, the steps that everything rests on among them.
QUICK = ("buddies", "halves", "absorb", "insert", "give-back", "release", "claim", "coalesced-block", "initialise")

#: What takes solvers long is proved at night; regions at 64 bits as well, which takes minutes together.
_LONG_STEPS = "unmap-one merged fit-down insert-order join-order insert-pages remove-pages split-pages join-pages"
LONG = tuple(f"regions-{step}" for step in (*_LONG_STEPS.split(), "resize-pages"))

#: A geometry of four levels; `pagelaw prove` and the nightly run prove for all that an obligation names.
SHAPES = ("x86-64",)

#: Parts of contracts whose obligations are proved at 64 bits by day, by every solver that is installed, and at 32 bits
#: at night; the others are for Z3 and the first of the others.
ASKED_OF_ALL = ("pages-", "access-", "stacks-", "sharing-", "heap-")


def marks_of(obligation: Obligation, setting: Setting) -> tuple[pytest.MarkDecorator, ...]:
    """How often an obligation is proved in a setting: in every run, in runs of the proofs, or at night."""
    if setting.geometry is not None and setting.geometry.name not in SHAPES:
        return (pytest.mark.nightly,)
    if obligation.id in LONG or (obligation.id.startswith("regions-") and setting.width == 64):
        return (pytest.mark.nightly,)
    if obligation.id.startswith(ASKED_OF_ALL) and setting.width == 32:
        return (pytest.mark.nightly,)
    return () if obligation.id in QUICK and setting.width == 64 else (pytest.mark.proofs,)


CASES = [
    pytest.param(obligation, setting, marks=marks_of(obligation, setting), id=f"{obligation.id}-{setting.name}")
    for obligation, setting in jobs(OBLIGATIONS, WIDTHS)
]
STATED = {obligation.id: (obligation, setting) for obligation, setting in reversed(tuple(jobs(OBLIGATIONS, WIDTHS)))}


@pytest.fixture(scope="module")
def portfolios() -> Iterator[tuple[Portfolio, Portfolio]]:
    """The solvers by default, and all of them, with time enough for a busy machine."""
    with Portfolio(time_limit=60) as some, Portfolio(installed(), time_limit=60) as every:
        yield some, every


@pytest.mark.parametrize(("obligation", "setting"), CASES)
def test_obligation(obligation: Obligation, setting: Setting, portfolios: tuple[Portfolio, Portfolio]) -> None:
    """Proved by all solvers; not vacuous; and it can fail, in numbers where its steps can be run."""
    shapes = None if setting.geometry is None else [setting.geometry]
    portfolio = portfolios[setting.width == 64 and obligation.id.startswith(ASKED_OF_ALL)]
    (certificate,) = discharge([obligation], widths=[setting.width], geometries=shapes, portfolio=portfolio)
    assert certificate.outcome is Outcome.PROVED, certificate.because
    assert not certificate.is_vacuous
    assert not certificate.is_toothless
    assert certificate.twin_example is not None
    assert certificate.twin_example.replayed is (None if obligation.composed else True)
    for part in certificate.parts:
        for answer in part.answers:
            assert len({opinion.solver for opinion in answer.opinions}) == 1 + len(portfolio.foreign)


@pytest.mark.parametrize(("obligation", "setting"), STATED.values(), ids=STATED)
def test_obligation_is_stated(obligation: Obligation, setting: Setting) -> None:
    """Its goals speak about the laws that it names and no others; its twin's premise exists; it says what it says."""
    query = Theory(setting.width, setting.geometry).state(obligation)
    spoken = {law for laws in query.goals for law in laws.split()}
    assert spoken == set(obligation.laws)
    assert obligation.without in query.premises
    assert obligation.says.endswith(".")
    assert obligation.state.__doc__


#: Policies that no step claims.
UNCLAIMED = {"A13.lowest"}


@pytest.mark.parametrize("contract", [buddy_laws.CONTRACT, translation_laws.CONTRACT, page_laws.CONTRACT])
def test_every_law_of_states_and_calls_has_an_obligation(contract: str) -> None:
    """No law is forgotten: all but conduct, and policies that no step claims, rest on an obligation."""
    covered = {law for obligation in OBLIGATIONS for law in obligation.laws}
    for law in laws_of(contract):
        assert (law.id in covered) is (law.scope is not Scope.CONDUCT and law.id not in UNCLAIMED), law.id


def test_ids_are_unique_and_quick_ones_exist() -> None:
    """Each obligation has a name of its own."""
    ids = [obligation.id for obligation in OBLIGATIONS]
    assert len(set(ids)) == len(ids)
    assert {*QUICK, *LONG} <= set(ids)


@pytest.mark.proofs
def test_the_whole_release_in_one_formula() -> None:
    """All ten rounds of the real loop at 64 bits, resting on no lemma: proved, and refuted without one premise."""
    pytest.importorskip("bitwuzla")
    query = Theory(64).state(RELEASE)
    (((_laws, (goal,)),), twin) = (tuple(goal_questions(RELEASE, query)), twin_question(RELEASE, query))
    solver = ForeignSolver("bitwuzla")
    try:
        assert solver.submit(goal.text, 120).result().answer == "unsat"
        assert solver.submit(twin.text, 60).result().answer == "sat"
    finally:
        solver.close()
