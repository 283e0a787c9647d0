"""Machines of pages, objects and frames: their dimensions, their first state, and random moves on them."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np

from ...spec.sharing import Sharing
from . import sharing_moves

#: How often each kind of move is drawn, in the order of their numbers: most pages should be mapped, and many of them to
#: the same frames.
WEIGHTS = (5, 3, 3, 8, 8, 10, 6, 3, 3, 3)


@attrs.frozen
class Machine:
    """A machine with pages.

    Attributes:
        pages: how many pages processes have, all together.
        objects: how many pages objects have; they come before those of processes.
        frames: how many frames there are.
        most: the largest count of a frame; room for all pages if it is not told.
        bits: how many bits of the contents of a page are written.
    """

    pages: int = 4
    objects: int = 1
    frames: int = 3
    most: int = attrs.field(default=attrs.Factory(lambda self: self.all_pages, takes_self=True))
    bits: int = 8

    @property
    def all_pages(self) -> int:
        """How many pages there are, those of objects and those of processes."""
        return self.objects + self.pages

    def __str__(self) -> str:
        counts = (
            (self.objects, "page", " of objects"),
            (self.pages, "page", " of processes"),
            (self.frames, "frame", ""),
        )
        named = ", ".join(f"{count} {word}{'s' * (count != 1)}{of}" for count, word, of in counts)
        return f"{named}, counts up to {self.most}, contents of {self.bits} bit{'s' * (self.bits != 1)}"


def empty_lists(machine: Machine) -> Sharing:
    """Nothing mapped, and zeros everywhere, as plain integers."""
    frame, writable, shown, shared, stored = ([0] * machine.all_pages for _ in range(5))
    count, content = [0] * machine.frames, [0] * machine.frames
    return Sharing(frame, writable, shown, shared, count, content, stored, machine.objects, machine.most)


def empty_arrays(machine: Machine) -> Sharing:
    """The same for compiled code."""
    return Sharing(*(np.array(words, np.uint64)[()] for words in empty_lists(machine)))


def draw(generator: np.random.Generator, machine: Machine, count: int) -> np.ndarray[Any, Any]:
    """So many moves, each as one word.

    Those of the page cache are about pages of objects, and so is what is mapped to them; the others about any page.
    """
    kinds = generator.choice(sharing_moves.KINDS, count, p=np.array(WEIGHTS) / sum(WEIGHTS))
    pages, sources = (generator.integers(0, machine.all_pages, count) for _ in range(2))
    objects, frames = (
        generator.integers(0, max(machine.objects, 1), count),
        generator.integers(0, machine.frames, count),
    )
    pages = np.where(kinds >= sharing_moves.READ_IN, objects, pages)
    sources = np.where(kinds == sharing_moves.FORK, sources, objects)
    operands = np.where(sharing_moves.TAKES_FRAME >> kinds & 1, frames, sources)
    operands[(sharing_moves.TAKES_FRAME | sharing_moves.TAKES_SOURCE) >> kinds & 1 == 0] = 0
    masks, values = (generator.integers(0, 1 << machine.bits, count).astype(np.uint64) for _ in range(2))
    words: np.ndarray[Any, Any] = (
        kinds | pages << sharing_moves.PAGE_AT | operands << sharing_moves.OPERAND_AT
    ).astype(np.uint64)
    words |= masks << np.uint64(sharing_moves.MASK_AT)
    words |= values << np.uint64(sharing_moves.VALUE_AT)
    return words


def general(kind: int) -> str:
    """A kind of move in words, whatever its operands."""
    return sharing_moves.STORIES[kind].replace(":#x", "").format("n", "m", "a mask", "a value")
