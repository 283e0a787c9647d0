"""What the random judges share: the smallest breach is told, the seed fixes every draw, no draw is a pass by itself."""

import subprocess
import sys

import pytest
from hypothesis import strategies as st

from pagelaw.checker.drawing import LawBrokenError, broken_by, finding
from pagelaw.checker.verdict import Finding, Verdict
from pagelaw.spec import buddy_laws  # noqa: F401 - registers the laws
from pagelaw.spec.law import find_law

NUMBERS = st.integers(0, 1_000)


def test_the_smallest_breach_is_told() -> None:
    """Of all numbers that break the law, the least."""

    def test(number: int, other: int) -> None:
        if number > 100:
            raise LawBrokenError("A1", f"at {number} and {other}")

    broken = broken_by(test, NUMBERS, NUMBERS, examples=100, seed_number=0)
    assert broken is not None
    assert (broken.law, broken.because, broken.trace) == ("A1", "at 101 and 0", None)
    assert str(broken) == "at 101 and 0"


def test_the_seed_fixes_every_draw() -> None:
    """As many as were asked for, the same again for the same seed, others for another."""

    def drawn(seed: int) -> list[int]:
        numbers: list[int] = []

        def test(number: int) -> None:
            numbers.append(number)

        assert broken_by(test, NUMBERS, examples=50, seed_number=seed) is None
        return numbers

    assert len(drawn(3)) == 50
    assert drawn(3) == drawn(3) != drawn(4)


def test_an_error_of_the_judge_is_not_a_breach() -> None:
    """It comes through."""

    def test(number: int) -> None:
        raise ZeroDivisionError(number)

    with pytest.raises(ZeroDivisionError):
        broken_by(test, NUMBERS, examples=5, seed_number=0)


@pytest.mark.parametrize(
    ("cases", "broken", "missing", "expected"),
    [
        (7, None, "", Finding("A1", Verdict.HOLDS, "every frame", 7)),
        (0, None, "", Finding("A1", Verdict.UNKNOWN, "never at stake")),
        (7, None, "a free", Finding("A1", Verdict.UNKNOWN, "never seen: a free", 7)),
        (7, LawBrokenError("A1", "at 5"), "a free", Finding("A1", Verdict.BROKEN, "at 5", 7)),
        (7, LawBrokenError("A2", "at 5"), "a free", Finding("A1", Verdict.UNKNOWN, "the search ended when A2", 7)),
    ],
)
def test_what_is_said_about_a_law(cases: int, broken: LawBrokenError | None, missing: str, expected: Finding) -> None:
    """It holds only if it was asked, nothing was missing, and nothing ended the draws."""
    found = finding(find_law("A1"), cases, broken, missing=missing, rests_on="every frame")
    assert (found.law, found.verdict, found.cases) == (expected.law, expected.verdict, expected.cases)
    assert found.because.startswith(expected.because)


def test_asking_loads_no_test_engine() -> None:
    """The exploring judge of page tables asks the same laws, and draws nothing."""
    script = "import sys, pagelaw.checker.tables.asked; print('hypothesis' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
