"""The judges of the specification itself, by contract.

A contract may be made of parts that are judged apart: translation is page tables and TLBs. Each part is asked about
its own laws, and their findings become one judgement, so that a law has one verdict of each judge. The contract of
address spaces has one part so far: the states of pages.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from ..spec.law import ANY, Law
from ..spec.page_laws import CONTRACT as SPACE
from .verdict import Finding, Judgement, Verdict

Progress = Callable[[str], None]
#: A part of a contract under one judge: the laws that it is asked about, and how.
Part = tuple[Callable[[Law], bool], Callable[[Sequence[Law]], Judgement]]

_CONDUCT = "only an implementation can break it"


def _about_tlbs(law: Law) -> bool:
    return law.id.startswith("L")


def _about_tables(law: Law) -> bool:
    return not _about_tlbs(law)


def _about_pages(law: Law) -> bool:
    return law.contract == SPACE


def judge_random(contract: str, laws: Sequence[Law], *, seed: int, progress: Progress) -> Judgement:
    """Random runs of the specification's steps on plain integers."""
    if contract == "frames":
        from .specification import judge_specification

        return judge_specification(laws, seed_number=seed, progress=progress)
    if contract == SPACE:
        from .pages.judge import judge_pages

        part: Part = _about_pages, lambda asked: judge_pages(asked, seed_number=seed, progress=progress)
        return merged("random", laws, part)
    from .tables.judge import judge_tables
    from .tlb.judge import judge_tlb

    return merged(
        "random",
        laws,
        (_about_tables, lambda asked: judge_tables(asked, seed_number=seed, progress=progress)),
        (_about_tlbs, lambda asked: judge_tlb(asked, seed_number=seed, progress=progress)),
    )


def judge_explore(
    contract: str,
    laws: Sequence[Law],
    *,
    frames: int,
    cores: int,
    progress: Progress,
    pages: int | None = None,
    threads: int = 1,
    limit: int | None = None,
) -> Judgement:
    """Every state of small systems: `frames` for the frame allocator, `cores` for TLBs, `pages` for page states."""
    shared: dict[str, Any] = {"threads": threads, "limit": limit, "progress": progress}
    if contract == "frames":
        from .explore import explore

        return explore(laws, frames=frames, **shared)
    if contract == SPACE:
        from .explore.pages import explore_pages

        return merged("explore", laws, (_about_pages, lambda asked: explore_pages(asked, pages=pages, **shared)))
    from .explore.tables import explore_tables
    from .explore.tlb import explore_tlb

    return merged(
        "explore",
        laws,
        (_about_tables, lambda asked: explore_tables(asked, **shared)),
        (_about_tlbs, lambda asked: explore_tlb(asked, cores=cores, **shared)),
    )


def judge_run(contract: str, laws: Sequence[Law], *, calls: int, seed: int, progress: Progress) -> Judgement:
    """Long runs of the compiled core."""
    if contract == "frames":
        from .run import run

        return run(laws, calls=calls, seed=seed, progress=progress)
    if contract == SPACE:
        from .pages.run import run_pages

        part: Part = _about_pages, lambda asked: run_pages(asked, calls=calls, seed=seed, progress=progress)
        return merged("run", laws, part)
    from .tables.run import run_tables
    from .tlb.run import run_tlb

    return merged(
        "run",
        laws,
        (_about_tables, lambda asked: run_tables(asked, calls=calls, seed=seed, progress=progress)),
        (_about_tlbs, lambda asked: run_tlb(asked, moves=calls, seed=seed, progress=progress)),
    )


def merged(judge: str, laws: Sequence[Law], *parts: Part) -> Judgement:
    """One judgement of several parts, each asked about its own laws; conduct is nobody's here."""
    judgements: list[Judgement] = []
    findings: dict[str, Finding] = {}
    for belongs, ask in parts:
        own = [law for law in laws if law.contract != ANY and belongs(law)]
        if own:
            judgement = ask(own)
            judgements.append(judgement)
            findings |= {finding.law: finding for finding in judgement.findings}
    left = [Finding(law.id, Verdict.NOT_JUDGED, _CONDUCT) for law in laws if law.id not in findings]
    findings |= {finding.law: finding for finding in left}
    counts: Counter[str] = Counter()
    for judgement in judgements:
        counts.update(judgement.counts)
    return Judgement(
        judge,
        judgements[0].subject if judgements else "specification",
        [findings[law.id] for law in laws],
        seconds=sum(judgement.seconds for judgement in judgements),
        size="; ".join(judgement.size for judgement in judgements if judgement.size),
        counts=dict(counts),
        seed=next((judgement.seed for judgement in judgements if judgement.seed is not None), None),
        notes=[note for judgement in judgements for note in judgement.notes],
    )
