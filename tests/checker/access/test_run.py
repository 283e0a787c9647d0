"""The judge of compiled accesses: how often laws are at stake. What all such judges have in common is tested above."""

from collections.abc import Callable

from pagelaw.checker.access import run
from pagelaw.checker.access.run import run_access
from pagelaw.model.fast import access_moves
from pagelaw.spec import access_laws
from pagelaw.spec.law import laws_of

LAWS = [law for law in laws_of(access_laws.CONTRACT) if law.part == access_laws.PART]


def test_laws_are_at_stake_as_often_as_what_they_are_about(plain_kernels: Callable[..., None]) -> None:
    """Few accesses hit a guard, more are served, and every access is classified; moves are none."""
    plain_kernels(run, access_moves)
    judgement = run_access(LAWS, calls=1_000_000)
    cases = {finding.law: finding.cases for finding in judgement.findings}
    assert 0 < cases["V13"] < cases["V12"] < cases["V10"] < judgement.counts["access moves"]
