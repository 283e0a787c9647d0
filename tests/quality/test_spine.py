"""One definition: change one line of one function in `spec/`, and each of the four judges fails and names a law."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pagelaw.spec import buddy_laws, heap_laws, table_laws, tlb_laws, translation_laws  # noqa: F401 - registers the laws
from pagelaw.spec.contracts import space  # noqa: F401 - registers the laws
from pagelaw.spec.law import Scope, laws_of

from .access_changes import CHANGES as ACCESS_CHANGES
from .heap_changes import CHANGES as HEAP_CHANGES
from .page_changes import CHANGES as PAGE_CHANGES
from .region_changes import CHANGES as REGION_CHANGES
from .sharing_changes import CHANGES as SHARING_CHANGES
from .spine import CHANGES as BUDDY_CHANGES
from .spine import Change, changed_checkout, verdicts
from .stack_changes import CHANGES as STACK_CHANGES
from .table_changes import CHANGES as TABLE_CHANGES
from .tlb_changes import CHANGES as TLB_CHANGES

#: All changes, by the part that they are in.
CHANGES = (
    *BUDDY_CHANGES,
    *TABLE_CHANGES,
    *TLB_CHANGES,
    *PAGE_CHANGES,
    *ACCESS_CHANGES,
    *STACK_CHANGES,
    *REGION_CHANGES,
    *SHARING_CHANGES,
    *HEAP_CHANGES,
)
#: The contract of each part, where it is one of several: each part is judged alone.
CONTRACTS = {"tables": "translation", "tlb": "translation", "blocks": "heap"} | dict.fromkeys(
    ("pages", "access", "stacks", "regions", "sharing"), "space"
)
#: How each judge is called: as small as it may be and still notice.
JUDGES = {
    "random": ("verify", "--judge", "random"),
    "explore": ("explore",),
    "prove": ("prove", "--time-limit", "10", "--width", "32", "--fail-fast"),
    "run": ("run", "--calls", "100000"),
}
#: What is said besides, for some parts.
FURTHER = {
    ("explore", "buddy"): ("--frames", "8"),
    ("explore", "tlb"): ("--cores", "2"),
    ("run", "buddy"): ("--frames", "4096"),
}
#: Laws of numbers alone, which no call can show.
ARITHMETIC = {law.id for law in laws_of("frames") if law.scope is Scope.ARITHMETIC}


def called(judge: str, part: str) -> list[str]:
    """The command of a judge about one part."""
    words = [*JUDGES[judge], *FURTHER.get((judge, part), ())]
    if part not in CONTRACTS:
        return words
    contract = CONTRACTS[part]
    laws = [law.id for law in laws_of(contract) if law.part == part]
    return [*words, "--contract", contract, *(word for law in laws for word in ("--law", law))]


#: Where compiling takes longer than judging. By day these judge uncompiled, with the very same functions, but for the
#: first change of all; by night all are compiled.
SLOW_TO_COMPILE = {
    ("explore", "buddy"),
    ("explore", "tables"),
    ("run", "buddy"),
    ("run", "tables"),
    ("run", "tlb"),
    *(
        (judge, part)
        for judge in ("explore", "run")
        for part, contract in CONTRACTS.items()
        if contract in ("space", "heap")
    ),
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
    "a page is written with the right to read it": "V6",
    "a new region may lie on the one below it": "V1",
    "the rest of a carved block is as long as before": "H2",
    "an empty table stays linked": "T10",
    "the frame is free before all have acknowledged": "L3",
    "a page is filled into a frame that is used": "F2",
}
#: So many changes of each part are tried in every run, the others at night.
DAILY = {"buddy": 2} | dict.fromkeys(CONTRACTS, 1)


def tried() -> Iterator[Any]:
    """Every change with whether all of a judge is asked for, compiled; that is for the night, and marked so."""
    counted: Counter[str] = Counter()
    for change in CHANGES:
        counted[change.part] += 1
        if counted[change.part] <= DAILY[change.part]:
            yield pytest.param(change, False, marks=pytest.mark.quality, id=change.name)
        yield pytest.param(change, True, marks=pytest.mark.nightly, id=f"{change.name}-whole")


def judged(change: Change, judge: str, part: str, folder: Path, *, whole: bool) -> tuple[int, list[str], str]:
    """What a judge says about a part of a changed copy."""
    command = called(judge, part)
    plain = not whole and change is not CHANGES[0] and (judge, part) in SLOW_TO_COMPILE
    if plain and judge == "run":
        command[command.index("--calls") + 1] = "3000"
    if judge == "prove" and not whole and change.name in AIMED:
        command += ["--law", AIMED[change.name]]
    return verdicts(changed_checkout(change, folder), command, compiled=not plain)


@pytest.mark.parametrize("judge", JUDGES)
@pytest.mark.parametrize(("change", "whole"), list(tried()))
def test_each_judge_notices_each_change(
    change: Change, whole: bool, judge: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Exit code 1 and at least one law by name; refuted proofs show calls, if any can."""
    code, broken, errors = judged(change, judge, change.part, tmp_path, whole=whole)
    record_property("matrix", [change.name, judge, ",".join(broken) or "-"])
    assert "Traceback" not in errors
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
    code, broken, errors = judged(same, judge, part, tmp_path, whole=False)
    assert (code, broken) == (0, []), errors
