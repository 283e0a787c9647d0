"""Each historic bug of a buddy allocator, planted in a small target, is caught by the default `check`.

The targets in `planted/` import nothing of the package and run in a worker as anybody's would. For each the table says
which law must break; the trace must be short, outlive a file, break the same law again, and break none on a clean
allocator of the same kind.
"""

import ast
import importlib.util
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import attrs
import pytest

from pagelaw.spec import buddy_laws  # noqa: F401 - registers the laws
from pagelaw.spec.law import select_laws

from .caught import Catch, caught, table

#: In one process, for the sake of the table.
pytestmark = pytest.mark.quality

PLANTED = Path(__file__).parent / "planted"
EXAMPLES = Path(__file__).parents[2] / "examples"
LISTED, LINKED = f"{PLANTED}/listed.py:Listed", f"{PLANTED}/linked.py:Linked"
BITMAPS, CLAIMED = f"{PLANTED}/bitmaps.py:Bitmaps", f"{PLANTED}/claimed.py:Claimed"
BOOKED = f"{PLANTED}/opening.py:Booked"
TREE = f"{PLANTED.parent}/correct/tree.py:Tree"
#: Classes in the themes that are no bugs.
CLEAN = {"Booked"}
#: A trace is read by people. What shows only after thousands of calls cannot be shorter than that.
MOST_CALLS = 12
#: The default budget of `check` and the time to minimise, and as much again for a machine that does other things.
MOST_SECONDS = 2 * (20.0 + 10.0)


@attrs.frozen
class Bug:
    """A planted bug, the laws of which it must be found to break one, and where the same calls break none.

    Attributes:
        place: module and class in `planted/`.
        laws: ids of the laws that it shows itself by; more than one where that depends on the way that is drawn.
        clean: an allocator of the same kind without the bug.
        history: where the bug was seen, if it has a history.
        long_run: it shows only after thousands of calls.
        deadline: seconds for an answer, where the bug uses all of them.
        memory: bytes that the worker may grow, where the bug uses all of them.
    """

    place: str
    laws: set[str]
    clean: str
    history: str = ""
    long_run: bool = False
    deadline: float = 5.0
    memory: int = 1 << 30

    @property
    def name(self) -> str:
        return self.place.partition(":")[2]


BUGS = (
    Bug("merging.py:TopDropsBlock", {"A3"}, LISTED, "rcore: a merge at the top order"),
    Bug("merging.py:TopMergesOn", {"A3"}, LISTED, "rcore: the top order merged twice"),
    Bug("merging.py:CrossesBarriers", {"A14"}, LISTED, "Linux d9dddbf55667"),
    Bug("merging.py:LeavesLinkDangling", {"A2", "A5"}, LINKED, "vulkano 2832"),
    Bug("merging.py:MergesWithNext", {"A4"}, LISTED),
    Bug("merging.py:MergesOnce", {"A4"}, LISTED),
    Bug("sizes.py:ChildRoundedUp", {"A3"}, BITMAPS, "Zephyr 15279"),
    Bug("sizes.py:MetadataTooSmall", {"A5"}, BITMAPS, "Zephyr 16996"),
    Bug("sizes.py:NullForSuccess", {"C1"}, LISTED, "Zephyr: a null block"),
    Bug("sizes.py:RetriesForEver", {"A11"}, LISTED, "Zephyr 14504", deadline=1.0),
    Bug("sizes.py:SizeWraps", {"A1"}, LISTED, "Zephyr 12252"),
    Bug("sizes.py:SizeWrapsPastLists", {"C1"}, LISTED, "Zephyr 31796"),
    Bug("sizes.py:ArenaRoundedUp", {"A1"}, LISTED, "cocotbext-axi, by hand"),
    Bug("splitting.py:RemainderInvisible", {"A6"}, LISTED, "Zephyr 11022"),
    Bug("splitting.py:ClaimNotUndone", {"A9"}, CLAIMED, "llfree 970bb3d"),
    Bug("splitting.py:FailedSplitLosesBlock", {"A9"}, LISTED),
    Bug("opening.py:BookedTwice", {"A10"}, BOOKED, "unikraft 688"),
    Bug("opening.py:AlignedToArena", {"A1"}, LISTED, "buddy_alloc 67"),
    Bug("opening.py:LastFrameRejected", {"C1"}, LISTED, "Asterinas 14dc4752f"),
    Bug("opening.py:Assumes32Frames", {"A4"}, LISTED, "rcore: start 0"),
    Bug("freeing.py:AcceptsDoubleFree", {"A8"}, LISTED),
    Bug("freeing.py:AcceptsWrongOrder", {"A8"}, LISTED),
    Bug("freeing.py:AcceptsMisaligned", {"A8"}, BITMAPS),
    Bug("freeing.py:IndexErrorOutside", {"C1"}, LINKED),
    Bug("freeing.py:MissesLastLeaf", {"A2"}, LISTED, "spaskalev: the last leaf"),
    Bug("freeing.py:TopNeverFreed", {"A3"}, LISTED),
    Bug("policies.py:ClaimsLowest", {"A13.lowest"}, BITMAPS),
    Bug("policies.py:ClaimsLower", {"A13.lower"}, LISTED),
    Bug("policies.py:ClaimsUpper", {"A13.upper"}, TREE),
    Bug("policies.py:ClaimsSmallest", {"A13.smallest"}, LISTED),
    Bug("conduct.py:ListsBlockTwice", {"A5"}, LISTED),
    Bug("conduct.py:ReturnsFloat", {"C1"}, LISTED),
    Bug("conduct.py:Aborts", {"C2"}, LISTED),
    Bug("conduct.py:Segfaults", {"C2"}, LISTED),
    Bug("conduct.py:HogsMemory", {"C2"}, LISTED, memory=1 << 28),
    Bug("conduct.py:LeaksSlowly", {"A3"}, LISTED, long_run=True),
)


_CATCHES: list[Catch] = []


def _catch(bug: Bug, spec: str, tmp_path: Path) -> None:
    """Check the target, and hold the outcome to what the table says."""
    limits = {"deadline": bug.deadline, "memory_limit": bug.memory}
    found = caught(spec, select_laws("frames", ()), tmp_path, contract="frames", clean=bug.clean, **limits)
    calls = len(found.told.steps)
    assert found.laws <= bug.laws
    assert bug.long_run or calls <= MOST_CALLS
    assert found.seconds <= MOST_SECONDS
    _CATCHES.append(Catch(bug.name, bug.history, ",".join(sorted(found.laws)), found.judge, calls, found.seconds))


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_default_check_catches_each_planted_bug(bug: Bug, tmp_path: Path) -> None:
    """The law that the table names breaks, in few calls, again when replayed, and not on the clean allocator."""
    _catch(bug, f"{PLANTED}/{bug.place}", tmp_path)


def test_default_check_catches_a_wrong_merge_in_c(tmp_path: Path) -> None:
    """A C allocator that merges with the next free block, and offers no look at its free blocks, breaks A1 or A6."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler: the C target is not judged")
    libraries = []
    for source in (PLANTED / "wrong_merge.c", EXAMPLES / "buddy_allocator.c"):
        libraries.append(f"{tmp_path}/{source.stem}.so")
        subprocess.run([compiler, "-O2", "-shared", "-fPIC", "-o", libraries[-1], source], check=True)
    _catch(Bug("wrong_merge.c:WrongMergeInC", {"A1", "A6"}, libraries[1]), libraries[0], tmp_path)


def test_default_check_catches_the_released_cocotb_allocator(tmp_path: Path) -> None:
    """The allocator that users install from PyPI hands out space beyond the end where it is no power of two."""
    if importlib.util.find_spec("cocotbext") is None or importlib.util.find_spec("cocotbext.axi") is None:
        pytest.skip("cocotbext-axi is not installed: the real package is not judged")
    bug = Bug("cocotb_buddy.py:CocotbBuddy", {"A1"}, LINKED, "cocotbext-axi 0.1.28")
    _catch(bug, f"{EXAMPLES}/{bug.place}", tmp_path)


def test_every_planted_class_is_in_the_table() -> None:
    """No planted bug is left out: the classes of the themes are those of the table, and the clean ones."""
    bases = {Path(spec.partition(":")[0]).name for spec in (LISTED, LINKED, BITMAPS, CLAIMED)}
    planted = {
        f"{path.name}:{node.name}"
        for path in PLANTED.glob("*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef) and path.name not in bases and node.name not in CLEAN
    }
    assert planted == {bug.place for bug in BUGS}


@pytest.mark.parametrize("folder", ["planted", "correct"])
def test_targets_know_nothing_of_the_package(folder: str) -> None:
    """They are written as anybody's would be: no line of them imports the package or looks for it."""
    files = sorted((PLANTED.parent / folder).iterdir())
    texts = {path.name: path.read_text(encoding="utf-8") for path in files if path.suffix == ".py"}
    assert texts
    assert [name for name, text in texts.items() if "pagelaw" in text] == []


def test_table(record_property: Callable[[str, object], None]) -> None:
    """Record who caught what and how; where all were judged, none of the judges could have been left out."""
    record_property("table", table(_CATCHES, bug=23, history=34))
    if {catch.bug for catch in _CATCHES} >= {bug.name for bug in BUGS}:
        assert {catch.judge for catch in _CATCHES} == {"enumerate", "random", "soak"}
