"""What tests of proofs share: a rule that is wrong everywhere, and what is refuted then, by Z3 alone."""

import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pagelaw.proofs.discharge import Outcome, discharge
from pagelaw.proofs.obligations import OBLIGATIONS
from pagelaw.proofs.portfolio import Portfolio


@pytest.fixture(scope="module")
def portfolio() -> Iterator[Portfolio]:
    """Z3 alone: what it refutes is run on numbers."""
    with Portfolio([], time_limit=60) as solvers:
        yield solvers


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Callable[[types.ModuleType, Any], None]:
    """Changes a rule of a module of `spec` wherever it was imported; the wrong one has the name of the right one.

    It is written as if it stood in that module, with its names.
    """

    def change(module: types.ModuleType, rule: Any) -> None:
        original = getattr(module, rule.__name__)
        changed = types.FunctionType(rule.__code__, vars(module), rule.__name__)
        changed.__module__ = module.__name__
        for home in [home for title, home in sys.modules.items() if title.startswith("pagelaw.")]:
            if vars(home).get(rule.__name__) is original:
                monkeypatch.setattr(home, rule.__name__, changed)

    return change


@pytest.fixture
def refuted(portfolio: Portfolio) -> Callable[..., set[str]]:
    """The laws of an obligation whose goals have a counter-model, each shown by running the rule on plain integers.

    With `may_wrap`, not by those in which a sum wraps: plain integers do not.
    """

    def laws_of(id: str, *, may_wrap: bool = False) -> set[str]:
        (obligation,) = [one for one in OBLIGATIONS if one.id == id]
        (certificate,) = discharge([obligation], widths=[32], portfolio=portfolio)
        wrong = [part for part in certificate.parts if part.outcome is Outcome.REFUTED]
        assert (certificate.outcome is Outcome.REFUTED) == bool(wrong)
        shown = [part.counterexample is not None and part.counterexample.replayed is True for part in wrong]
        assert may_wrap or all(shown)
        return {law for part in wrong for law in part.laws}

    return laws_of
