"""One definition: change one line of one function in `spec/`, and each of the four judges fails and names a law."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from pagelaw.spec import table_laws, tlb_laws, translation_laws  # noqa: F401 - registers the laws
from pagelaw.spec.law import laws_of

from .spine import CHANGES, Change, changed_checkout, verdicts
from .table_changes import CHANGES as TABLE_CHANGES
from .tlb_changes import CHANGES as TLB_CHANGES

#: The laws of page tables, and those of TLBs: each part is judged alone.
TABLES = [law.id for law in laws_of("translation") if law.id[0] in "TF"]
TLBS = [law.id for law in laws_of("translation") if law.id[0] == "L"]


def only(laws: Sequence[str]) -> tuple[str, ...]:
    """The options that choose a part of the contract translation."""
    return ("--contract", "translation", *(word for law in laws for word in ("--law", law)))


#: How each judge is called for each part: as small as it may be and still notice.
JUDGES = {
    "random": {
        "buddy": ("verify", "--judge", "random"),
        "tables": ("verify", "--judge", "random", *only(TABLES)),
        "tlb": ("verify", "--judge", "random", *only(TLBS)),
    },
    "explore": {
        "buddy": ("explore", "--frames", "8"),
        "tables": ("explore", *only(TABLES)),
        "tlb": ("explore", "--cores", "2", *only(TLBS)),
    },
    "prove": {
        "buddy": ("prove", "--time-limit", "10", "--width", "32", "--fail-fast"),
        "tables": ("prove", "--time-limit", "10", "--width", "32", "--fail-fast", *only(TABLES)),
        "tlb": ("prove", "--time-limit", "10", "--width", "32", "--fail-fast", *only(TLBS)),
    },
    "run": {
        "buddy": ("run", "--calls", "200000", "--frames", "4096"),
        "tables": ("run", "--calls", "100000", *only(TABLES)),
        "tlb": ("run", "--calls", "100000", *only(TLBS)),
    },
}
#: Where a judge cannot notice a change, and why.
BLANKS: dict[tuple[str, str], str] = {}
#: So many changes of each part are tried in every run, the others at night.
DAILY = {"buddy": 10, "tables": 6, "tlb": 4}


def tried() -> Iterator[Any]:
    """Every change, those that are for the night marked so."""
    counted: Counter[str] = Counter()
    for change in (*CHANGES, *TABLE_CHANGES, *TLB_CHANGES):
        counted[change.part] += 1
        night = [pytest.mark.nightly] if counted[change.part] > DAILY[change.part] else [pytest.mark.quality]
        yield pytest.param(change, marks=night, id=change.name)


@pytest.mark.parametrize("judge", JUDGES)
@pytest.mark.parametrize("change", list(tried()))
def test_each_judge_notices_each_change(
    change: Change, judge: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Exit code 1 and at least one law by name, unless the blank is explained; a refuted proof also shows calls."""
    code, broken, errors = verdicts(changed_checkout(change, tmp_path), JUDGES[judge][change.part])
    record_property("matrix", [change.name, judge, ",".join(broken) or BLANKS.get((change.name, judge), "-")])
    assert "Traceback" not in errors
    if (change.name, judge) in BLANKS:
        assert not broken, "this blank is no longer one: take its explanation out"
        return
    assert code == 1, errors
    assert broken
    if judge == "prove" and change.part == "buddy":
        assert list(tmp_path.glob("pagelaw-traces/*-prove.json")), "no counter-model was turned into calls"


@pytest.mark.quality
@pytest.mark.parametrize("part", ["buddy", "tables", "tlb"])
@pytest.mark.parametrize("judge", JUDGES)
def test_each_judge_passes_what_is_not_changed(judge: str, part: str, tmp_path: Path) -> None:
    """The same calls on an unchanged copy break no law: the failures above are due to the changes alone."""
    same = Change("nothing", "buddy", "LIVE + order", "LIVE + order")
    code, broken, errors = verdicts(changed_checkout(same, tmp_path), JUDGES[judge][part])
    assert (code, broken) == (0, []), errors
