"""A naive buddy allocator, written apart from the specification, with bugs that can be planted; and its target.

Besides: what is different where there is no compiler.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import pytest

from pagelaw.model.fast import backend
from pagelaw.spec.contracts import Allocate as AllocateCall
from pagelaw.spec.contracts import Answer, Arena, Call, Capabilities, Failed, Probe, Refused, Returned


class Buddy:
    """Free blocks as a list for each order; `bugs` names what is wrong on purpose."""

    def __init__(self, arena: Arena, *, bugs: Sequence[str] = (), pick: str = "last", upper: bool = False) -> None:
        self.arena, self.bugs, self.pick, self.upper = arena, frozenset(bugs), pick, upper
        self.base, self.top = arena.base, arena.max_order
        self.free_lists: list[list[int]] = [[] for _ in range(self.top + 1)]
        self.live: dict[int, int] = {}
        self.operations = 0
        last = arena.end
        if "rounds-up" in self.bugs:
            last = -(-arena.end >> self.top) << self.top
        for frame in range(arena.start, last):
            lost = ("loses-frame-0" in self.bugs and frame == 0) or ("loses-last" in self.bugs and frame == last - 1)
            if frame not in arena.reserved and not lost:
                self.release(frame - self.base, 0)

    def zone(self, frame: int) -> int:
        return sum(barrier <= frame + self.base for barrier in self.arena.barriers)

    def release(self, frame: int, order: int) -> None:
        top = self.top - ("no-merge-at-top" in self.bugs and self.operations > 0)
        while order < top and "no-merge" not in self.bugs:
            buddy = frame ^ (1 << order)
            apart = self.zone(frame) != self.zone(buddy) and "crosses-barrier" not in self.bugs
            if buddy not in self.free_lists[order] or apart:
                break
            self.free_lists[order].remove(buddy)
            frame, order = min(frame, buddy), order + 1
        self.free_lists[order].append(frame)

    def allocate(self, order: int) -> int:
        self.operations += 1
        if "hangs" in self.bugs and order > self.top:
            raise TimeoutError
        if "crashes" in self.bugs and len(self.live) == 3:
            raise SystemError
        if "fails-early" in self.bugs and order < self.top and not self.free_lists[order] and len(self.live) > 2:
            raise MemoryError
        level = order
        while level <= self.top and not self.free_lists[level]:
            level += 1
        if level > self.top:
            if "failure-splits" in self.bugs and self.free_lists[0]:
                self.free_lists[0].pop()
            raise MemoryError
        blocks = self.free_lists[level]
        frame = min(blocks) if self.pick == "lowest" else blocks[-1 if self.pick == "last" else 0]
        blocks.remove(frame)
        while level > order:
            level -= 1
            low, high = frame, frame | 1 << level
            frame, rest = (high, low) if self.upper and level == order else (low, high)
            self.free_lists[level].append(rest)
        self.live[frame] = order
        return frame + self.base

    def free(self, frame: int, order: int) -> None:
        self.operations += 1
        frame -= self.base
        given = self.live.get(frame)
        if "accepts-double" in self.bugs and given is None and frame in self.free_lists[0] and order == 0:
            return
        wrong_order = "accepts-wrong-order" in self.bugs and given is not None and 0 <= order <= self.top
        if given is None or (given != order and not wrong_order):
            if "refusal-frees" in self.bugs and given is not None:
                del self.live[frame]
                self.release(frame, given)
            if "ignores" in self.bugs:
                return
            raise ValueError
        del self.live[frame]
        if "leaks-late" in self.bugs and self.operations > 10_000:
            return
        self.release(frame, order)

    def free_blocks(self) -> list[tuple[int, int]]:
        return [(frame + self.base, order) for order, blocks in enumerate(self.free_lists) for frame in blocks]


class InProcess:
    """The target of a factory in this process; a `SystemError` plays a crash, a `TimeoutError` a hang."""

    def __init__(self, factory: Callable[[Arena], Any], capabilities: Capabilities, name: str = "planted") -> None:
        self.factory, self.capabilities, self.name = factory, capabilities, name
        self.opened = self.batches = 0

    def open(self, arena: Arena) -> Running:
        self.opened += 1
        return Running(self, self.factory(arena))

    def close(self) -> None:
        pass


class Running:
    """One opened allocator."""

    def __init__(self, target: InProcess, allocator: Any) -> None:
        self.target, self.allocator = target, allocator

    def perform(self, calls: Sequence[Call]) -> list[Answer]:
        self.target.batches += 1
        answers: list[Answer] = []
        for call in calls:
            answers.append(self.answer(call))
            if isinstance(answers[-1], Failed) and answers[-1].how in ("crash", "hang"):
                break
        return answers

    def answer(self, call: Call) -> Answer:
        try:
            if isinstance(call, Probe):
                return Returned(self.allocator.free_blocks())
            if isinstance(call, AllocateCall):
                return Returned(self.allocator.allocate(call.order))
            return Returned(self.allocator.free(call.frame, call.order))
        except MemoryError:
            return Refused("out-of-memory")
        except ValueError:
            return Refused("illegal")
        except SystemError:
            return Failed("crash", "signal 11")
        except TimeoutError:
            return Failed("hang", "no answer for 5 s")
        except Exception as error:
            return Failed("raise", repr(error))

    def close(self) -> None:
        pass


EVERYTHING = {"start": True, "reserved": True, "barriers": True, "probe": True}


@pytest.fixture
def make_target() -> Callable[..., InProcess]:
    """Makes a target of the naive allocator: bugs, policy, and capabilities by keyword."""

    def make(*bugs: str, pick: str = "last", upper: bool = False, **capabilities: Any) -> InProcess:
        declared = Capabilities(**{**EVERYTHING, **capabilities})
        return InProcess(lambda arena: Buddy(arena, bugs=bugs, pick=pick, upper=upper), declared)

    return make


@pytest.fixture
def uncompiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where Numba is not installed."""
    monkeypatch.setattr(backend, "is_compiled", lambda: False)
    monkeypatch.setattr(backend, "why_not_compiled", lambda: "there is no compiler")


@pytest.fixture
def plain_kernels(uncompiled: None, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Lets a judge of compiled moves play a module's moves on plain integers, with some functions replaced by name."""

    def play(run: ModuleType, moves: ModuleType, **functions: Any) -> None:
        bound = backend.rebind(moves, primitives=backend._plain_primitives(), overrides=functions)
        monkeypatch.setattr(run, "kernels", lambda: bound)

    return play
