"""Each historic bug of page tables and of TLBs, planted in a small target, is caught by the default `check`.

The targets in `page_tables/` import nothing of the package and run in a worker as anybody's would. For each the table
says which law must break; the trace must be short, outlive a file, break the same law again, and break none on the
clean manager that the bug was planted in.
"""

import ast
from collections.abc import Callable
from pathlib import Path

import attrs
import pytest

from pagelaw.spec import table_laws, tlb_laws, translation_laws  # noqa: F401 - registers the laws
from pagelaw.spec.law import select_laws

from .caught import Catch, caught, table

#: In one process, for the sake of the table.
pytestmark = pytest.mark.quality

PLANTED = Path(__file__).parent / "page_tables"
TABLES, BOOK = f"{PLANTED}/tables.py:Tables", f"{PLANTED}/book.py:Book"
QUIET, PRECISE = f"{PLANTED}/policies.py:Quiet", f"{PLANTED}/policies.py:Precise"
#: Files without a bug, and what is no manager at all.
CLEAN = {"formats.py", "tables.py", "policies.py", "book.py"}
PARTS = {"OneBitOff"}
#: A trace is read by people; the events that are read after each call are not counted.
MOST_CALLS = 12
#: The default budget of `check` and the time to minimise, and as much again for a machine that does other things.
MOST_SECONDS = 2 * (20.0 + 10.0)


@attrs.frozen
class Bug:
    """A planted bug, the laws of which it must be found to break one, and where the same calls break none.

    Attributes:
        place: module and class in `page_tables/`.
        laws: ids of the laws that it shows itself by; more than one where that depends on the way that is drawn.
        clean: the manager that it was planted in.
        history: where the bug was seen, if it has a history.
        long_run: it shows only after many calls.
    """

    place: str
    laws: set[str]
    clean: str = TABLES
    history: str = ""
    long_run: bool = False

    @property
    def name(self) -> str:
        return self.place.partition(":")[2]


BUGS = (
    Bug("flushing.py:CopyFlushesAfterLock", {"L1"}, history="CVE-2018-18281"),
    Bug("flushing.py:FlushesAfterLock", {"L1"}, QUIET, "Linux 60bae7370896"),
    Bug("flushing.py:UnmapOmitsFlush", {"L2"}, QUIET, "seL4 107"),
    Bug("flushing.py:FlushesHereOnly", {"L2"}, QUIET, "seL4 107, the other cores"),
    Bug("flushing.py:FlushesWhereItRunsNow", {"L1", "L2", "L3"}, PRECISE),
    Bug("flushing.py:ProtectOmitsFlush", {"L2"}),
    Bug("flushing.py:CopyOmitsFlush", {"L2"}),
    Bug("flushing.py:MasksIdentifier", {"L2"}, QUIET, "a wrong mask in invalidate"),
    Bug("flushing.py:FlushesFirstPageOnly", {"L2"}, QUIET),
    Bug("flushing.py:FlushesWithoutExtension", {"L2"}, QUIET),
    Bug("flushing.py:ReleasesFrameEarly", {"L3"}),
    Bug("flushing.py:ReleasesTableEarly", {"L3"}),
    Bug("flushing.py:ReleasesSharedFrame", {"F8"}),
    Bug("flushing.py:SplitsWithoutBreak", {"L4"}, history="valid to valid"),
    Bug("flushing.py:ReusesIdentifier", {"L5"}, PRECISE),
    Bug("flushing.py:WrapsIdentifiers", {"L5"}),
    Bug("deciding.py:ProtectSkipsValidation", {"T13"}, history="CVE-2015-7835"),
    Bug("deciding.py:TranslatesByOffset", {"T6.mapped"}, history="an offset instead of a walk"),
    Bug("deciding.py:RemembersAcrossSpaces", {"T6.mapped"}),
    Bug("deciding.py:PassesBarrier", {"T6.mapped"}, QUIET, "a cursor beyond its range"),
    Bug("deciding.py:StopsBeforeTheEnd", {"T6.unmapped"}),
    Bug("deciding.py:LastPageRejected", {"T11"}, history="Asterinas 14dc4752f"),
    Bug("deciding.py:EndWraps", {"T13", "C1"}),
    Bug("deciding.py:EmptyRangeRejected", {"T11"}),
    Bug("deciding.py:RoundsAddressDown", {"T13"}),
    Bug("deciding.py:MapsOver", {"T13"}),
    Bug("deciding.py:MapsTableMemory", {"T13"}),
    Bug("deciding.py:ProtectsHalf", {"T13"}),
    Bug("deciding.py:UnmapsHalf", {"T13"}, QUIET),
    Bug("deciding.py:IgnoresUpperBits", {"T4"}),
    Bug("deciding.py:FaultMarks", {"T9"}),
    Bug("deciding.py:WriteLeavesClean", {"T8"}),
    Bug("deciding.py:LeafRightsOnly", {"T3"}),
    Bug("deciding.py:ExecuteIsRead", {"T3"}),
    Bug("deciding.py:AnyRights", {"T13"}),
    Bug("writing.py:HugeLeafMisaligned", {"T13"}),
    Bug("writing.py:HugeRangeShifts", {"T4", "T7"}),
    Bug("writing.py:SplitLosesRights", {"T3"}),
    Bug("writing.py:SplitShiftsFrames", {"T6.mapped"}),
    Bug("writing.py:SplitForgetsHalf", {"T6.mapped"}),
    Bug("writing.py:ProtectAllowsExecution", {"T3"}),
    Bug("writing.py:ProtectForgetsMarks", {"T8"}),
    Bug("writing.py:UserBitMissingAbove", {"T3"}),
    Bug("writing.py:SelfMapForUser", {"T5"}, history="CVE-2018-1038"),
    Bug("writing.py:ShiftsOneLevelWrongly", {"T6.unmapped", "T6.mapped"}),
    Bug("writing.py:SetsReservedBit", {"T4"}),
    Bug("writing.py:BlockBitAtLastLevel", {"T4"}),
    Bug("writing.py:CopyKeepsWritable", {"T3"}),
    Bug("writing.py:CopyProtectsOnlyTheCopy", {"T3"}),
    Bug("writing.py:CopyProtectsShared", {"T3"}),
    Bug("writing.py:BytesSwapped", {"T6.mapped"}),
    Bug("memory.py:ForgetsMiddleTable", {"F6"}),
    Bug("memory.py:NeverReclaims", {"F6"}),
    Bug("memory.py:FreesReachableTable", {"F8"}),
    Bug("memory.py:UnlinksSharedTable", {"T6.mapped"}),
    Bug("memory.py:DropLeavesTables", {"F6"}),
    Bug("memory.py:DoesNotCleanTables", {"T5", "T6.unmapped"}),
    Bug("memory.py:HalfIsLeft", {"T13"}),
    Bug("memory.py:TablesAreLeft", {"T13"}),
    Bug("memory.py:CountsTablesTwice", {"F6"}),
    Bug("memory.py:LeaksSlowly", {"F6"}, long_run=True),
    Bug("unseen.py:SplitsFromTheMiddle", {"T6.mapped"}, BOOK),
    Bug("unseen.py:CopyKeepsRights", {"T3"}, BOOK),
    Bug("unseen.py:OffsetLost", {"T2"}, BOOK),
    Bug("unseen.py:DropKeepsTables", {"F6"}, BOOK),
)


_CATCHES: list[Catch] = []


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_default_check_catches_each_planted_bug(bug: Bug, tmp_path: Path) -> None:
    """The law that the table names breaks, in few calls, again when replayed, and not on the clean manager."""
    laws = select_laws("translation", ())
    found = caught(f"{PLANTED}/{bug.place}", laws, tmp_path, contract="translation", clean=bug.clean)
    calls = sum(step.call.name != "events" for step in found.told.steps)
    assert found.laws <= bug.laws
    assert bug.long_run or calls <= MOST_CALLS
    assert found.seconds <= MOST_SECONDS
    _CATCHES.append(Catch(bug.name, bug.history, ",".join(sorted(found.laws)), found.judge, calls, found.seconds))


def test_every_planted_class_is_in_the_table() -> None:
    """No planted bug is left out: the classes of the themes are those of the table."""
    planted = {
        f"{path.name}:{node.name}"
        for path in PLANTED.glob("*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef) and path.name not in CLEAN and node.name not in PARTS
    }
    assert planted == {bug.place for bug in BUGS}


def test_targets_know_nothing_of_the_package() -> None:
    """They are written as anybody's would be: no line of them imports the package or looks for it."""
    texts = {path.name: path.read_text(encoding="utf-8") for path in PLANTED.glob("*.py")}
    assert texts
    assert [name for name, text in texts.items() if "pagelaw" in text] == []


def test_table(record_property: Callable[[str, object], None]) -> None:
    """Record who caught what and how; where all were judged, each law of addresses, tables and TLBs was needed."""
    record_property("table", table(_CATCHES, bug=25, history=30))
    if {catch.bug for catch in _CATCHES} >= {bug.name for bug in BUGS}:
        named = {law for catch in _CATCHES for law in catch.laws.split(",")}
        assert named >= {"T2", "T3", "T4", "T5", "T6.mapped", "T6.unmapped", "T8", "T9", "T11", "T13"}
        assert named >= {"F6", "F8", "L1", "L2", "L3", "L4", "L5"}
        assert {catch.judge for catch in _CATCHES} >= {"enumerate", "random"}
