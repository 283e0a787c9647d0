"""The verdicts as one JSON document."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ... import __version__
from ...spec.law import find_law
from ..verdict import Finding, Judgement, exit_code

FORMAT = "pagelaw-report"
VERSION = 1


def document(judgements: Sequence[Judgement]) -> str:
    """The report: judgements with their findings, traces included, and the exit code they come to."""
    content = {
        "format": FORMAT,
        "version": VERSION,
        "pagelaw": __version__,
        "exit_code": exit_code(judgements),
        "judgements": [_judgement(judgement) for judgement in judgements],
    }
    return json.dumps(content, indent=2) + "\n"


def _judgement(judgement: Judgement) -> dict[str, Any]:
    return {
        "judge": judgement.judge,
        "subject": judgement.subject,
        "seconds": round(judgement.seconds, 3),
        "size": judgement.size,
        "counts": judgement.counts,
        "seed": judgement.seed,
        "notes": list(judgement.notes),
        "findings": [_finding(finding) for finding in judgement.findings],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "law": finding.law,
        "name": find_law(finding.law).name,
        "verdict": finding.verdict.value,
        "because": finding.because,
        "cases": finding.cases,
        "trace": None if finding.trace is None else json.loads(finding.trace.to_json()),
    }
