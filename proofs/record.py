"""Proofs on file: every question as an SMT-LIB script, and who said what to it, in what time.

Anybody can ask another solver the same question: a script has its logic, and the answer that the argument needs as
its status. The record has the digest of each script that was judged, so that a file can be compared with it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import attrs

from ..spec.geometries import Geometry
from .discharge import WIDTHS, Certificate, goal_questions, jobs, premise_question, twin_question
from .obligations import OBLIGATIONS
from .obligations.obligation import Obligation
from .portfolio import Answer, Question
from .theory import Theory

RECORD = "certificates.json"


def questions(obligation: Obligation, width: int, geometry: Geometry | None = None) -> dict[str, Question]:
    """Every question of an obligation by name: its goals, whether its premises can be met, and its broken twin."""
    query = Theory(width, geometry).state(obligation)
    named = {}
    for laws, asked in goal_questions(obligation, query):
        for number, question in enumerate(asked):
            named["-".join(laws) + (f"-{number}" if len(asked) > 1 else "")] = question
    return named | {"premises": premise_question(query), "twin": twin_question(obligation, query)}


def write_smtlib(
    folder: Path,
    obligations: Iterable[Obligation] = OBLIGATIONS,
    *,
    widths: Iterable[int] = WIDTHS,
    geometries: Iterable[Geometry] | None = None,
) -> int:
    """Every question as a file `obligation-setting-question.smt2` in `folder`; returns how many there are.

    A setting is a width, and the name of a geometry where there is one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    for obligation, setting in jobs(obligations, widths, geometries):
        for name, question in questions(obligation, setting.width, setting.geometry).items():
            path = folder / f"{obligation.id}-{setting.name}-{name}.smt2"
            path.write_text(question.text, encoding="utf-8")
            count += 1
    return count


def write_record(path: Path, certificates: Iterable[Certificate]) -> None:
    """Who said what to each obligation, as JSON."""
    path.write_text(json.dumps([_entry(entry) for entry in certificates], indent=1) + "\n", encoding="utf-8")


def _entry(certificate: Certificate) -> dict[str, Any]:
    goals = [
        {"laws": list(part.laws), "outcome": part.outcome.value, "answers": [_answer(one) for one in part.answers]}
        for part in certificate.parts
    ]
    return {
        "obligation": certificate.obligation.id,
        "says": certificate.obligation.says,
        "width": certificate.setting.width,
        "geometry": geometry.name if (geometry := certificate.setting.geometry) else None,
        "outcome": certificate.outcome.value,
        "because": certificate.because,
        "goals": goals,
        "premises": None if certificate.premises is None else _answer(certificate.premises),
        "twin": None if certificate.twin is None else _answer(certificate.twin),
        "without": certificate.obligation.without,
    }


def _answer(answer: Answer) -> dict[str, Any]:
    opinions = [attrs.asdict(opinion) for opinion in answer.opinions]
    return {"agreed": answer.agreed, "sha256": answer.question.digest, "opinions": opinions}
