"""`pagelaw verify`: the built-in allocators under all four judges."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import click

from ...spec.geometries import geometry_named
from ...spec.law import Law
from .. import judges as specification
from .options import (
    Court,
    Progress,
    chosen_laws,
    conclude,
    contract_option,
    law_option,
    progress_line,
    refuse_options_of_others,
    report_options,
    seed_option,
)

JUDGES = ("random", "explore", "prove", "run", "targets")
#: For which geometries page tables are proved here: one of two levels, and one of four.
SHAPES = ("linux-i386", "x86-64")
#: The models of each contract, the compiled one last where there is one.
MODELS = {
    "frames": ("model:reference", "model:compiled"),
    "translation": ("model:reference",),
    "space": (),
    "heap": ("model:reference", "model:pageheap"),
}


@click.command()
@click.option("--judge", "judges", multiple=True, type=click.Choice(JUDGES), help="Only this judge; may be repeated.")
@contract_option
@law_option
@seed_option
@click.option(
    "--frames",
    type=click.IntRange(1, 32),
    default=16,
    show_default=True,
    help="Frames to explore, of the contract frames.",
)
@click.option(
    "--cores",
    type=click.IntRange(1, 3),
    default=2,
    show_default=True,
    help="Cores to explore, of the contract translation.",
)
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
    contract: str,
    law_keys: tuple[str, ...],
    seed: int,
    frames: int,
    cores: int,
    calls: int,
    budget: float,
    json_path: str | None,
    junit_path: str | None,
    traces: Path,
) -> None:
    """Verify the built-in model under all four judges.

    random (Hypothesis), explore (every state of a small system), prove (every size) and run (the compiled core)
    judge the specification's own steps; `targets` then checks the models of the contract as if they were somebody
    else's.
    """
    refuse_options_of_others(contract)
    if set(judges) == {"targets"} and not MODELS[contract]:
        raise click.UsageError(f"of the contract {contract} there is no model that could be checked")
    laws, court = chosen_laws(law_keys, contract), Court()
    with progress_line() as progress:
        work: dict[str, Callable[[], object]] = {
            "random": lambda: specification.judge_random(contract, laws, seed=seed, progress=progress),
            "explore": lambda: specification.judge_explore(
                contract, laws, frames=frames, cores=cores, progress=progress
            ),
            "prove": lambda: _prove(laws, progress),
            "run": lambda: specification.judge_run(contract, laws, calls=calls, seed=seed, progress=progress),
        }
        for name, judge in work.items():
            if name in (judges or JUDGES):
                court.call(name, "model:compiled" if name == "run" else "specification", laws, judge)
        if "targets" in (judges or JUDGES):
            for model in MODELS[contract]:
                court.call("check", model, laws, partial(_check, model, contract, laws, budget, seed, progress))
    conclude(court, json_path=json_path, junit_path=junit_path, traces=traces)


def _prove(laws: tuple[Law, ...], progress: Progress) -> object:
    from ..prove import prove

    # 64 bits take twice as long and are left to `pagelaw prove`, and so are the other geometries.
    return prove(laws, widths=(32,), geometries=[geometry_named(name) for name in SHAPES], progress=progress)


def _check(name: str, contract: str, laws: tuple[Law, ...], budget: float, seed: int, progress: Progress) -> object:
    from ..check import check
    from ..targets.load import load_target

    target = load_target(name, contract)
    try:
        return check(target, laws, contract=contract, budget=budget, seed=seed, progress=progress)
    finally:
        target.close()
