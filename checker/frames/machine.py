"""Random: Hypothesis draws arenas and requests, a session judges the answers.

Two ways to the same session. `hunt` lets Hypothesis draw plain bytes and decodes them (`plan.decode`), two bytes a
call: nearly all of the time is the target's and the contract's. `frames_machine` is a `RuleBasedStateMachine` for a
pytest suite of one's own, one rule a call: Hypothesis takes most of the time, and shrinks by its own rules.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from ...spec.contracts import Allocate, Capabilities, FramesContract, Free
from ..campaign import Campaign
from ..hunting import hunt_bytes
from ..targets.inside import InsideTarget
from ..targets.target import Target
from .plan import ARENA_BYTES, REQUEST_BYTES, FreeOf, Request, decode, decode_arena
from .session import Session

#: How many requests the examples have.
_LENGTHS = (24, 96, 320)
#: Stands for an order above the largest in the rules.
_OVERSIZED = 12
#: Up to this many frames the free blocks are looked at after each call, with more frames more rarely.
_FRAMES_PROBED_ALWAYS = 256


def hunt(campaign: Campaign, *, examples: int, frames: int | None = None) -> None:
    """Judge up to `examples` random plans within the budget of the campaign; `frames` fixes the size of the arena."""

    def tell(data: bytes) -> None:
        arena = decode_arena(data, campaign.capabilities, frames=frames)
        with campaign.session(arena, probe_every=1 + arena.frames // _FRAMES_PROBED_ALWAYS) as session:
            if session is not None:
                session.perform(decode(data[ARENA_BYTES:], arena, campaign.capabilities).requests)

    lengths = [ARENA_BYTES + REQUEST_BYTES * length for length in _LENGTHS]
    hunt_bytes(campaign, tell, lengths=lengths, examples=examples)


def frames_machine(subject: Target | Callable[..., Any]) -> type[RuleBasedStateMachine]:
    """A state machine class that holds a factory, or a target, to the frames contract.

    For a pytest suite: `TestFrames = frames_machine(MyAllocator).TestCase`. A factory is called in this process. A
    breach is an `AssertionError` that names the law; Hypothesis shrinks it and prints the steps.
    """
    is_target = isinstance(getattr(subject, "capabilities", None), Capabilities)
    target = (
        subject
        if is_target
        else InsideTarget(getattr(subject, "__name__", "factory"), cast(Callable[..., Any], subject))
    )

    class FramesMachine(_FramesMachine):
        judged = cast(Target, target)

    return FramesMachine


class _FramesMachine(RuleBasedStateMachine):
    """Allocate, free, and frees that must be refused, in an arena drawn first."""

    judged: Target
    session: Session

    @initialize(data=st.binary(min_size=ARENA_BYTES, max_size=ARENA_BYTES))
    def open(self, data: bytes) -> None:
        """Open the target over an arena."""
        capabilities = self.judged.capabilities
        arena = decode_arena(data, capabilities)
        self.session = Session(FramesContract(arena, capabilities), self.judged.open(arena), probe_every=1)
        self._perform()

    @rule(order=st.integers(0, _OVERSIZED))
    def allocate(self, order: int) -> None:
        """Ask for a block, at times for one larger than any."""
        top = self.session.contract.arena.max_order
        self._perform(Allocate(top + 1 if order == _OVERSIZED else order % (top + 1)))

    @precondition(lambda self: self.session.live)
    @rule(pick=st.integers(0, 2**16))
    def free(self, pick: int) -> None:
        """Give a live block back."""
        index = list(self.session.live)[pick % len(self.session.live)]
        self._perform(FreeOf(index))

    @precondition(lambda self: self.session.live)
    @rule()
    def free_all(self) -> None:
        """Give all live blocks back: the arena must be whole again."""
        self._perform(*(FreeOf(index) for index in list(self.session.live)))

    @precondition(lambda self: self.judged.capabilities.illegal_free != "undefined" and self.session.requested)
    @rule(pick=st.integers(0, 2**16), offset=st.integers(-2, 4), delta=st.integers(-1, 2))
    def free_displaced(self, pick: int, offset: int, delta: int) -> None:
        """Give something near a block back that was given at some time: twice, inside, or of another order."""
        self._perform(FreeOf(pick % self.session.requested, offset, delta))

    @precondition(lambda self: self.judged.capabilities.illegal_free != "undefined")
    @rule(frame=st.integers(0, 80), order=st.integers(0, 7))
    def free_anything(self, frame: int, order: int) -> None:
        """Give any frames back, inside the arena or outside."""
        self._perform(Free(frame, order))

    def teardown(self) -> None:
        """Let the instance go."""
        if hasattr(self, "session"):
            self.session.close()

    def _perform(self, *requests: Request) -> None:
        breaches: list[Any] = self.session.perform(requests)
        if breaches:
            raise AssertionError("; ".join(f"{breach.law}: {breach.because}" for breach in breaches))
