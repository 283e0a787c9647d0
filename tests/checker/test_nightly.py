"""Long campaigns: more of everything, seeds that nobody has seen yet, and a third solver."""

import importlib.util
import secrets
from collections.abc import Callable

import pytest

from pagelaw.checker.check import check
from pagelaw.checker.explore import explore
from pagelaw.checker.prove import prove
from pagelaw.checker.run import run
from pagelaw.checker.specification import judge_specification
from pagelaw.checker.targets.load import load_target
from pagelaw.checker.verdict import exit_code
from pagelaw.model.fast.backend import is_compiled
from pagelaw.spec.law import laws_of

pytestmark = pytest.mark.nightly
LAWS = laws_of("frames")


@pytest.fixture
def seed(record_property: Callable[[str, object], None]) -> int:
    """A seed from the system, kept with the result so that a failure can be repeated."""
    number = secrets.randbelow(2**32)
    record_property("seed", number)
    print(f"seed {number}")
    return number


def test_thirty_two_frames_up_to_symmetry() -> None:
    """As many states as the closed form says."""
    if not is_compiled():
        pytest.skip("two and a half million states need compiled code")
    judgement = explore(LAWS, frames=32, symmetry=True)
    assert exit_code([judgement]) == 0
    assert judgement.counts["states"] == 2_598_061


def test_three_solvers() -> None:
    """Z3, Bitwuzla and cvc5 agree on every obligation at both widths."""
    if any(importlib.util.find_spec(name) is None for name in ("bitwuzla", "cvc5")):
        pytest.skip("bitwuzla and cvc5 are not both installed")
    assert exit_code([prove(LAWS, solvers=("bitwuzla", "cvc5"), time_limit=120.0)]) == 0


def test_specification_at_random(seed: int) -> None:
    """Thousands of arenas and runs of calls."""
    assert exit_code([judge_specification(LAWS, examples=5000, seed_number=seed)]) == 0


def test_a_hundred_million_calls(seed: int) -> None:
    """The compiled core under every law."""
    assert exit_code([run(LAWS, calls=100_000_000, seed=seed)]) == 0


@pytest.mark.parametrize("name", ["model:reference", "model:compiled"])
def test_built_in_targets(name: str, seed: int) -> None:
    """Ten minutes of all judges find nothing."""
    assert exit_code(check(load_target(name), LAWS, budget=600.0, seed=seed)) == 0
