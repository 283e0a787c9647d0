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
    "prove": ("prove", "--time-limit", "5", "--width", "32"),
    "run": ("run", "--calls", "200000", "--frames", "4096"),
}
#: Where a judge cannot notice a change, and why.
BLANKS: dict[tuple[str, str], str] = {}
_MATRIX: dict[str, dict[str, str]] = {}


@pytest.mark.parametrize("judge", JUDGES)
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.name)
def test_each_judge_notices_each_change(change: Change, judge: str, tmp_path: Path) -> None:
    """Exit code 1 and at least one law by name, unless the blank is explained."""
    code, broken, errors = verdicts(changed_checkout(change, tmp_path), JUDGES[judge])
    _MATRIX.setdefault(change.name, {})[judge] = ",".join(broken)
    assert "Traceback" not in errors
    if (change.name, judge) in BLANKS:
        assert not broken, "this blank is no longer one: take its explanation out"
        return
    assert code == 1, errors
    assert broken


@pytest.mark.parametrize("judge", JUDGES)
def test_each_judge_passes_what_is_not_changed(judge: str, tmp_path: Path) -> None:
    """The same calls on an unchanged copy break no law: the failures above are due to the changes alone."""
    same = Change("nothing", "buddy", "LIVE + order", "LIVE + order")
    code, broken, errors = verdicts(changed_checkout(same, tmp_path), JUDGES[judge])
    assert (code, broken) == (0, []), errors


def test_matrix(record_property: Callable[[str, object], None]) -> None:
    """Record the matrix, change by judge, with the laws that each judge named, and every blank with its reason."""
    lines = [f"{'change':<42}" + "".join(f"{judge:<28}" for judge in JUDGES)]
    for change, row in _MATRIX.items():
        lines.append(f"{change:<42}" + "".join(f"{row.get(judge, '')[:27] or '-':<28}" for judge in JUDGES))
    lines += [f"- {change}, {judge}: {reason}" for (change, judge), reason in BLANKS.items()]
    record_property("table", "\n".join(lines))
    assert set(_MATRIX) <= {change.name for change in CHANGES}
