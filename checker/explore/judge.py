"""The exploring judge: the specification's own steps, every reachable state of small systems, every law at each.

What is explored, small systems first, so that a breach is told at its smallest::

    arithmetic   every block in 2**16 frames: A12
    lists        up to 4 frames, free lists included: A5, and most other laws
    starts       every frame count and every pattern of holes: A10 and the laws on states
    variants     up to 8 frames under every policy, with barriers and holes: every call, legal or not
    main         the frames that were asked for: all of it again

A law `holds` only if every system that it is at stake in was visited to its end.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs
import numpy as np

from ...model.fast import backend
from ...spec.contracts import Arena
from ...spec.frames import ORDERS
from ...spec.law import Law
from ..verdict import Judgement
from . import lists, small
from .buddy import LAW_BITS, POLICIES, BuddySystem, Code, Policy, changed, gathered
from .evidence import JUDGE, SUBJECT, Inquiry, in_words
from .exploration import Exploration, Progress

#: States after which a search gives up where no limit is set: far more than any sound system here has.
_DEFAULT_LIMIT = 1 << 24
#: Frame numbers that the arithmetic is tried on.
_ARITHMETIC = 1 << 16
#: Patterns of holes in one call of compiled code.
_PATTERNS = 1 << 13
_STATE_LAWS = frozenset({"A1", "A2", "A3", "A4", "A14"})
#: Which check of `points` asks which laws.
_CHECKS = {
    "state": _STATE_LAWS,
    "rebuilt": frozenset({"A7"}),
    "allocates": frozenset({"A6", "A7", "A9", "A13.smallest", "A13.lowest", "A13.lower", "A13.upper"}),
    "frees": frozenset({"A8", "A11"}),
}
#: Up to swapping: the laws whose rules are bound for two words in a few seconds.
_SYMMETRIC_CHECKS = {"state": _STATE_LAWS, "rebuilt": frozenset({"A7"}), "legal_frees": frozenset({"A11"})}


def _at_stake(policy: Policy) -> frozenset[str]:
    """The laws that a system under this policy can be held to."""
    claims = {
        "A13.smallest": policy.smallest,
        "A13.lowest": policy.lowest,
        "A13.lower": not policy.anywhere and not policy.upper,
        "A13.upper": not policy.anywhere and policy.upper,
    }
    return frozenset(law for law in LAW_BITS if claims.get(law, law != "A10"))


def _explore_lists(inquiry: Inquiry) -> None:
    asked = inquiry.asked(lists.LAW_BITS)
    if not asked:
        return
    for arena, upper in small.listed_arenas():
        inquiry.tell(f"lists, {in_words(arena)}")
        at_stake = asked - {"A13.lower" if upper else "A13.upper"}
        try:
            system = lists.ListSystem(arena, upper=upper, changes=inquiry.changes)
        except IndexError as error:
            _stray(inquiry, arena, at_stake, error)
            continue
        bits = sum(lists.LAW_BITS[law] for law in at_stake)
        outcome = system.search(stop_on=bits, limit=inquiry.limit, progress=inquiry.progress)
        inquiry.count_small(outcome)
        inquiry.credit(at_stake, outcome.checked, "states with their lists")
        for law in at_stake:
            state = outcome.broken.get(lists.LAW_BITS[law].bit_length() - 1)
            if state is not None:
                path = outcome.path(state)
                steps = system.story(path)
                place = system.place_of_breach(path[-1], law, steps)
                inquiry.breach(arena, (*steps, *place.steps), law, place.because)
        inquiry.ended(at_stake, outcome, f"lists, {in_words(arena)}")


def _stray(inquiry: Inquiry, arena: Arena, at_stake: Iterable[str], error: IndexError) -> None:
    """Initialisation that reads or writes beyond memory breaks A1, whatever it was about to do."""
    because = f"initialisation reaches beyond memory: {error}"
    inquiry.gap(at_stake, f"{in_words(arena)}, lists: {because}")
    if "A1" in inquiry.evidence:
        inquiry.breach(arena, (), "A1", because)


def _explore_starts(inquiry: Inquiry, code: Code) -> None:
    asked = inquiry.asked(_STATE_LAWS | {"A10"})
    if not asked:
        return
    bits = sum(LAW_BITS[law] for law in asked)
    for arena in small.starting_arenas(*((6, 4) if code.plain else (16, 8))):
        inquiry.tell(f"initialisation, {in_words(arena)}")
        system = BuddySystem(arena, code=code)
        for first in range(0, 1 << arena.frames, _PATTERNS):
            stop = min(first + _PATTERNS, 1 << arena.frames)
            inquiry.credit(asked, stop - first, "initial states")
            if system.broken_starts(first, stop) & bits:
                _tell_start(inquiry, system, bits, first, stop)
                break


def _tell_start(inquiry: Inquiry, system: BuddySystem, bits: int, first: int, stop: int) -> None:
    """Find the first pattern of holes that leaves a broken state."""
    while stop - first > 1:
        middle = (first + stop) // 2
        first, stop = (first, middle) if system.broken_starts(first, middle) & bits else (middle, stop)
    holes = [frame for frame in range(system.arena.frames) if not first >> frame & 1]
    arena = attrs.evolve(system.arena, reserved=holes)
    for law, because in system.start_breaches(first).items():
        if law in inquiry.evidence:
            inquiry.breach(arena, (), law, because)


def _explore_states(
    inquiry: Inquiry, system: BuddySystem, *, threads: int = 1, expected: int = 0, size: str
) -> Exploration:
    """Visit every state of one system and ask every law that is at stake there."""
    known = _SYMMETRIC_CHECKS if system.code.symmetry else _CHECKS
    at_stake = inquiry.asked(_at_stake(POLICIES[system.policy]) & frozenset().union(*known.values()))
    checks = [name for name, laws in known.items() if laws & at_stake]
    bits = sum(LAW_BITS[law] for law in at_stake)
    outcome = system.search(
        checks=checks,
        stop_on=bits,
        threads=threads,
        limit=inquiry.limit,
        expected=expected,
        progress=inquiry.progress,
    )
    inquiry.credit(at_stake, outcome.checked, size)
    for law in at_stake:
        state = outcome.broken.get(LAW_BITS[law].bit_length() - 1)
        if state is not None:
            steps, heads = system.story(outcome.path(state))
            place = system.place_of_breach(heads, law, steps)
            inquiry.breach(system.arena, (*steps, *place.steps), law, place.because)
    _judge_count(inquiry, system, outcome)
    inquiry.ended(at_stake, outcome, f"{in_words(system.arena)}, policy {system.policy}")
    return outcome


def _explore_variants(inquiry: Inquiry, code: Code) -> None:
    if not inquiry.asked(frozenset(LAW_BITS) - {"A10"}):
        return
    frames = 4 if code.plain else 8
    for arena, policy in small.variants(frames):
        inquiry.tell(f"{in_words(arena)}, policy {policy}")
        system = BuddySystem(arena, policy=policy, code=code)
        inquiry.count_small(_explore_states(inquiry, system, size=f"states of systems of up to {frames} frames"))


def _explore_main(inquiry: Inquiry, code: Code, arena: Arena, policy: str, threads: int) -> None:
    system = BuddySystem(arena, policy=policy, code=code)
    inquiry.tell(in_words(arena))
    swapped = " up to swapping buddies" if code.symmetry else ""
    outcome = _explore_states(
        inquiry,
        system,
        threads=threads,
        expected=min(closed_form(arena, symmetry=code.symmetry), 1 << 22),
        size=f"states of {arena.frames} frames{swapped}",
    )
    inquiry.counts |= {"states": outcome.states, "transitions": outcome.transitions, "depth": outcome.depth}


def closed_form(arena: Arena, *, symmetry: bool = False) -> int:
    """How many states an arena of whole blocks has, without barriers and holes, if merging is as it should be.

    A block of order n is free, live, or two halves that are not both free: b(0) = 2 and b(n + 1) = b(n)**2 + 1; up to
    swapping the halves a(n + 1) = a(n) * (a(n) + 1) / 2 + 1. For other arenas this is an upper bound.
    """
    states = 2
    for _ in range(arena.max_order):
        states = states * (states + 1) // 2 + 1 if symmetry else states**2 + 1
    return int(states ** -(-arena.frames >> arena.max_order))


def _judge_count(inquiry: Inquiry, system: BuddySystem, outcome: Exploration) -> None:
    """A4 once more, without the specification's own word for it: as many states as merging leaves, no more, no less."""
    arena, wanted = system.arena, closed_form(system.arena, symmetry=system.code.symmetry)
    whole = not arena.barriers and not arena.reserved and not arena.frames % (1 << arena.max_order)
    if whole and not outcome.ended and not outcome.broken and outcome.states != wanted and "A4" in inquiry.evidence:
        because = f"{outcome.states} states can be reached; with free buddies merged there are {wanted}"
        inquiry.breach(arena, (), "A4", because)


def _judge_arithmetic(inquiry: Inquiry) -> None:
    """A12, at every block in 2**16 frames."""
    if "A12" not in inquiry.evidence:
        return
    inquiry.tell("arithmetic")
    replaced = {name: changed(name, function) for name, function in inquiry.changes.items()}
    bound = backend.vectorised(gathered(replaced))
    laws = backend.vectorised(gathered({}), {name: getattr(bound, name) for name in replaced})
    frames = np.arange(_ARITHMETIC, dtype=np.uint64)
    for order in range(ORDERS):
        held = np.broadcast_to(laws.involution(frames, np.uint64(order)), frames.shape)
        inquiry.credit(["A12"], _ARITHMETIC, "frame numbers and orders")
        if not held.all():
            frame = int(np.argmin(held))
            because = f"it does not hold for the block of order {order} at frame {frame}"
            top = max(order, 1)
            inquiry.breach(Arena(frame + (1 << top), top), (), "A12", because)
            return


def _explore_small(inquiry: Inquiry) -> None:
    """All that plain integers do in a second or two; a wrong rule shows here, and nothing need be compiled."""
    _judge_arithmetic(inquiry)
    inquiry.finished.add("A12")
    _explore_lists(inquiry)
    inquiry.finished.add("A5")
    code = Code(changes=inquiry.changes, plain=True)
    _explore_starts(inquiry, code)
    _explore_variants(inquiry, code)


def _explore_large(inquiry: Inquiry, arena: Arena, *, policy: str, threads: int, symmetry: bool) -> None:
    """The same in larger systems, compiled where there is a compiler, and the one that was asked for."""
    code = Code(changes=inquiry.changes)
    if not code.plain:
        inquiry.tell("compiling")
        _explore_starts(inquiry, code)
        _explore_variants(inquiry, code)
    _explore_main(inquiry, Code(changes=inquiry.changes, symmetry=True) if symmetry else code, arena, policy, threads)


def explore(
    laws: Sequence[Law],
    *,
    frames: int | None = None,
    max_order: int | None = None,
    symmetry: bool = False,
    threads: int = 1,
    policy: str = "smallest-lower",
    limit: int | None = None,
    progress: Progress | None = None,
    changes: Mapping[str, Any] | None = None,
) -> Judgement:
    """Hold the specification's steps against the laws in every reachable state of small systems.

    Args:
        laws: the laws to judge.
        frames: frames of the largest system: up to 16, and up to 32 with `symmetry`; by default 16, uncompiled 8.
        max_order: order of its largest block; by default the largest that fits.
        symmetry: count states up to swapping buddies there.
        threads: 1 or 2.
        policy: which blocks an allocate may take there, a name of `buddy.POLICIES`.
        limit: states of one system after which it is given up, and its laws are unknown.
        progress: is told what is going on, in a line.
        changes: functions that stand in for those of the specification of the same name.

    Raises:
        ValueError: where a setting is out of range.
    """
    started = time.perf_counter()
    frames = frames if frames is not None else (16 if backend.is_compiled() else 8)
    arena = _arena(frames, max_order, symmetry)
    _require_known(policy, threads, limit)
    inquiry = Inquiry(tuple(laws), changes or {}, limit or _DEFAULT_LIMIT, progress)
    try:
        _explore_small(inquiry)
        if not inquiry.is_broken:
            _explore_large(inquiry, arena, policy=policy, threads=threads, symmetry=symmetry)
        else:
            broken = ", ".join(law for law, evidence in inquiry.evidence.items() if evidence.breaches)
            inquiry.gap(inquiry.evidence, f"larger systems were not explored: {broken} is broken in a small one")
    except KeyboardInterrupt:
        inquiry.cut_short()
    return Judgement(
        JUDGE,
        SUBJECT,
        tuple(inquiry.evidence[law.id].finding(law) for law in laws),
        seconds=time.perf_counter() - started,
        size=f"{in_words(arena)}, policy {policy}{', up to swapping buddies' if symmetry else ''}",
        counts=inquiry.counts,
        notes=(*_notes(threads), *inquiry.notes),
    )


def _require_known(policy: str, threads: int, limit: int | None) -> None:
    if policy not in POLICIES or threads not in (1, 2) or (limit is not None and limit < 1):
        raise ValueError(
            f"policy must be one of {', '.join(POLICIES)}, threads 1 or 2 and limit at least 1, "
            f"not {policy!r}, {threads} and {limit}"
        )


def _arena(frames: int, max_order: int | None, symmetry: bool) -> Arena:
    most = 32 if symmetry else 16
    if not 1 <= frames <= most:
        further = "" if symmetry else " (32 up to swapping buddies: symmetry)"
        raise ValueError(f"frames to explore must be from 1 to {most}{further}, not {frames}")
    top = small.order_for(frames) if max_order is None else max_order
    if top < 0 or 1 << top > most:
        raise ValueError(f"max_order must be from 0 to {small.order_for(most)} to explore, not {top}")
    return Arena(frames, top)


def _notes(threads: int) -> Iterable[str]:
    if not backend.is_compiled():
        yield backend.why_not_compiled()
        if threads == 2:
            yield "uncompiled, one thread does all the work"
