"""Accesses and moves of pages with rights in words, and what should have been met before anything is said to hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ...model.fast import access_moves
from ...spec.access import COPY, EXECUTE, GUARD, READ, WRITE

_LETTERS = {READ: "r", WRITE: "w", EXECUTE: "x", COPY: "c", GUARD: "g"}
#: Laws are asked of nothing that is not drawn; the numbers of operands are told by a letter.
_ANY = ("n", "m", "any")


def rights_told(rights: int) -> str:
    """Rights as letters: read, write, execute, copy on write, guard; `none` if there are none."""
    return "".join(letter for right, letter in _LETTERS.items() if rights & right) or "none"


def told(kind: int, page: int, frame: int, rights: int, outcome: int) -> str:
    """A move and what became of it."""
    story = access_moves.STORIES[kind] + access_moves.FLOWS[outcome]
    return story.format(page, frame, rights_told(rights))


def unseen(count: Callable[[int, int], int]) -> Iterator[str]:
    """What no move came to that moves may come to; `count` tells how often a kind came to an outcome."""
    for kind, outcome in access_moves.POSSIBLE:
        if not count(kind, outcome):
            yield (access_moves.STORIES[kind] + access_moves.FLOWS[outcome]).format(*_ANY)
