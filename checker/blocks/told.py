"""Moves of heaps in words, and what should have been met before anything is said to hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ...model.fast.heap_moves import ALLOCATE, DESTROY, LAW_BITS, Call
from ..drawn_runs import told as made

#: How each kind of move is called.
KINDS = (
    "a block is given",
    "a block of zeros is given",
    "a block is given back",
    "a block gets another size in place",
    "a block gets another size and place",
    "a heap is destroyed",
)
#: How each is told.
STORIES = (
    "{size} bytes at a multiple of {alignment} are asked for at {at}",
    "{size} bytes of zeros are asked for at {at}",
    "the block at {at} is given back",
    "the block at {at} gets {size} bytes where it is",
    "the block at {at} gets {size} bytes at {further}",
    "the heap is destroyed",
)


def told(call: Call, done: bool, *, private: int) -> str:
    """A move and what became of it; where there is a private heap as well, which one was asked."""
    alignment = 1 << call.further if call.kind == ALLOCATE else 1
    asked = call._asdict() | {"alignment": alignment}
    story = STORIES[call.kind].format(**asked)
    heap = f" of heap {call.owner}" if private or call.kind == DESTROY else ""
    return f"{story}{heap}{'' if done else ', which is refused'}"


def unseen(law: str, count: Callable[[int, bool], int], stakes: Callable[[int], int]) -> Iterator[str]:
    """What was not met: kinds of moves, done or refused, and whatever puts the law at stake."""
    for done in (True, False):
        for kind, name in enumerate(KINDS):
            if not count(kind, done):
                yield made(name, done)
    if not stakes(LAW_BITS[law].bit_length() - 1):
        yield "anything that could break it"
