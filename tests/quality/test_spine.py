"""One definition: change one line of one function in `spec/`, and each of the four judges fails and names a law."""

from collections.abc import Callable
from pathlib import Path

import pytest

from .spine import CHANGES, Change, changed_checkout, verdicts

pytestmark = pytest.mark.quality

#: How each judge is called: as small as it may be and still notice.
JUDGES = {
    "random": ("verify", "--judge", "random"),
    "explore": ("explore", "--frames", "8"),
    "prove": ("prove", "--time-limit", "10", "--width", "32", "--fail-fast"),
    "run": ("run", "--calls", "200000", "--frames", "4096"),
}
#: Where a judge cannot notice a change, and why.
BLANKS: dict[tuple[str, str], str] = {}


@pytest.mark.parametrize("judge", JUDGES)
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.name)
def test_each_judge_notices_each_change(
    change: Change, judge: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Exit code 1 and at least one law by name, unless the blank is explained; a refuted proof also shows calls."""
    code, broken, errors = verdicts(changed_checkout(change, tmp_path), JUDGES[judge])
    record_property("matrix", [change.name, judge, ",".join(broken) or BLANKS.get((change.name, judge), "-")])
    assert "Traceback" not in errors
    if (change.name, judge) in BLANKS:
        assert not broken, "this blank is no longer one: take its explanation out"
        return
    assert code == 1, errors
    assert broken
    if judge == "prove":
        assert list(tmp_path.glob("pagelaw-traces/*-prove.json")), "no counter-model was turned into calls"


@pytest.mark.parametrize("judge", JUDGES)
def test_each_judge_passes_what_is_not_changed(judge: str, tmp_path: Path) -> None:
    """The same calls on an unchanged copy break no law: the failures above are due to the changes alone."""
    same = Change("nothing", "buddy", "LIVE + order", "LIVE + order")
    code, broken, errors = verdicts(changed_checkout(same, tmp_path), JUDGES[judge])
    assert (code, broken) == (0, []), errors
