"""The small systems that every exploration goes through before the large one: arenas of every shape.

A rule about barriers, holes or an uneven end shows its faults in a few frames, if only every position is tried.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...spec.contracts import Arena


def order_for(frames: int) -> int:
    """The order of the largest block that fits into so many frames."""
    return frames.bit_length() - 1


def plain_arenas(frames: int) -> Iterator[Arena]:
    """Arenas without barriers and holes: every largest order, and every uneven end."""
    top = order_for(frames)
    yield from (Arena(frames, order) for order in range(top + 1))
    yield from (Arena(fewer, top) for fewer in range(frames // 2 + 1, frames))


def divided_arenas(frames: int) -> Iterator[Arena]:
    """Arenas with a barrier at every position, and with two."""
    top = order_for(frames)
    yield from (Arena(frames, top, barriers=[at]) for at in range(1, frames))
    yield Arena(frames, top, barriers=[1, frames // 2])
    yield Arena(frames - 1, top, barriers=[frames // 2])


def holed_arenas(frames: int) -> Iterator[Arena]:
    """Arenas with a hole at every position, with two, and with a hole beside a barrier."""
    top = order_for(frames)
    yield from (Arena(frames, top, reserved=[at]) for at in range(frames))
    yield Arena(frames, top, reserved=[1, frames // 2])
    yield Arena(frames, top, reserved=[frames - 1], barriers=[frames // 2])


def variants(frames: int) -> Iterator[tuple[Arena, str]]:
    """Arenas of up to so many frames, each with a policy to explore it under."""
    for policy in ("smallest-lower", "any"):
        for arenas in (plain_arenas, divided_arenas, holed_arenas):
            yield from ((arena, policy) for arena in arenas(frames))
    for policy in ("smallest-upper", "lowest-lower"):
        yield from ((arena, policy) for arena in plain_arenas(frames))


def listed_arenas() -> Iterator[tuple[Arena, bool]]:
    """Arenas small enough for every order of their lists, with the half that is given (True: the upper one)."""
    yield from ((Arena(frames, order_for(frames)), False) for frames in (1, 2, 3, 4))
    yield Arena(4, 2), True
    yield Arena(4, 1), False
    yield Arena(4, 2, barriers=[2]), False
    yield Arena(4, 2, barriers=[3]), True
    yield Arena(4, 2, reserved=[1]), False


def starting_arenas(frames: int, divided: int) -> Iterator[Arena]:
    """Arenas whose initialisation is tried with every pattern of holes; those with barriers up to `divided` frames."""
    for top in range(order_for(frames) + 1):
        for fewer in range(1, frames + 1):
            if -(-fewer >> top) << top <= frames:
                yield Arena(fewer, top)
                if fewer <= divided:
                    yield from (Arena(fewer, top, barriers=[at]) for at in range(1, fewer))
