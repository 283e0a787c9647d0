"""What verdicts come to: the exit code is the truth."""

import pytest

from pagelaw.checker.verdict import Finding, Judgement, Verdict, exit_code

H, B, U, N = Verdict.HOLDS, Verdict.BROKEN, Verdict.UNKNOWN, Verdict.NOT_JUDGED


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [([H], 0), ([H, N], 0), ([H, B], 1), ([B, U], 1), ([H, U], 2), ([N], 2), ([U], 2), ([], 2)],
)
def test_exit_code(verdicts: list[Verdict], code: int) -> None:
    """Broken wins; unknown and an empty run are never a pass; not judged alone is not one either."""
    judgement = Judgement("random", "somebody", [Finding(f"A{n}", verdict) for n, verdict in enumerate(verdicts, 1)])
    assert exit_code([judgement]) == code


def test_exit_code_spans_judgements() -> None:
    """One judge's pass does not hide another's breach."""
    good = Judgement("random", "somebody", [Finding("A1", H)])
    bad = Judgement("soak", "somebody", [Finding("A1", B)])
    assert exit_code([good, bad]) == 1
    assert exit_code([]) == 2


def test_finding_by_law() -> None:
    """A finding is found by its law's id; a law that did not come up gives none."""
    judgement = Judgement("random", "somebody", [Finding("A1", H), Finding("A2", B, "why")])
    assert judgement.finding("A2") == Finding("A2", B, "why")
    assert judgement.finding("A3") is None
    assert judgement.broken == (Finding("A2", B, "why"),)
