"""`pagelaw verify`: the built-in allocators under all four judges."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from ...spec.law import Law
from .options import Court, Progress, chosen_laws, conclude, law_option, progress_line, report_options, seed_option

JUDGES = ("random", "explore", "prove", "run", "targets")


@click.command()
@click.option("--judge", "judges", multiple=True, type=click.Choice(JUDGES), help="Only this judge; may be repeated.")
@law_option
@seed_option
@click.option("--frames", type=click.IntRange(1, 32), default=16, show_default=True, help="Frames to explore.")
@click.option("--calls", type=click.IntRange(1), default=10_000_000, show_default=True, help="Calls to run.")
@click.option("--budget", type=click.FloatRange(min=0.1), default=4.0, show_default=True, help="Seconds per target.")
@report_options
@click.option(
    "--traces",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("pagelaw-traces"),
    help="Folder for traces.",
)
def verify(
    judges: tuple[str, ...],
    law_keys: tuple[str, ...],
    seed: int,
    frames: int,
    calls: int,
    budget: float,
    json_path: str | None,
    junit_path: str | None,
    traces: Path,
) -> None:
    """Verify the built-in model under all four judges.

    random (Hypothesis), explore (every state of a small system), prove (every size) and run (the compiled core)
    judge the specification's own steps; `targets` then checks the reference allocator and the compiled core as if
    they were somebody else's.
    """
    laws, court = chosen_laws(law_keys), Court()
    chosen = judges or JUDGES
    with progress_line() as progress:
        if "random" in chosen:
            court.call("random", "specification", laws, lambda: _random(laws, seed, progress))
        if "explore" in chosen:
            court.call("explore", "specification", laws, lambda: _explore(laws, frames, progress))
        if "prove" in chosen:
            court.call("prove", "specification", laws, lambda: _prove(laws, progress))
        if "run" in chosen:
            court.call("run", "model:compiled", laws, lambda: _run(laws, calls, seed, progress))
        if "targets" in chosen:
            for name in ("model:reference", "model:compiled"):
                court.call("check", name, laws, partial(_check, name, laws, budget, seed, progress))
    conclude(court, json_path=json_path, junit_path=junit_path, traces=traces)


def _random(laws: tuple[Law, ...], seed: int, progress: Progress) -> object:
    from ..specification import judge_specification

    return judge_specification(laws, seed_number=seed, progress=progress)


def _explore(laws: tuple[Law, ...], frames: int, progress: Progress) -> object:
    from ..explore import explore

    return explore(laws, frames=frames, progress=progress)


def _prove(laws: tuple[Law, ...], progress: Progress) -> object:
    from ..prove import prove

    # 64 bits take twice as long and are left to `pagelaw prove`.
    return prove(laws, widths=(32,), progress=progress)


def _run(laws: tuple[Law, ...], calls: int, seed: int, progress: Progress) -> object:
    from ..run import run

    return run(laws, calls=calls, seed=seed, progress=progress)


def _check(name: str, laws: tuple[Law, ...], budget: float, seed: int, progress: Progress) -> object:
    from ..check import check
    from ..targets.load import load_target

    target = load_target(name)
    try:
        return check(target, laws, budget=budget, seed=seed, progress=progress)
    finally:
        target.close()
