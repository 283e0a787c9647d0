"""`pagelaw check TARGET`: judge somebody's implementation."""

from __future__ import annotations

from pathlib import Path

import click

from .options import (
    CONTRACTS,
    Court,
    chosen_laws,
    conclude,
    geometry_given,
    law_option,
    progress_line,
    report_options,
    seed_option,
)

JUDGES = ("enumerate", "random", "soak")


@click.command()
@click.argument("target")
@click.option("--contract", type=click.Choice(CONTRACTS), default="frames", show_default=True, help="What TARGET is.")
@click.option("--judge", "judges", multiple=True, type=click.Choice(JUDGES), help="Only this judge; may be repeated.")
@law_option
@click.option("--budget", type=click.FloatRange(min=0.1), default=20.0, show_default=True, help="Seconds in all.")
@seed_option
@click.option("--frames", type=click.IntRange(1, 1 << 20), help="Only arenas of this many (table) frames, or pages.")
@click.option(
    "--geometry",
    "geometries",
    multiple=True,
    metavar="NAME|FILE",
    help="Only page tables of this geometry, or of your own from a JSON file; may be repeated.",
)
@click.option("--deadline", type=click.FloatRange(min=0.01), default=5.0, show_default=True, help="Seconds per call.")
@click.option("--memory", type=click.IntRange(min=1), default=1024, show_default=True, help="MiB the target may grow.")
@report_options
@click.option(
    "--traces",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("pagelaw-traces"),
    show_default=True,
    help="Folder for the traces of broken laws.",
)
def check(
    target: str,
    contract: str,
    judges: tuple[str, ...],
    law_keys: tuple[str, ...],
    budget: float,
    seed: int,
    frames: int | None,
    geometries: tuple[str, ...],
    deadline: float,
    memory: int,
    json_path: str | None,
    junit_path: str | None,
    traces: Path,
) -> None:
    """Judge an implementation.

    \b
    TARGET is one of
      package.module:factory    a Python factory, called with (frames, max_order)
                                or, of the contract translation, with (frames, geometry);
                                of the contract heap, with (size); of the contract space, with
                                (pages, dialect)
      ./file.py:Class           the same, from a file
      ./lib.so                  a C library with the functions pagelaw_frames_*
                                or pagelaw_translation_*, pagelaw_heap_*, pagelaw_space_*
      cmd:PROGRAM ARGS          a program that answers JSON lines
      linux:buddy, linux:pages  the running kernel's free frames, its page tables (root)
      linux:space, wine:space   address spaces of the running kernel, and of Wine
      malloc:libc, malloc:libjemalloc.so.2    a C allocator of this machine
      model:reference, model:compiled    the built-in ones

    Foreign code runs in a process of its own: a crash, an endless loop or runaway memory is a finding.
    """
    from ...spec.geometries import register
    from ..practices import practice_of
    from ..targets.load import contract_meant, is_observed, load_target

    if is_observed(target) and frames is not None:
        raise click.ClickException(f"--frames belongs to targets that open arenas; {target} is judged as it runs")
    contract = contract_meant(target, contract)
    contract = "heap" if target.startswith("malloc:") else contract
    if geometries and (is_observed(target) or contract != "translation"):
        raise click.ClickException("--geometry belongs to the contract translation, and to targets that open arenas")
    practice_of(contract)
    names = [register(geometry_given(text)).name for text in geometries]
    laws, court = chosen_laws(law_keys, contract), Court()
    with progress_line() as progress:
        if is_observed(target):
            from ..targets.linux import judge_linux

            court.call("system", target, laws, lambda: judge_linux(target, laws))
        else:
            from ..check import check as check_target
            from ..translation.footing import narrowed

            subject = load_target(target, contract, deadline=deadline, memory_limit=memory << 20)
            try:
                court.call(
                    "check",
                    target,
                    laws,
                    lambda: check_target(
                        subject,
                        laws,
                        contract=contract,
                        budget=budget,
                        seed=seed,
                        frames=frames,
                        judges=judges or JUDGES,
                        capabilities=narrowed(subject.capabilities, names, target) if names else None,
                        progress=progress,
                    ),
                )
            finally:
                subject.close()
    conclude(court, json_path=json_path, junit_path=junit_path, traces=traces)
