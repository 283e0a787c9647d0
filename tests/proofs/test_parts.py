"""The proofs about parts of contracts, as a user asks for them: every law holds, and none is lost."""

import pytest

from pagelaw.checker.prove import prove
from pagelaw.checker.verdict import Verdict
from pagelaw.proofs.obligations import OBLIGATIONS
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
OWN = [obligation.id for obligation in OBLIGATIONS if obligation.id.startswith(tuple(f"{part}-" for part in PARTS))]


@pytest.mark.parametrize(
    "part", [pytest.param(part, marks=pytest.mark.proofs if part == "stacks" else pytest.mark.nightly) for part in LAWS]
)
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
