"""The verdicts as JUnit XML: a suite for each judge and subject, a test case for each law."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping, Sequence
from pathlib import Path

from ...spec.law import find_law
from ..verdict import Finding, Judgement, Verdict
from .story import tell

#: Characters that XML 1.0 cannot carry, as a target's output may.
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def document(judgements: Sequence[Judgement], saved: Mapping[tuple[str, str, str], Path]) -> str:
    """The report; `broken` is a failure, `unknown` an error, and `not judged` is skipped with its reason."""
    root = ElementTree.Element("testsuites", name="pagelaw")
    for judgement in judgements:
        root.append(_suite(judgement, saved))
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _suite(judgement: Judgement, saved: Mapping[tuple[str, str, str], Path]) -> ElementTree.Element:
    verdicts = [finding.verdict for finding in judgement.findings]
    suite = ElementTree.Element(
        "testsuite",
        name=_clean(f"{judgement.judge} {judgement.subject}"),
        tests=str(len(verdicts)),
        failures=str(verdicts.count(Verdict.BROKEN)),
        errors=str(verdicts.count(Verdict.UNKNOWN)),
        skipped=str(verdicts.count(Verdict.NOT_JUDGED)),
        time=f"{judgement.seconds:.3f}",
    )
    for finding in judgement.findings:
        path = saved.get((judgement.judge, judgement.subject, finding.law))
        suite.append(_case(judgement, finding, path))
    return suite


def _case(judgement: Judgement, finding: Finding, path: Path | None) -> ElementTree.Element:
    law = find_law(finding.law)
    case = ElementTree.Element(
        "testcase", classname=_clean(f"{judgement.subject}.{judgement.judge}"), name=f"{law.id} {law.name}", time="0"
    )
    if finding.verdict is Verdict.BROKEN:
        failure = ElementTree.SubElement(case, "failure", message=_clean(finding.because))
        failure.text = _clean("\n".join(tell(finding, path)))
    elif finding.verdict is Verdict.UNKNOWN:
        ElementTree.SubElement(case, "error", message=_clean(finding.because))
    elif finding.verdict is Verdict.NOT_JUDGED:
        ElementTree.SubElement(case, "skipped", message=_clean(finding.because))
    return case


def _clean(text: str) -> str:
    return _UNPRINTABLE.sub("?", text)
