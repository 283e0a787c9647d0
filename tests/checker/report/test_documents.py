"""Reports for machines and people say the same: JSON, JUnit, the story, the table."""

import json
import xml.etree.ElementTree as ElementTree
from io import StringIO
from pathlib import Path

from rich.console import Console

from pagelaw.checker.report import json as json_report
from pagelaw.checker.report import junit, terminal
from pagelaw.checker.report.story import tell
from pagelaw.checker.trace import Step, Trace
from pagelaw.checker.verdict import Finding, Judgement, Verdict
from pagelaw.spec import buddy_laws  # noqa: F401 - registers the laws
from pagelaw.spec.contracts import OUT_OF_MEMORY, Allocate, Arena, Failed, Free, Returned

TRACE = Trace(
    Arena(8, 3), [Step(Allocate(0), Returned(1)), Step(Allocate(1), Returned(0))], "A2", "overlaps", "./mine.py:A"
)
JUDGEMENT = Judgement(
    "soak",
    "./mine.py:A",
    [
        Finding("A1", Verdict.HOLDS, cases=12_345_678),
        Finding("A2", Verdict.BROKEN, "overlaps \x00 live", 3, TRACE),
        Finding("A6", Verdict.UNKNOWN, "budget ended"),
        Finding("A14", Verdict.NOT_JUDGED, "no barriers"),
    ],
    seconds=1.25,
    size="8 frames",
    counts={"calls": 12345},
    seed=9,
    notes=["nothing special"],
)
SAVED = {("soak", "./mine.py:A", "A2"): Path("traces/a2.json")}


def test_json() -> None:
    """Every verdict with its reason, the trace whole, and the exit code."""
    document = json.loads(json_report.document([JUDGEMENT]))
    assert document["format"] == "pagelaw-report"
    assert document["exit_code"] == 1
    findings = document["judgements"][0]["findings"]
    assert [finding["verdict"] for finding in findings] == ["holds", "broken", "unknown", "not judged"]
    assert findings[1]["trace"]["calls"][1] == {"call": "allocate", "order": 1, "answer": {"return": 0}}
    assert findings[1]["name"] == "disjoint"


def test_junit() -> None:
    """Broken is a failure with trace and replay command, unknown an error, not judged skipped; any text is carried."""
    root = ElementTree.fromstring(junit.document([JUDGEMENT], SAVED))
    suite = root.find("testsuite")
    assert suite is not None
    counted = {key: suite.get(key) for key in ("tests", "failures", "errors", "skipped")}
    assert counted == {"tests": "4", "failures": "1", "errors": "1", "skipped": "1"}
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert "allocate(1) -> 0" in (failure.text or "")
    assert "pagelaw replay traces/a2.json" in (failure.text or "")
    assert [case.get("name") for case in suite] == ["A1 aligned", "A2 disjoint", "A6 complete", "A14 uncrossed"]


def test_story() -> None:
    """Law, argument, calls, picture, source and the command that repeats it."""
    story = "\n".join(tell(JUDGEMENT.findings[1], Path("t.json")))
    for part in ("A2 disjoint is broken", "overlaps", "frames=8", "1  allocate(0) -> 1", "given   !1 !1", "t.json"):
        assert part in story


def test_long_stories_are_cut_in_the_middle() -> None:
    """Beginning and end are shown, and how many calls are not."""
    steps = [Step(Allocate(0), OUT_OF_MEMORY)] * 100 + [Step(Free(0, 0), Failed("hang", "no answer"))]
    story = tell(Finding("A11", Verdict.BROKEN, "hangs", trace=Trace(Arena(1, 0, reserved={0}), steps)), None)
    assert any("77 calls more" in line for line in story)
    assert any("free(0, 0) -> hang: no answer" in line for line in story)


def test_a_breach_without_a_trace() -> None:
    """Some judges have no calls to show."""
    assert len(tell(Finding("A12", Verdict.BROKEN, "at frame 3"), None)) == 2


def test_the_table() -> None:
    """Each law by each judge, counts short, reasons of what was not judged, and the conclusion last."""
    out = StringIO()
    terminal.show([JUDGEMENT], SAVED, console=Console(file=out, width=120))
    text = out.getvalue()
    assert "A1 aligned" in text
    assert "holds 12M" in text
    assert "unknown by soak ./mine.py:A: A6: budget ended" in text
    assert "not judged by soak ./mine.py:A: A14: no barriers" in text
    assert "12 345 calls, seed 9" in text
    assert text.strip().endswith("a law is broken")


def test_an_interruption_is_no_pass() -> None:
    """What was learnt is shown, and the conclusion says that it is not all."""
    out = StringIO()
    good = Judgement("soak", "x", [Finding("A1", Verdict.HOLDS, cases=5)])
    terminal.show([good], {}, interrupted=True, console=Console(file=out, width=120))
    assert "interrupted: inconclusive" in out.getvalue()
