"""The verdicts on a terminal: what is broken as stories, what was covered, and at the end one table, law by judge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ...spec.law import find_law
from ..verdict import Finding, Judgement, Verdict, exit_code
from .story import tell

_STYLE = {
    Verdict.HOLDS: "green",
    Verdict.BROKEN: "bold red",
    Verdict.UNKNOWN: "yellow",
    Verdict.NOT_JUDGED: "dim",
}
#: The judges of an implementation, and how many columns a table may have before they share one.
_OF_TARGETS = ("enumerate", "random", "soak")
_MOST_COLUMNS = 5
_CONCLUSION = {0: "every law held", 1: "a law is broken", 2: "inconclusive: nothing is broken, but not all was judged"}


def show(
    judgements: Sequence[Judgement],
    saved: Mapping[tuple[str, str, str], Path],
    *,
    interrupted: bool = False,
    console: Console | None = None,
) -> None:
    """Print what was found; wide tables are printed whole even where the output is not a terminal."""
    console = console or _console()
    for judgement in judgements:
        for finding in judgement.broken:
            path = saved.get((judgement.judge, judgement.subject, finding.law))
            for line in tell(finding, path):
                console.print(Text(line), soft_wrap=True)
            console.print()
    for judgement in judgements:
        _details(console, judgement)
    _reasons(console, judgements)
    console.print()
    console.print(_table(judgements))
    code = 2 if interrupted else exit_code(judgements)
    console.print(f"interrupted: {_CONCLUSION[2]}" if interrupted else _CONCLUSION[code], style=_mood(code))


def _console() -> Console:
    console = Console(highlight=False)
    # Without a terminal rich assumes 80 columns and would cut the table.
    return console if console.is_terminal else Console(highlight=False, width=160)


def _mood(code: int) -> str:
    return {0: "bold green", 1: "bold red", 2: "bold yellow"}[code]


@attrs.frozen
class _Column:
    """What stands under one heading: one judgement, or all of one target."""

    judge: str
    subject: str
    judgements: tuple[Judgement, ...]

    def findings(self, law: str) -> list[Finding]:
        found = [judgement.finding(law) for judgement in self.judgements]
        return [finding for finding in found if finding is not None]


def _columns(judgements: Sequence[Judgement]) -> list[_Column]:
    """A column for each judgement; where that would be too many, one for each target that was checked."""
    if len(judgements) <= _MOST_COLUMNS:
        return [_Column(judgement.judge, judgement.subject, (judgement,)) for judgement in judgements]
    columns: dict[tuple[str, str], list[Judgement]] = {}
    for judgement in judgements:
        judge = "check" if judgement.judge in _OF_TARGETS and judgement.subject != "specification" else judgement.judge
        columns.setdefault((judge, judgement.subject), []).append(judgement)
    return [_Column(judge, subject, tuple(group)) for (judge, subject), group in columns.items()]


def _table(judgements: Sequence[Judgement]) -> Table:
    """One row a law, one column a judge and subject, the verdict and what it rests on in each cell."""
    table = Table(title=None, box=None, pad_edge=False, header_style="bold")
    table.add_column("law", no_wrap=True)
    columns = _columns(judgements)
    for column in columns:
        table.add_column(f"{column.judge}\n{column.subject[-28:]}", overflow="fold")
    seen = [finding.law for judgement in judgements for finding in judgement.findings]
    for law in dict.fromkeys(seen):
        cells = [_cell(column.findings(law)) for column in columns]
        table.add_row(f"{law} {find_law(law).name}", *cells)
    seconds = [sum(judgement.seconds for judgement in column.judgements) for column in columns]
    table.add_row("time", *[f"{spent:.1f} s" for spent in seconds], style="dim")
    return table


def _cell(findings: Sequence[Finding]) -> Text:
    """The gravest verdict, and how many cases it rests on."""
    for verdict in (Verdict.BROKEN, Verdict.UNKNOWN, Verdict.HOLDS, Verdict.NOT_JUDGED):
        alike = [finding for finding in findings if finding.verdict is verdict]
        if alike:
            cases = sum(finding.cases for finding in alike)
            count = f" {_short(cases)}" if verdict is Verdict.HOLDS and cases else ""
            return Text(verdict.value + count, style=_STYLE[verdict])
    return Text("")


def _short(number: int) -> str:
    """A count in at most four digits: 5 673 528 is 5.7M."""
    for size, letter in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if number >= 10 * size or (number >= size and size > 10**3):
            return f"{number / size:.1f}{letter}" if number < 10 * size else f"{number // size}{letter}"
    return str(number)


def _details(console: Console, judgement: Judgement) -> None:
    counts = ", ".join(f"{count:,} {name}".replace(",", " ") for name, count in judgement.counts.items())
    size = f" ({judgement.size})" if judgement.size else ""
    seed = "" if judgement.seed is None else f", seed {judgement.seed}"
    line = (
        f"{judgement.judge} {judgement.subject}{size}: {counts or 'nothing counted'}{seed}, {judgement.seconds:.1f} s"
    )
    console.print(Text(line), soft_wrap=True)
    for note in judgement.notes:
        console.print(Text(f"  note: {note}"), soft_wrap=True)


def _reasons(console: Console, judgements: Sequence[Judgement]) -> None:
    """Why laws are unknown or not judged: each reason once, with the laws and the judges it concerns."""
    reasons: dict[tuple[str, Verdict, str, tuple[str, ...]], list[str]] = {}
    for judgement in judgements:
        alike: dict[tuple[Verdict, str], list[str]] = {}
        for finding in judgement.findings:
            if finding.verdict in (Verdict.UNKNOWN, Verdict.NOT_JUDGED):
                alike.setdefault((finding.verdict, finding.because), []).append(finding.law)
        for (verdict, because), laws in alike.items():
            reasons.setdefault((judgement.subject, verdict, because, tuple(laws)), []).append(judgement.judge)
    for (subject, verdict, because, concerned), judges in reasons.items():
        line = f"{verdict.value} by {', '.join(judges)} {subject}: {', '.join(concerned)}: {because}"
        console.print(Text(line, style=_STYLE[verdict]), soft_wrap=True)
