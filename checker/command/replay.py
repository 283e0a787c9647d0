"""`pagelaw replay TRACE [TARGET]`: tell a recorded story again."""

from __future__ import annotations

from pathlib import Path

import click

from .options import Court, chosen_laws, conclude, report_options


@click.command()
@click.argument("trace", type=click.Path(dir_okay=False, path_type=Path))
@click.argument("target", required=False)
@click.option("--deadline", type=click.FloatRange(min=0.01), default=5.0, show_default=True, help="Seconds per call.")
@report_options
def replay(trace: Path, target: str | None, deadline: float, json_path: str | None, junit_path: str | None) -> None:
    """Re-run a trace, against the target that it was found on or another one."""
    from ..replay import replay as replay_trace
    from ..targets.load import load_target
    from ..trace import read_trace

    recorded = read_trace(trace)
    name = target or recorded.target
    if not name:
        raise click.UsageError("the trace names no target; give one: pagelaw replay TRACE TARGET")
    laws, court = chosen_laws((), recorded.contract), Court()
    if name == "specification":
        from ..specification import replay_specification

        court.call("replay", name, laws, lambda: replay_specification(recorded))
        conclude(court, json_path=json_path, junit_path=junit_path)
    subject = load_target(name, recorded.contract, deadline=deadline)
    try:
        court.call("replay", name, laws, lambda: replay_trace(recorded, subject))
    finally:
        subject.close()
    conclude(court, json_path=json_path, junit_path=junit_path)
