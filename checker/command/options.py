"""Options that several commands share, and how a command ends: reports written, exit code returned."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import attrs
import click
from click.core import ParameterSource

from ...spec import (  # noqa: F401 - registers the laws
    access_laws,
    buddy_laws,
    contracts,
    heap_laws,
    page_laws,
    region_laws,
    sharing_laws,
    space_laws,
    stack_laws,
    table_laws,
    tlb_laws,
    translation_laws,
)
from ...spec.geometries import Geometry, GeometryError, geometry_named
from ...spec.geometry_files import geometry_from_json
from ...spec.law import Law, select_laws
from ..verdict import INTERRUPTED, Finding, Judgement, Verdict, exit_code

Command = TypeVar("Command", bound=Callable[..., Any])
Progress = Callable[[str], None]
#: Options of a judge of the specification that say something about one contract alone, by the name of the parameter.
OPTIONS_OF = {
    "frames": ("frames", "max_order", "symmetry", "checks"),
    "translation": ("cores", "names"),
    "space": ("pages",),
}
#: Names of the contracts, the first being meant where none is named; of the last there are laws, but no targets yet.
CONTRACTS = (*contracts.CONTRACTS, page_laws.CONTRACT)


def _options(*options: Callable[[Any], Any]) -> Callable[[Command], Command]:
    def attach(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return attach


law_option = click.option(
    "--law", "law_keys", multiple=True, metavar="LAW", help="Only this law (id or name); may be repeated."
)
contract_option = click.option(
    "--contract", type=click.Choice(CONTRACTS), default=CONTRACTS[0], show_default=True, help="Whose laws."
)
seed_option = click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Random seed.")
report_options = _options(
    click.option("--json", "json_path", metavar="FILE", help="Also write the verdicts as JSON (- for the output)."),
    click.option("--junit", "junit_path", metavar="FILE", help="Also write the verdicts as JUnit XML."),
)


def chosen_laws(keys: Sequence[str], contract: str = "frames") -> tuple[Law, ...]:
    """The laws that `--law` names, all of the contract's where it does not; an unknown one is a `LookupError`."""
    return select_laws(contract, keys)


def refuse_options_of_others(contract: str) -> None:
    """An error of one line if the command was given an option of another contract, which would be ignored."""
    context = click.get_current_context()
    owners = {name: owner for owner, names in OPTIONS_OF.items() if owner != contract for name in names}
    for parameter in context.command.params:
        given = context.get_parameter_source(parameter.name or "") is not ParameterSource.DEFAULT
        if given and parameter.name in owners:
            option = " or ".join([*parameter.opts, *parameter.secondary_opts])
            raise click.ClickException(f"{option} belongs to the contract {owners[parameter.name]}, not to {contract}")


@attrs.define
class Court:
    """Collects the judgements of one command, also those of work that was cut short."""

    judgements: list[Judgement] = attrs.field(factory=list)
    interrupted: bool = False

    def call(self, judge: str, subject: str, laws: Sequence[Law], work: Callable[[], Any]) -> None:
        """Let one judge do its work; an interruption leaves its laws `unknown` and lets no other judge begin."""
        if self.interrupted:
            return
        try:
            result = work()
        except KeyboardInterrupt:
            self.interrupted = True
            cut = [Finding(law.id, Verdict.UNKNOWN, INTERRUPTED) for law in laws]
            self.judgements.append(Judgement(judge, subject, cut))
            return
        judgements = result if isinstance(result, list) else [result]
        self.judgements.extend(judgements)
        # Judges that keep what they have learnt return on Ctrl-C instead of raising.
        self.interrupted = any(f.because == INTERRUPTED for judgement in judgements for f in judgement.findings)


@contextmanager
def progress_line() -> Iterator[Progress]:
    """A line that says what is going on: on a terminal only, and never in continuous integration."""
    if not sys.stderr.isatty() or os.environ.get("CI"):
        yield lambda _text: None
        return
    from rich.console import Console

    with Console(stderr=True).status("starting") as status:
        yield lambda text: status.update(text)


def conclude(court: Court, *, json_path: str | None, junit_path: str | None, traces: Path | None = None) -> None:
    """Write the reports that were asked for and end the command with the exit code of the verdicts."""
    from ..report import json as json_report
    from ..report import junit as junit_report
    from ..report import terminal

    saved = _save_traces(court.judgements, traces) if traces is not None else {}
    if json_path != "-":
        terminal.show(court.judgements, saved, interrupted=court.interrupted)
    if json_path is not None:
        _write(json_path, json_report.document(court.judgements))
    if junit_path is not None:
        _write(junit_path, junit_report.document(court.judgements, saved))
    code = 2 if court.interrupted and exit_code(court.judgements) == 0 else exit_code(court.judgements)
    raise click.exceptions.Exit(code)


def geometry_given(text: str) -> Geometry:
    """The geometry of a name, or in a JSON file; a `GeometryError` says in one line what is wrong."""
    if not text.endswith(".json") and os.sep not in text:
        return geometry_named(text)
    try:
        return geometry_from_json(json.loads(Path(text).read_text(encoding="utf-8")))
    except OSError as error:
        raise GeometryError(f"cannot read {text}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise GeometryError(f"{text} is no geometry: {error}") from error


def _write(path: str, text: str) -> None:
    if path == "-":
        click.echo(text, nl=False)
        return
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.UsageError(f"cannot write {path}: {error.strerror}") from error


def _save_traces(judgements: Sequence[Judgement], folder: Path) -> dict[tuple[str, str, str], Path]:
    """Write each breach's trace to a file of its own; the paths by judge, subject and law."""
    saved = {}
    for judgement in judgements:
        for finding in judgement.broken:
            if finding.trace is None:
                continue
            subject = "".join(letter if letter.isalnum() else "-" for letter in judgement.subject).strip("-")
            path = folder / f"{subject[-40:].strip('-')}-{finding.law}-{judgement.judge}.json"
            _write(str(path), finding.trace.to_json())
            saved[judgement.judge, judgement.subject, finding.law] = path
    return saved
