"""One definition: change one line of one function in `spec/`, and each of the four judges fails and names a law."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from pagelaw.spec import buddy_laws, table_laws, tlb_laws, translation_laws  # noqa: F401 - registers the laws
from pagelaw.spec.law import Scope, laws_of

from .page_changes import CHANGES as PAGE_CHANGES
from .spine import CHANGES, Change, changed_checkout, verdicts
from .table_changes import CHANGES as TABLE_CHANGES
from .tlb_changes import CHANGES as TLB_CHANGES

#: The laws of page tables, and those of TLBs: each part is judged alone.
TABLES = [law.id for law in laws_of("translation") if law.id[0] in "TF"]
TLBS = [law.id for law in laws_of("translation") if law.id[0] == "L"]


def only(laws: Sequence[str]) -> tuple[str, ...]:
    """The options that choose a part of the contract translation."""
    return ("--contract", "translation", *(word for law in laws for word in ("--law", law)))


#: The options that choose the contract of address spaces, of which page states are all there is.
PAGES = ("--contract", "space")
#: Laws of numbers alone, which no call can show.
ARITHMETIC = {law.id for law in laws_of("frames") if law.scope is Scope.ARITHMETIC}


#: How each judge is called for each part: as small as it may be and still notice.
JUDGES = {
    "random": {
        "buddy": ("verify", "--judge", "random"),
        "tables": ("verify", "--judge", "random", *only(TABLES)),
        "tlb": ("verify", "--judge", "random", *only(TLBS)),
        "pages": ("verify", "--judge", "random", *PAGES),
    },
    "explore": {
        "buddy": ("explore", "--frames", "8"),
        "tables": ("explore", *only(TABLES)),
        "tlb": ("explore", "--cores", "2", *only(TLBS)),
        "pages": ("explore", *PAGES),
    },
    "prove": {
        "buddy": ("prove", "--time-limit", "10", "--width", "32", "--fail-fast"),
        "tables": ("prove", "--time-limit", "10", "--width", "32", "--fail-fast", *only(TABLES)),
        "tlb": ("prove", "--time-limit", "10", "--width", "32", "--fail-fast", *only(TLBS)),
        "pages": ("prove", "--time-limit", "10", "--width", "32", "--fail-fast", *PAGES),
    },
    "run": {
        "buddy": ("run", "--calls", "200000", "--frames", "4096"),
        "tables": ("run", "--calls", "100000", *only(TABLES)),
        "tlb": ("run", "--calls", "100000", *only(TLBS)),
        "pages": ("run", "--calls", "100000", *PAGES),
    },
}
#: Where a judge does not notice a change, and why; others do.
BLANKS: dict[tuple[str, str], str] = {}
#: Where compiling takes longer than judging. By day these judge uncompiled, with the very same functions, but for the
#: first change of the buddy allocator; by night all are compiled.
SLOW_TO_COMPILE = {
    *(("explore", part) for part in ("buddy", "tables", "pages")),
    *(("run", part) for part in ("buddy", "tables", "tlb", "pages")),
}
#: The law that a solver is asked about by day, for changes where all of them take long; by night it is asked about all.
AIMED = {
    "merge ignores the order": "A2",
    "merge ignores the barrier": "A14",
    "merge goes past the top": "A1",
    "nothing is ever merged": "A4",
    "the upper half is never given": "A13.upper",
    "merge stops after one round": "A4",
    "a merged block keeps its order": "A3",
    "the absorbed buddy stays free": "A2",
}
#: So many changes of each part are tried in every run, the others at night.
DAILY = {"buddy": 10, "tables": 1, "tlb": 1, "pages": 1}


def tried() -> Iterator[Any]:
    """Every change with whether its judges are compiled; those that are for the night marked so."""
    counted: Counter[str] = Counter()
    for change in (*CHANGES, *TABLE_CHANGES, *TLB_CHANGES, *PAGE_CHANGES):
        counted[change.part] += 1
        if counted[change.part] <= DAILY[change.part]:
            first = change is CHANGES[0]
            yield pytest.param(change, first, marks=pytest.mark.quality, id=change.name)
        if change is not CHANGES[0]:
            yield pytest.param(change, True, marks=pytest.mark.nightly, id=f"{change.name}-compiled")


def judged(change: Change, judge: str, part: str, folder: Path, *, compiled: bool) -> tuple[int, list[str], str]:
    """What a judge says about a part of a changed copy."""
    command = list(JUDGES[judge][part])
    plain = not compiled and (judge, part) in SLOW_TO_COMPILE
    if plain and judge == "run":
        command[command.index("--calls") + 1] = "3000"
    if judge == "prove" and not compiled and change.name in AIMED:
        command += ["--law", AIMED[change.name]]
    return verdicts(changed_checkout(change, folder), command, compiled=not plain)


@pytest.mark.parametrize("judge", JUDGES)
@pytest.mark.parametrize(("change", "compiled"), list(tried()))
def test_each_judge_notices_each_change(
    change: Change, compiled: bool, judge: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Exit code 1 and at least one law by name, or a blank is explained; refuted proofs show calls, if any can."""
    code, broken, errors = judged(change, judge, change.part, tmp_path, compiled=compiled)
    record_property("matrix", [change.name, judge, ",".join(broken) or BLANKS.get((change.name, judge), "-")])
    assert "Traceback" not in errors
    if (change.name, judge) in BLANKS:
        assert not broken, "this blank is no longer one: take its explanation out"
        return
    assert code == 1, errors
    assert broken
    if judge == "prove" and change.part == "buddy" and set(broken) - ARITHMETIC:
        assert list(tmp_path.glob("pagelaw-traces/*-prove.json")), "no counter-model was turned into calls"


#: The proofs of what is not changed have tests of their own.
UNCHANGED = [(judge, part) for judge in JUDGES for part in DAILY if judge != "prove"]


@pytest.mark.nightly
@pytest.mark.parametrize(("judge", "part"), UNCHANGED)
def test_each_judge_passes_what_is_not_changed(judge: str, part: str, tmp_path: Path) -> None:
    """The same calls on an unchanged copy break no law: the failures above are due to the changes alone."""
    same = Change("nothing", "buddy", "LIVE + order", "LIVE + order")
    code, broken, errors = judged(same, judge, part, tmp_path, compiled=False)
    assert (code, broken) == (0, []), errors
