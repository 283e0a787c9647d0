"""No false alarm: correct allocators of different policies and styles break no law, whatever the seed."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pagelaw.checker.check import check
from pagelaw.checker.targets.load import load_target
from pagelaw.checker.targets.target import Target
from pagelaw.checker.verdict import Judgement, Verdict
from pagelaw.spec import buddy_laws  # noqa: F401 - registers the laws
from pagelaw.spec.law import select_laws

pytestmark = pytest.mark.quality

HERE = Path(__file__).parent
C_EXAMPLE = HERE.parents[1] / "examples" / "buddy_allocator.c"
LAWS = select_laws("frames", ())
SEEDS = 10
#: Correct allocators with what is special about each.
CORRECT = {
    "correct/tree.py:Tree": "upper half, no look at the free blocks, begins anywhere",
    "correct/ordered.py:Ordered": "smallest, lowest address, lower half; begins anywhere, holes, barriers",
    "correct/late.py:Late": "merges late, barriers",
    "correct/trusting.py:Trusting": "illegal frees undefined, aligned to the arena",
    "correct/silent.py:Silent": "illegal frees ignored, keeps frames for itself",
    "C": "lists in C",
}
#: What the planted bugs depart from: without the bug nothing is wrong.
TWINS = (
    "planted/listed.py:Listed",
    "planted/linked.py:Linked",
    "planted/bitmaps.py:Bitmaps",
    "planted/claimed.py:Claimed",
    "planted/opening.py:Booked",
)


@pytest.fixture
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Target]:
    """The target that the test is parametrised with, in a worker; the C one is compiled first."""
    spec = f"{HERE}/{request.param}"
    if request.param == "C":
        compiler = shutil.which("gcc") or shutil.which("cc")
        if compiler is None:
            pytest.skip("no C compiler: the C target is not judged")
        spec = f"{tmp_path}/buddy_allocator.so"
        subprocess.run([compiler, "-O2", "-shared", "-fPIC", "-o", spec, C_EXAMPLE], check=True)
    opened = load_target(spec)
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
    """Ten short runs of the judges that draw at random, each with a seed, of hundreds of calls on average."""
    calls = 0
    for seed in range(SEEDS):
        judgements = check(target, LAWS, budget=0.2, seed=seed, judges=("random", "soak"))
        assert _alarms(judgements) == [], f"seed {seed}"
        calls += sum(judgement.counts["calls"] for judgement in judgements)
    assert calls > 200 * SEEDS


@pytest.mark.parametrize("target", TWINS, indirect=True)
def test_clean_twin_breaks_no_law(target: Target) -> None:
    """What is caught in a planted bug is due to the lines that were changed."""
    assert _alarms(check(target, LAWS, budget=2.0)) == []


@pytest.mark.parametrize("target", ["correct/tree.py:Tree", "correct/ordered.py:Ordered", "C"], indirect=True)
def test_every_law_that_can_be_judged_holds(target: Target) -> None:
    """In less than half the time by default, `check` finds each of them to hold, under at least one judge."""
    judgements = check(target, LAWS, budget=8.0)
    assert _alarms(judgements) == []
    assert _never_held(judgements) == []


def test_what_is_special_is_declared() -> None:
    """The correct allocators differ in what they declare: the seeds are tried on different laws and arenas."""
    declared = set()
    for spec in CORRECT:
        if spec != "C":
            opened = load_target(f"{HERE}/{spec}")
            declared.add(opened.capabilities)
            opened.close()
    assert len(declared) == len(CORRECT) - 1
    for name in ("start", "reserved", "barriers", "probe"):
        assert {getattr(capabilities, name) for capabilities in declared} == {True, False}
