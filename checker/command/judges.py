"""`pagelaw prove`, `explore` and `run`: one judge alone, with all its settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ...proofs import TIME_LIMIT
from ...spec.geometries import geometry_named
from .. import judges as specification
from .options import (
    Court,
    chosen_laws,
    conclude,
    contract_option,
    law_option,
    progress_line,
    refuse_options_of_others,
    report_options,
    seed_option,
)


@click.command()
@contract_option
@law_option
@click.option("--smtlib", type=click.Path(file_okay=False, path_type=Path), help="Write the obligations there.")
@click.option(
    "--width", "widths", type=click.Choice(["32", "64"]), multiple=True, help="Bits of a word.  [default: both]"
)
@click.option(
    "--geometry", "names", multiple=True, metavar="NAME", help="Page tables of this geometry; may be repeated."
)
@click.option(
    "--solver",
    "solvers",
    type=click.Choice(["bitwuzla", "cvc5"]),
    multiple=True,
    help="Second opinion besides Z3; may be repeated.  [default: the first that is installed]",
)
@click.option("--fail-fast", is_flag=True, help="End with the first refutation.")
@click.option(
    "--time-limit", type=click.FloatRange(min=0.01), default=TIME_LIMIT, show_default=True, help="Seconds each."
)
@report_options
def prove(
    contract: str,
    law_keys: tuple[str, ...],
    smtlib: Path | None,
    widths: tuple[str, ...],
    names: tuple[str, ...],
    solvers: tuple[str, ...],
    fail_fast: bool,
    time_limit: float,
    json_path: str | None,
    junit_path: str | None,
) -> None:
    """Prove the laws for memory of any size, with Z3 and a second solver."""
    from ..prove import prove as prove_laws

    refuse_options_of_others(contract)
    laws, court = chosen_laws(law_keys, contract), Court()
    geometries = [geometry_named(name) for name in names] or None
    bits = [int(width) for width in widths] or [32, 64]
    with progress_line() as progress:
        try:
            court.call(
                "prove",
                "specification",
                laws,
                lambda: prove_laws(
                    laws,
                    smtlib=smtlib,
                    time_limit=time_limit,
                    solvers=solvers or None,
                    widths=bits,
                    geometries=geometries,
                    fail_fast=fail_fast,
                    progress=progress,
                ),
            )
        except ValueError as error:
            raise click.UsageError(str(error)) from error
    conclude(court, json_path=json_path, junit_path=junit_path, traces=Path("pagelaw-traces"))


@click.command()
@contract_option
@law_option
@click.option("--frames", type=click.IntRange(1, 32), default=16, show_default=True, help="Frames of memory.")
@click.option("--max-order", type=click.IntRange(0, 5), help="Order of the largest block.")
@click.option("--symmetry", is_flag=True, help="Count states up to swapping buddies.")
@click.option(
    "--cores",
    type=click.IntRange(1, 3),
    default=2,
    show_default=True,
    help="Cores with a TLB, of the contract translation.",
)
@click.option("--pages", type=click.IntRange(1, 8), help="Pages of a space.  [default: 8]")
@click.option("--threads", type=click.IntRange(1, 2), default=1, show_default=True, help="Threads.")
@click.option("--limit", type=click.IntRange(1), help="Stop after so many states (the verdict is then unknown).")
@report_options
def explore(
    contract: str,
    law_keys: tuple[str, ...],
    frames: int,
    max_order: int | None,
    symmetry: bool,
    cores: int,
    pages: int | None,
    threads: int,
    limit: int | None,
    json_path: str | None,
    junit_path: str | None,
) -> None:
    """Visit every state of a small system.

    \b
    frames        --frames, --max-order and --symmetry say how large it is
    translation   tiny page tables, and the TLBs of --cores cores
    space         the states of --pages pages, which share three frames

    An option of another contract is refused.
    """
    from ..explore import explore as explore_frames

    refuse_options_of_others(contract)
    laws, court = chosen_laws(law_keys, contract), Court()
    with progress_line() as progress:
        shared: dict[str, Any] = {"threads": threads, "limit": limit, "progress": progress}

        def work() -> object:
            if contract == "frames":
                return explore_frames(laws, frames=frames, max_order=max_order, symmetry=symmetry, **shared)
            return specification.judge_explore(contract, laws, frames=frames, cores=cores, pages=pages, **shared)

        try:
            court.call("explore", "specification", laws, work)
        except ValueError as error:
            raise click.UsageError(str(error)) from error
    conclude(court, json_path=json_path, junit_path=junit_path, traces=Path("pagelaw-traces"))


@click.command()
@contract_option
@law_option
@click.option("--calls", type=click.IntRange(1), default=10_000_000, show_default=True, help="Calls to make.")
@click.option("--frames", type=click.IntRange(1, 1 << 24), default=1 << 18, show_default=True, help="Frames.")
@click.option("--max-order", type=click.IntRange(0, 10), default=10, show_default=True, help="Largest order.")
@click.option("--checks/--no-checks", default=True, show_default=True, help="Ask the laws after every call.")
@seed_option
@report_options
def run(
    contract: str,
    law_keys: tuple[str, ...],
    calls: int,
    frames: int,
    max_order: int,
    checks: bool,
    seed: int,
    json_path: str | None,
    junit_path: str | None,
) -> None:
    """Judge millions of calls on the compiled core.

    --frames, --max-order and --no-checks belong to the contract frames, and are refused for others.
    """
    from ..run import run as run_frames

    refuse_options_of_others(contract)
    laws, court = chosen_laws(law_keys, contract), Court()
    with progress_line() as progress:

        def work() -> object:
            if contract == "frames":
                sizes = {"frames": frames, "max_order": max_order}
                return run_frames(laws, calls=calls, seed=seed, checks=checks, progress=progress, **sizes)
            return specification.judge_run(contract, laws, calls=calls, seed=seed, progress=progress)

        court.call("run", "model:compiled", laws, work)
    conclude(court, json_path=json_path, junit_path=junit_path, traces=Path("pagelaw-traces"))
