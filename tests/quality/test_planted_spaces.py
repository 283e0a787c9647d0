"""Each bug of a manager of address spaces, planted in a sound one, is caught by the default `check`.

The targets in `spaces/` run in a worker as anybody's would. For each bug a table says which law must break; the trace
must be short, outlive a file, break the same law again, and break none on a sound manager of the same dialect.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from pagelaw.checker.check import check
from pagelaw.checker.targets.load import load_target
from pagelaw.checker.targets.target import Target
from pagelaw.checker.verdict import Verdict
from pagelaw.spec.law import select_laws

from .caught import caught
from .spaces.linux_book import LINUX_BUGS
from .spaces.windows_book import WINDOWS_BUGS

pytestmark = pytest.mark.quality

SPACES = Path(__file__).parent / "spaces"
LAWS = select_laws("space", ())
#: A trace is read by people. The smallest stack of Windows overflows with its thirteenth write.
MOST_CALLS = 17
#: For each dialect, with which names of files begin, the sound manager that its traces break no law on.
CLEAN = {"linux": "pagelaw.model.linux_space:LinuxSpace", "windows": "pagelaw.model.windows_space:WindowsSpace"}
SOUND = (*CLEAN.values(), f"{SPACES}/linux_pages.py:LinuxPages")


@pytest.mark.parametrize(
    ("file", "bug", "laws"), [pytest.param(*bug, id=bug[1]) for bug in (*LINUX_BUGS, *WINDOWS_BUGS)]
)
def test_default_check_catches_each_planted_bug(file: str, bug: str, laws: set[str], tmp_path: Path) -> None:
    """A law that the table names breaks, in few calls, again when replayed, and not on a sound manager."""
    clean = CLEAN[file.partition("_")[0]]
    found = caught(f"{SPACES}/{file}:{bug}", LAWS, tmp_path, contract="space", clean=clean, deadline=2.0)
    assert found.laws <= laws
    assert len(found.told.steps) <= MOST_CALLS


def test_every_class_is_in_the_table() -> None:
    """No bug is planted that nobody looks for."""
    named = {(file, bug) for file, bug, _ in (*LINUX_BUGS, *WINDOWS_BUGS)}
    for file in {file for file, _ in named}:
        classes = [node for node in ast.parse((SPACES / file).read_text()).body if isinstance(node, ast.ClassDef)]
        assert {(file, node.name) for node in classes if not node.name.startswith("_")} <= named


@pytest.fixture(params=SOUND, ids=lambda spec: spec.rpartition(":")[2])
def sound(request: pytest.FixtureRequest) -> Iterator[Target]:
    """A sound manager in a worker."""
    opened = load_target(request.param, "space")
    yield opened
    opened.close()


def test_no_false_alarm(sound: Target) -> None:
    """Five seeds of the judges that draw; then all judges, in half the time by default: no law is left undecided."""
    for seed in range(5):
        judged = check(sound, LAWS, contract="space", budget=0.5, seed=seed, judges=("random", "soak"))
        assert [found.because for judgement in judged for found in judgement.broken] == [], f"seed {seed}"
    judged = check(sound, LAWS, contract="space", budget=10.0)
    for judgement in judged:
        for found in judgement.findings:
            assert found.verdict in (Verdict.HOLDS, Verdict.NOT_JUDGED), f"{found.law}: {found.because}"
