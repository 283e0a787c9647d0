"""The proofs about parts of contracts: every solver agrees, no premise is empty, every twin fails, every law holds."""

import pytest

from pagelaw.checker.prove import prove
from pagelaw.checker.verdict import Verdict
from pagelaw.proofs.discharge import Outcome, discharge
from pagelaw.proofs.obligations import OBLIGATIONS
from pagelaw.proofs.portfolio import Portfolio, installed
from pagelaw.spec import access_laws, page_laws, region_laws, sharing_laws, stack_laws
from pagelaw.spec.law import laws_of

#: The parts, and the modules of those whose laws rest on proofs alone.
PARTS = ("pages", "access", "stacks", "regions", "sharing", "heap")
LAWS = {
    "pages": page_laws,
    "access": access_laws,
    "stacks": stack_laws,
    "regions": region_laws,
    "sharing": sharing_laws,
}
OWN = {
    obligation.id: obligation for obligation in OBLIGATIONS if obligation.id.startswith(tuple(f"{p}-" for p in PARTS))
}


@pytest.mark.proofs
@pytest.mark.parametrize("id", OWN)
def test_all_solvers_agree(id: str) -> None:
    """At 64 bits every solver that is installed says the same of every goal, and the twin is refuted in numbers."""
    with Portfolio(installed(), time_limit=60) as solvers:
        (certificate,) = discharge([OWN[id]], widths=[64], portfolio=solvers)
    assert certificate.outcome is Outcome.PROVED, certificate.because
    assert certificate.twin_example is not None
    assert certificate.twin_example.replayed is True
    for part in certificate.parts:
        assert {opinion.solver for answer in part.answers for opinion in answer.opinions} == {"z3", *installed()}


@pytest.mark.proofs
@pytest.mark.parametrize("part", LAWS)
def test_the_laws_of_a_part_are_proved(part: str) -> None:
    """All of them; those of page states rest on what other parts do to pages as well."""
    laws = [law for law in laws_of(LAWS[part].CONTRACT) if law.part == LAWS[part].PART]
    judgement = prove(laws, widths=[32], time_limit=60)
    assert {finding.law: finding.verdict for finding in judgement.findings} == {law.id: Verdict.HOLDS for law in laws}
    resting = [obligation for obligation in OBLIGATIONS if {law.id for law in laws} & {*obligation.laws}]
    assert judgement.counts["proved"] == judgement.counts["twins refuted"] == len(resting)
    assert any(not obligation.id.startswith(f"{part}-") for obligation in resting) == (part == "pages")


def test_every_part_has_obligations() -> None:
    """As many as are listed: none is lost."""
    counts = {part: sum(id.startswith(f"{part}-") for id in OWN) for part in PARTS}
    assert counts == {"pages": 14, "access": 9, "stacks": 5, "regions": 41, "sharing": 14, "heap": 9}
