"""The judges of the specification itself, by contract.

A contract may be made of parts that are judged apart: translation is page tables and TLBs. Each part is asked about
its own laws, and their findings become one judgement, so that a law has one verdict of each judge.
"""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial

import attrs

from ..spec.law import Law, Scope
from .verdict import Finding, Judgement, Verdict

Progress = Callable[[str], None]
#: A judge that only has to be told the laws.
Ask = Callable[[Sequence[Law]], Judgement]


@attrs.frozen
class Part:
    """A part of a contract that is judged apart.

    Attributes:
        name: what its laws name as their part; empty where the part is the whole contract.
        random: its judge with random runs, as `module:function`; imported when it is called, and so are the others.
        explore: its judge of every state.
        run: its judge of long compiled runs.
        sizes: which options of `judge_explore` say how large its machines are.
    """

    name: str
    random: str
    explore: str
    run: str
    sizes: tuple[str, ...] = ()


#: What each contract is made of.
PARTS = {
    "frames": (Part("", "specification:judge_specification", "explore:explore", "run:run", ("frames",)),),
    "translation": (
        Part("tables", "tables.judge:judge_tables", "explore.tables:explore_tables", "tables.run:run_tables"),
        Part("tlb", "tlb.judge:judge_tlb", "explore.tlb:explore_tlb", "tlb.run:run_tlb", ("cores",)),
    ),
    "space": (
        Part("pages", "pages.judge:judge_pages", "explore.pages:explore_pages", "pages.run:run_pages", ("pages",)),
        Part("access", "access.judge:judge_access", "explore.access:explore_access", "access.run:run_access"),
        Part("stacks", "stacks.judge:judge_stacks", "explore.stacks:explore_stacks", "stacks.run:run_stacks"),
        Part("regions", "regions.judge:judge_regions", "explore.regions:explore_regions", "regions.run:run_regions"),
        Part("sharing", "sharing.judge:judge_sharing", "explore.sharing:explore_sharing", "sharing.run:run_sharing"),
    ),
    "heap": (Part("blocks", "blocks.judge:judge_blocks", "explore.blocks:explore_blocks", "blocks.run:run_blocks"),),
}
_CONDUCT = "only an implementation can break it"
_NO_PART = "this judge has no part for it"


def judge_random(contract: str, laws: Sequence[Law], *, seed: int, progress: Progress) -> Judgement:
    """Random runs of the specification's steps on plain integers."""
    options = {"seed_number": seed, "progress": progress}
    return _joined("random", contract, laws, lambda part: partial(_called(part.random), **options))


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
    options = {"threads": threads, "limit": limit, "progress": progress}
    sizes = {"frames": frames, "cores": cores, "pages": pages}

    def judge_of(part: Part) -> Ask:
        return partial(_called(part.explore), **options, **{size: sizes[size] for size in part.sizes})

    return _joined("explore", contract, laws, judge_of)


def judge_run(contract: str, laws: Sequence[Law], *, calls: int, seed: int, progress: Progress) -> Judgement:
    """Long runs of the compiled core."""
    options = {"calls": calls, "seed": seed, "progress": progress}
    return _joined("run", contract, laws, lambda part: partial(_called(part.run), **options))


def _called(name: str) -> Callable[..., Judgement]:
    """The judge of this name, from a module next to this one."""
    module, _, function = name.partition(":")
    judge: Callable[..., Judgement] = getattr(importlib.import_module(f".{module}", __package__), function)
    return judge


def _joined(judge: str, contract: str, laws: Sequence[Law], judge_of: Callable[[Part], Ask]) -> Judgement:
    """One judgement of all parts of a contract; of the whole, where it has none."""
    parts = PARTS.get(contract, ())
    if len(parts) == 1 and not parts[0].name:
        return judge_of(parts[0])(laws)
    return merged(judge, laws, *((part.name, judge_of(part)) for part in parts))


def merged(judge: str, laws: Sequence[Law], *parts: tuple[str, Ask]) -> Judgement:
    """One judgement of several parts, each asked about its own laws by name; conduct is nobody's here."""
    judgements: list[Judgement] = []
    findings: dict[str, Finding] = {}
    for name, ask in parts:
        own = [law for law in laws if law.part == name]
        if own:
            judgement = ask(own)
            judgements.append(judgement)
            findings |= {finding.law: finding for finding in judgement.findings}
    for law in laws:
        reason = _CONDUCT if law.scope is Scope.CONDUCT else _NO_PART
        findings.setdefault(law.id, Finding(law.id, Verdict.NOT_JUDGED, reason))
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
