"""No false alarm: correct managers of page tables of different policies break no law, whatever the seed and geometry.

They are written from the manuals, on bytes, and share nothing with the specification.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pagelaw.checker.check import check
from pagelaw.checker.targets.load import load_target
from pagelaw.checker.targets.target import Target
from pagelaw.checker.verdict import Judgement, Verdict
from pagelaw.spec import table_laws, tlb_laws, translation_laws  # noqa: F401 - registers the laws
from pagelaw.spec.law import select_laws

pytestmark = pytest.mark.quality

HERE = Path(__file__).parent / "page_tables"
LAWS = select_laws("translation", ())
SEEDS = 20
GEOMETRIES = {"x86-64", "win32", "sv39", "aarch64"}
#: Correct managers with what is special about each.
CORRECT = {
    "tables.py:Tables": "empty tables given back at once, marks, every core flushed",
    "policies.py:Kept": "empty tables kept, no huge page in their place, the lock told",
    "policies.py:Lazy": "empty tables given back when frames run short, entries marked from the beginning",
    "policies.py:Quiet": "no frame's release told",
    "policies.py:Single": "base pages, one core, no identifiers, no copies; free frames not told",
    "policies.py:Precise": "only cores that ran the space flushed, ranges at once, identifiers in turn",
    "policies.py:Pooled": "frames kept for itself, events not told",
    "book.py:Book": "no tables at all, nothing to look at",
}


@pytest.fixture
def target(request: pytest.FixtureRequest) -> Iterator[Target]:
    """The target that the test is parametrised with, in a worker."""
    opened = load_target(f"{HERE}/{request.param}", "translation")
    yield opened
    opened.close()


def _alarms(judgements: list[Judgement]) -> list[str]:
    return [f"{found.law}: {found.because}" for judgement in judgements for found in judgement.broken]


def _never_held(judgements: list[Judgement]) -> list[str]:
    """Laws that could be judged, and that no judge found to hold."""
    left = []
    for law in LAWS:
        said = {found.verdict for judgement in judgements for found in judgement.findings if found.law == law.id}
        if Verdict.HOLDS not in said and said != {Verdict.NOT_JUDGED}:
            left.append(law.id)
    return left


@pytest.mark.parametrize("target", CORRECT, indirect=True)
def test_no_seed_gives_a_false_alarm(target: Target) -> None:
    """Twenty short runs of the judges that draw at random, each with a seed; every geometry comes up."""
    calls, sizes = 0, ""
    for seed in range(SEEDS):
        judgements = check(target, LAWS, contract="translation", budget=0.15, seed=seed, judges=("random", "soak"))
        assert _alarms(judgements) == [], f"seed {seed}"
        calls += sum(judgement.counts["calls"] for judgement in judgements)
        sizes += " ".join(judgement.size for judgement in judgements)
    assert calls > 50 * SEEDS
    assert {name for name in GEOMETRIES if name in sizes} == GEOMETRIES


@pytest.mark.parametrize("target", ["tables.py:Tables"], indirect=True)
def test_every_law_that_can_be_judged_holds(target: Target) -> None:
    """All judges with default settings but for a shorter time: no law is left undecided, in four geometries."""
    judgements = check(target, LAWS, contract="translation", budget=8.0)
    assert _alarms(judgements) == []
    assert _never_held(judgements) == []
    assert {name for name in GEOMETRIES if name in judgements[0].size} == GEOMETRIES


def test_what_is_special_is_declared() -> None:
    """The managers differ in what they declare: the seeds are tried on different laws."""
    declared = set()
    for spec in CORRECT:
        opened = load_target(f"{HERE}/{spec}", "translation")
        assert set(opened.capabilities.geometries) == GEOMETRIES
        declared.add(opened.capabilities)
        opened.close()
    assert len(declared) == len(CORRECT)
    for name in ("copies", "splits", "look", "free", "identifiers", "events", "marks"):
        assert {getattr(capabilities, name) for capabilities in declared} == {True, False}
    assert {capabilities.reclaims for capabilities in declared} == {"eager", "kept"}
    assert {capabilities.levels for capabilities in declared} == {0, 1, 2}
