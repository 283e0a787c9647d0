"""Each planted bug of a heap is caught by the default `check`, and correct heaps of different policies raise no alarm.

The heaps in `heaps/` import nothing of the package and run in a worker as anybody's would. For each bug the table says
which law must break; the trace must be short, outlive a file, break the same law again, and none on a sound heap.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from pagelaw.checker.check import check
from pagelaw.checker.targets.load import load_target
from pagelaw.checker.targets.target import Target
from pagelaw.checker.verdict import Verdict
from pagelaw.spec import heap_laws  # noqa: F401 - registers the laws
from pagelaw.spec.law import select_laws

from .caught import caught

#: In one process, for the sake of the table.
pytestmark = pytest.mark.quality

HEAPS = Path(__file__).parent / "heaps"
LAWS = select_laws("heap", ())
#: A trace is read by people.
MOST_CALLS = 10
#: The bugs, with the laws of which each must be found to break one.
BUGS = {
    "HeaderCountsInto": {"H1"},
    "IgnoresAlignment": {"H1"},
    "RoundsDown": {"H2"},
    "JoinsTooMuch": {"H5", "H2"},
    "FreesTwice": {"H6"},
    "AcceptsInside": {"H6"},
    "RefusalFrees": {"H6"},
    "ClearsOnFree": {"H3"},
    "ReallocForgets": {"H3"},
    "ReallocFreesFirst": {"H2", "H7", "H10"},
    "CallocTrusts": {"H4"},
    "CallocWraps": {"H4"},
    "CallocClearsOne": {"H4"},
    "LosesSplinters": {"H5"},
    "NeverJoins": {"H5"},
    "KeepsSlabs": {"H5"},
    "ZeroIsShared": {"H7"},
    "ZeroIsRefused": {"H7"},
    "UsableTooLarge": {"H8"},
    "UsableTooSmall": {"H8"},
    "WrapsSize": {"H10"},
    "BeyondTheEnd": {"H10"},
    "MixesSizes": {"H2"},
    "FreesForeign": {"H9"},
    "SharesLimit": {"H9"},
    "DestroyClears": {"H9"},
    "DestroyLeaks": {"H5"},
    "Crashes": {"C2"},
    "Hangs": {"C1"},
}
#: The sound heap that a bug was planted in, where that is not the first-fit one.
CLEAN = {"KeepsSlabs": "Slabs", "MixesSizes": "Bump"} | dict.fromkeys(
    ("FreesForeign", "SharesLimit", "DestroyClears", "DestroyLeaks"), "Private"
)
#: Sound heaps, with the laws that nobody can judge them by.
SOUND = {
    "FirstFit": {"H9"},
    "Private": set(),
    "Shared": {"H9"},
    "Slabs": {"H9"},
    "Bump": {"H5", "H6", "H9"},
}


@pytest.mark.parametrize("bug", BUGS)
def test_default_check_catches_each_planted_bug(bug: str, tmp_path: Path) -> None:
    """The law that the table names breaks, in few calls, again when replayed, and not on the sound heap."""
    clean = f"{HEAPS}/sound.py:{CLEAN.get(bug, 'FirstFit')}"
    found = caught(f"{HEAPS}/planted.py:{bug}", LAWS, tmp_path, contract="heap", clean=clean, deadline=1.0)
    assert found.laws <= BUGS[bug]
    assert len(found.told.steps) <= MOST_CALLS


@pytest.fixture
def sound(request: pytest.FixtureRequest) -> Iterator[Target]:
    """A sound heap in a worker."""
    opened = load_target(f"{HEAPS}/sound.py:{request.param}", "heap")
    yield opened
    opened.close()


@pytest.mark.parametrize("sound", SOUND, indirect=True)
def test_no_false_alarm(sound: Target, request: pytest.FixtureRequest) -> None:
    """Five seeds of the judges that draw; then all judges, and every law that can be judged is found to hold."""
    for seed in range(5):
        judged = check(sound, LAWS, contract="heap", budget=0.3, seed=seed, judges=("random", "soak"))
        assert [found.because for judgement in judged for found in judgement.broken] == [], f"seed {seed}"
    judged = check(sound, LAWS, contract="heap", budget=6.0)
    said: dict[str, set[Verdict]] = {law.id: set() for law in LAWS}
    for judgement in judged:
        for found in judgement.findings:
            said[found.law].add(found.verdict)
            assert found.verdict is not Verdict.BROKEN, found.because
    unjudged = SOUND[sound.name.rpartition(":")[2]]
    assert {law for law, verdicts in said.items() if verdicts == {Verdict.NOT_JUDGED}} == unjudged
    assert all(Verdict.HOLDS in verdicts for law, verdicts in said.items() if law not in unjudged)


def test_every_planted_class_is_in_the_table() -> None:
    """No planted bug is left out, every law has one, and none of the heaps knows the package."""
    planted = ast.parse((HEAPS / "planted.py").read_text(encoding="utf-8")).body
    assert {node.name for node in planted if isinstance(node, ast.ClassDef)} == BUGS.keys()
    assert set().union(*BUGS.values()) == {law.id for law in LAWS}
    assert not any("pagelaw" in path.read_text(encoding="utf-8") for path in HEAPS.glob("*.py"))
