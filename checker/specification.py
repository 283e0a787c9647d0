"""The random judge on the specification itself: its steps on plain integers, every law at every frame.

Hypothesis draws an arena and a run of calls as bytes; each call is done by the specification's own steps, lists
included, and then every law is asked at every frame and node. A failure is shrunk by Hypothesis and kept as a trace.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import attrs
from hypothesis import strategies as st

from ..spec import buddy, buddy_laws
from ..spec.contracts import ILLEGAL, OUT_OF_MEMORY, Allocate, Arena, Free, Returned
from ..spec.frames import MAX_ORDER, NONE, ORDERS, RESERVED, Memory, free_order_over, is_live, order_of
from ..spec.law import Law, Scope, find_law, laws_of
from .drawing import LawBrokenError, broken_by, finding
from .trace import Step, Trace
from .verdict import Finding, Judgement, Verdict

_LARGEST_FRAMES = 24
_LARGEST_ORDER = 4
_STATE_LAWS: dict[str, Callable[..., bool]] = {
    "A1": buddy_laws.aligned,
    "A2": buddy_laws.disjoint,
    "A3": buddy_laws.conserved,
    "A4": buddy_laws.merged,
    "A5": buddy_laws.listed,
    "A14": buddy_laws.uncrossed,
}
#: Two bytes a call, always as many: a zero byte is no call at all, so that a failure shrinks to few.
_CALLS = st.binary(min_size=80, max_size=80)
_CLAIMED_ELSEWHERE = "the lists give what was freed last; the reference model claims this policy"


def empty_lists(room: int) -> list[int]:
    """Free lists without a block: every sentinel is its own neighbour; one more than there are orders."""
    return [node // 2 for node in range(2 * (room + ORDERS + 1))]


@attrs.define
class _Run:
    """One arena and the calls made on it so far."""

    arena: Arena
    laws: frozenset[str]
    points: Counter[str]
    memory: Memory = attrs.field(init=False)
    steps: list[Step] = attrs.field(factory=list)
    given: list[tuple[int, int, int]] = attrs.field(factory=list)

    def __attrs_post_init__(self) -> None:
        arena = self.arena
        room = -(-arena.end >> arena.max_order) << arena.max_order
        zone, zones = 0, []
        for frame in range(room):
            zone += frame in arena.barriers
            zones.append(zone)
        usable = set(arena.usable())
        self.memory = Memory([RESERVED] * room, empty_lists(room), zones, arena.end, room, arena.max_order, 0)
        try:
            for frame in range(room):
                self.memory, _, _ = buddy.admit(self.memory, frame, frame in usable)
        except IndexError as error:
            raise self.stray(error) from error
        for frame in range(room):
            self.ask("A10", buddy_laws.initialised(self.memory, frame, frame in usable), f"at frame {frame}")
        self.ask_state()

    def ask(self, law: str, holds: Any, where: str) -> None:
        """Count one point of a law, and stop if it is broken there."""
        if law not in self.laws:
            return
        self.points[law] += 1
        if not holds:
            raise self.broken(law, f"{law} is broken {where}")

    def ask_state(self) -> None:
        """Every state law at every frame, and A5 at every sentinel too."""
        for law, predicate in _STATE_LAWS.items():
            nodes = self.memory.room + (ORDERS if law == "A5" else 0)
            for node in range(nodes):
                self.ask(law, predicate(self.memory, node), f"at frame {node}")

    def broken(self, law: str, because: str) -> LawBrokenError:
        """A breach, with the calls made so far as its trace."""
        return LawBrokenError(law, because, Trace(self.arena, self.steps, law, because, "specification", "random"))

    def stray(self, error: IndexError) -> LawBrokenError:
        """A step that reads or writes beyond the memory there is breaks A1, whatever it was about to do."""
        return self.broken("A1", f"a step reaches beyond memory after these calls: {error}")

    def allocate(self, order: int, upper: bool) -> None:
        before = self.snapshot()
        self.memory, done, frame = buddy.allocate(self.memory, order, upper)
        self.steps.append(Step(Allocate(order), Returned(frame) if done else OUT_OF_MEMORY))
        for point in range(before.room):
            self.ask("A6", buddy_laws.complete(before, order, done, point), f"with a source at frame {point}")
            self.ask("A9", buddy_laws.atomic(before, self.memory, done, point), f"at frame {point}")
        if done:
            self.given.append((frame, order, len(self.steps) - 1))
            self.ask_policies(before, order, frame, upper)
            self.ask_state()
            undone, _, _, _ = buddy.free(self.snapshot(), frame, order)
            for point in range(before.room):
                self.ask("A7", buddy_laws.unchanged(before, undone, point), f"at frame {point} after freeing again")

    def ask_policies(self, before: Memory, order: int, frame: int, upper: bool) -> None:
        source_order = free_order_over(before.heads, frame)
        if source_order == NONE:
            return  # the block was not free: A2 or A3 says so
        source = frame >> source_order << source_order
        for point in range(before.room):
            suffices = buddy_laws.smallest_sufficient(before, order, source_order, point)
            self.ask("A13.smallest", suffices, f"with frame {point}")
        half, law = (buddy_laws.upper_half, "A13.upper") if upper else (buddy_laws.lower_half, "A13.lower")
        self.ask(law, half(order, source, source_order, frame), f"at frame {frame}")

    def free(self, frame: int, order: int, of: int | None) -> None:
        before = self.snapshot()
        self.memory, legal, merged, merged_order = buddy.free(self.memory, frame, order)
        self.steps.append(Step(Free(frame, order), Returned(None) if legal else ILLEGAL, of))
        for point in range(before.room):
            held = buddy_laws.refused(before, self.memory, frame, order, legal, point)
            self.ask("A8", held, f"at frame {point}")
        if legal:
            self.ask("A11", buddy_laws.bounded(self.memory, merged, merged_order), f"at frame {merged}")
            self.ask_state()

    def ask_rebuilt(self) -> None:
        """A7 whole: rebuilding the free blocks from the live ones alone gives the same state."""
        room, old = self.memory.room, self.memory.heads
        fixed = [head if is_live(head) or head == RESERVED else NONE for head in old]
        rebuilt = self.memory._replace(heads=list(fixed), link=empty_lists(room))
        for frame in _uncovered(fixed):
            rebuilt.heads[frame] = RESERVED
            rebuilt, _, _ = buddy.admit(rebuilt, frame, True)
        for frame in range(room):
            self.ask("A7", buddy_laws.unchanged(self.memory, rebuilt, frame), f"at frame {frame} when built anew")

    def snapshot(self) -> Memory:
        return self.memory._replace(heads=list(self.memory.heads), link=list(self.memory.link))


def _uncovered(heads: Sequence[int]) -> Iterator[int]:
    """The frames that no live or reserved block covers."""
    frame = 0
    while frame < len(heads):
        if is_live(heads[frame]):
            frame += 1 << order_of(heads[frame])
        else:
            if heads[frame] != RESERVED:
                yield frame
            frame += 1


def _decode_arena(data: bytes) -> Arena:
    frames, order, start, hole, barrier = data[:5]
    frames = 1 + frames % _LARGEST_FRAMES
    start %= 4
    inside = range(start, start + frames)
    return Arena(
        frames,
        order % (_LARGEST_ORDER + 1),
        start=start,
        reserved=[frame for frame in inside if hole > 127 and frame % 7 == hole % 7],
        barriers=[frame for frame in inside if barrier > 127 and frame == start + barrier % frames],
    )


def _play(run: _Run, data: bytes) -> None:
    """Two bytes a call: what to do, and with which order or block."""
    try:
        for action, choice in zip(data[::2], data[1::2], strict=False):
            if action % 8 == 0:
                continue
            if action % 8 < 4:
                run.allocate(choice % (run.arena.max_order + 2), bool(action & 64))
            elif action % 8 < 7 and run.given:
                frame, order, of = run.given.pop(choice % len(run.given))
                run.free(frame, order, of)
            else:
                run.free(choice % (run.memory.room + 2), action // 8 % (MAX_ORDER + 2), None)
        run.ask_rebuilt()
    except IndexError as error:
        raise run.stray(error) from error


def judge_specification(
    laws: Sequence[Law],
    *,
    examples: int = 250,
    seed_number: int = 0,
    arena: Arena | None = None,
    progress: Callable[[str], None] | None = None,
) -> Judgement:
    """Hold the steps of the buddy system against the laws on `examples` runs of calls.

    Each run has an arena of its own, drawn as well, unless `arena` is given.
    """
    started, points = time.perf_counter(), Counter[str]()
    chosen = frozenset(law.id for law in laws)
    outcomes: Counter[str] = Counter()

    def drawn(dimensions: bytes, calls: bytes, word: int) -> None:
        run = _Run(arena or _decode_arena(dimensions), chosen, points)
        order = word % (MAX_ORDER + 1)
        run.ask("A12", buddy_laws.involution(word >> order << order, order), f"at frame {word:#x}, order {order}")
        _play(run, calls)
        outcomes.update(_outcome_name(step) for step in run.steps)
        outcomes["examples"] += 1
        if progress is not None and outcomes["examples"] % 25 == 0:
            progress(f"random: {outcomes['examples']} of {examples} runs")

    dimensions, word = st.binary(min_size=5, max_size=5), st.integers(0, 2**64 - 1)
    broken = broken_by(drawn, dimensions, _CALLS, word, examples=examples, seed_number=seed_number)
    if broken is not None and broken.trace is not None:
        broken.trace = attrs.evolve(broken.trace, seed=seed_number)
    findings = [_finding(law, points[law.id], broken) for law in laws]
    missing = sorted({"allocate", "allocate refused", "free", "free refused"} - set(outcomes))
    if broken is None and missing:
        findings = [attrs.evolve(f, verdict=Verdict.UNKNOWN, because=f"never seen: {missing[0]}") for f in findings]
    return Judgement(
        "random",
        "specification",
        findings,
        seconds=time.perf_counter() - started,
        size=f"up to {_LARGEST_FRAMES} frames, orders up to {_LARGEST_ORDER}, holes and barriers drawn",
        counts=dict(sorted(outcomes.items())),
        seed=seed_number,
    )


def replay_specification(trace: Trace) -> Judgement:
    """Make the calls of a trace again, with the specification's own steps, and ask every law after each.

    Which half a split was to give is read off the recorded answer; where it could be either, it is the half that the
    trace's law is about. That law is asked alone first, as another may break on the way to it.
    """
    started, points = time.perf_counter(), Counter[str]()
    broken: LawBrokenError | None = None
    for asked in ([trace.law], [law.id for law in laws_of(trace.contract)]):
        points.clear()
        try:
            run = _Run(trace.arena, frozenset(asked), points)
            for step in trace.steps:
                _repeat(run, step, upper=trace.law == "A13.upper")
            run.ask_rebuilt()
        except LawBrokenError as found:
            broken = found
            points[broken.law] += 0
        if broken is not None:
            break
    findings = [_finding(find_law(law), count, broken) for law, count in sorted(points.items())]
    size = f"{trace.arena.frames} frames"
    counts = {"calls": len(trace.steps)}
    return Judgement("replay", "specification", findings, time.perf_counter() - started, size, counts)


def _repeat(run: _Run, step: Step, *, upper: bool) -> None:
    """One step again; `upper` is which half to give where the answer does not tell."""
    try:
        if isinstance(step.call, Free):
            run.free(step.call.frame, step.call.order, step.of)
        elif isinstance(step.call, Allocate):
            lower_gives, upper_gives = (_given(run.snapshot(), step.call.order, half) for half in (False, True))
            recorded = step.answer.value if isinstance(step.answer, Returned) else None
            both = lower_gives == upper_gives or recorded not in (lower_gives, upper_gives)
            run.allocate(step.call.order, upper if both else recorded == upper_gives)
    except IndexError as error:
        raise run.stray(error) from error


def _given(memory: Memory, order: int, upper: bool) -> int | None:
    """The frame that allocate gives, or None."""
    _memory, done, frame = buddy.allocate(memory, order, upper)
    return int(frame) if done else None


def _outcome_name(step: Step) -> str:
    name = "allocate" if isinstance(step.call, Allocate) else "free"
    return name if isinstance(step.answer, Returned) else f"{name} refused"


def _finding(law: Law, points: int, broken: LawBrokenError | None) -> Finding:
    if law.scope is Scope.CONDUCT:
        return Finding(law.id, Verdict.NOT_JUDGED, "only an implementation can break it")
    if law.id == "A13.lowest":
        return Finding(law.id, Verdict.NOT_JUDGED, _CLAIMED_ELSEWHERE)
    return finding(law, points, broken, rests_on="every frame of every state that was drawn")
