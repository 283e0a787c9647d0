"""The judge that proves: the laws for memory of any size, from the specification's own steps.

What holds for every state of every size is shown by obligations, each proved by every solver at hand; see
`pagelaw.proofs`. Here they become a verdict for each law.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..proofs import TIME_LIMIT
from ..spec.buddy_laws import CONTRACT as FRAMES
from ..spec.law import Law, Scope
from .verdict import Finding, Judgement, Verdict
from .witness import witness

if TYPE_CHECKING:
    from ..proofs.discharge import Certificate, Part
    from ..spec.geometries import Geometry

_NOT_PROVED = {
    "A13.lowest": "the specification's lists give what was freed last; none of its steps claims this policy",
}
_CONDUCT = "only an implementation's conduct can break it, and a proof runs no implementation"
_NO_OBLIGATION = "no obligation speaks about it"
_NO_CALLS = "no run of calls that leads there was found, so this state is all there is to show"
_ARITHMETIC = "it speaks of numbers alone, so these are all there is to show"
_ALONE = "no second solver is installed, so Z3 judged alone (pip install 'pagelaw[solvers]')"


def prove(
    laws: Sequence[Law],
    *,
    smtlib: Path | None = None,
    time_limit: float = TIME_LIMIT,
    solvers: Sequence[str] | None = None,
    widths: Sequence[int] = (32, 64),
    geometries: Sequence[Geometry] | None = None,
    fail_fast: bool = False,
    progress: Callable[[str], None] | None = None,
) -> Judgement:
    """Prove each law for memory of any size, with words of each of `widths` bits.

    Laws about page tables are proved for each of `geometries`, by words that hold its addresses; without them for a
    few of each kind, as many as each proof names, and the cheapest for all that are built in.
    `smtlib` is a folder for every question and for the record of the answers; `time_limit` is in seconds, for each
    question and solver; `solvers` names the second solvers (`bitwuzla`, `cvc5`), all of which have to agree with Z3,
    by default the first one installed. One that is not installed is a `ValueError`. With `fail_fast` the first
    refutation ends the run, and all that it does not break is unknown.
    """
    from ..proofs.discharge import Outcome, discharge
    from ..proofs.obligations import OBLIGATIONS
    from ..proofs.portfolio import Portfolio
    from ..proofs.record import RECORD, write_record, write_smtlib

    started = time.perf_counter()
    wanted = {law.id for law in laws}
    chosen = tuple(obligation for obligation in OBLIGATIONS if wanted & set(obligation.laws))
    certificates = []
    with Portfolio(solvers, time_limit=time_limit) as portfolio:
        for certificate in discharge(chosen, widths=widths, geometries=geometries, portfolio=portfolio):
            certificates.append(certificate)
            if progress is not None:
                progress(f"prove: {certificate.obligation.id} at {certificate.setting} {certificate.outcome.value}")
            if fail_fast and certificate.outcome is Outcome.REFUTED:
                break
        notes = [f"judged by {' and '.join(portfolio.names)}, at most {time_limit:g} s for each question"]
        if not portfolio.foreign:
            notes.append(_ALONE)
    if smtlib is not None:
        count = write_smtlib(smtlib, chosen, widths=widths, geometries=geometries)
        write_record(smtlib / RECORD, certificates)
        notes.append(f"{count} questions and {RECORD} written to {smtlib}")
    return Judgement(
        judge="prove",
        subject="specification",
        findings=tuple(_cut(_finding(law, certificates), fail_fast, certificates) for law in laws),
        seconds=time.perf_counter() - started,
        size=_size(laws, widths, certificates),
        counts=_counts(certificates),
        notes=notes,
    )


def _size(laws: Sequence[Law], widths: Sequence[int], certificates: Sequence[Certificate]) -> str:
    """What was proved for how much: widths, and the geometries that any proof was for."""
    named = dict.fromkeys(
        certificate.setting.geometry.name for certificate in certificates if certificate.setting.geometry is not None
    )
    orders = "orders 0 to 10, " if any(law.contract == FRAMES for law in laws) else ""
    tables = f", page tables of {', '.join(named)}" if named else ""
    return f"memory of any size, {orders}words of {' and '.join(map(str, widths))} bits{tables}"


def _finding(law: Law, certificates: Sequence[Certificate]) -> Finding:
    """The verdict on one law: broken if one of its goals is refuted, held if all of its obligations are proved."""
    from ..proofs.discharge import Outcome

    own = [certificate for certificate in certificates if law.id in certificate.obligation.laws]
    if not own:
        reason = _CONDUCT if law.scope is Scope.CONDUCT else _NOT_PROVED.get(law.id, _NO_OBLIGATION)
        return Finding(law.id, Verdict.NOT_JUDGED, reason)
    doubts = []
    for certificate in own:
        for part in certificate.parts:
            if law.id in part.laws and part.outcome is Outcome.REFUTED:
                return _refuted(law, certificate, part)
        doubt = _doubt(law, certificate)
        if doubt:
            doubts.append(_told(certificate, doubt))
    if doubts:
        return Finding(law.id, Verdict.UNKNOWN, doubts[0])
    return Finding(law.id, Verdict.HOLDS, f"{len(own)} obligations proved", cases=len(own))


def _refuted(law: Law, certificate: Certificate, part: Part) -> Finding:
    """The breach: the state that the solver found, and calls from an opening on that show it, if there are any."""
    because = _told(certificate, f"counterexample: {part.counterexample}")
    found = witness(law, part.counterexample.values if part.counterexample else {})
    if found is None:
        left = _ARITHMETIC if law.scope is Scope.ARITHMETIC else _NO_CALLS
        return Finding(law.id, Verdict.BROKEN, f"{because}; {left}")
    return Finding(law.id, Verdict.BROKEN, f"{because}; and step by step: {found.because}", trace=found.trace)


def _cut(finding: Finding, fail_fast: bool, certificates: Sequence[Certificate]) -> Finding:
    """The finding, unless the run ended early: then what was proved so far is not all there is to prove."""
    refuted = fail_fast and any(certificate.outcome.value == "refuted" for certificate in certificates)
    if not refuted or (finding.verdict in (Verdict.BROKEN, Verdict.NOT_JUDGED) and finding.because != _NO_OBLIGATION):
        return finding
    return Finding(finding.law, Verdict.UNKNOWN, "the run ended with the first refutation")


def _doubt(law: Law, certificate: Certificate) -> str:
    """Why a certificate does not vouch for the law, or nothing if it does."""
    from ..proofs.discharge import Outcome

    if certificate.outcome is Outcome.PROVED:
        return ""
    about = [part.outcome for part in certificate.parts if law.id in part.laws]
    checked = not certificate.is_vacuous and not certificate.is_toothless
    settled = checked and certificate.outcome is Outcome.REFUTED and set(about) == {Outcome.PROVED}
    return "" if settled else certificate.because


def _told(certificate: Certificate, why: str) -> str:
    obligation = certificate.obligation
    return f"{obligation.id} at {certificate.setting} ({obligation.says}) {why}"


def _counts(certificates: Sequence[Certificate]) -> dict[str, int]:
    return {
        "obligations": len(certificates),
        "proved": sum(certificate.outcome.value == "proved" for certificate in certificates),
        "questions": sum(len(part.answers) for certificate in certificates for part in certificate.parts),
        "twins refuted": sum(not certificate.is_toothless for certificate in certificates),
    }
