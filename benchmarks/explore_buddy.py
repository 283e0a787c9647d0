"""How fast the exploring judge is next to Spin: every reachable state of the same buddy system, in one run.

    python benchmarks/explore_buddy.py

Both are given the system of `promela` below: 16 frames, orders 0 to 4, all in one free block at first. An allocate
takes any free block of the smallest order that suffices and keeps the lower half at each split; a free gives back any
live block and merges it upward. There are 458 330 states; Spin counts one more, its own before the start. Neither
checks any law here, both store whole states and know roughly how many to expect. Rounds alternate, the fastest of each
counts. Exit code 0 if the counts agree and the ratios are reached, else 1; a message and 0 where a tool is missing.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable

from spin import Model, Row, command, conclude, named, race

from pagelaw.checker.explore.buddy import BuddySystem, Code
from pagelaw.checker.explore.exploration import Exploration
from pagelaw.spec.contracts import Arena

ORDERS = 5
FRAMES = 1 << (ORDERS - 1)
LIVE, NONE = 8, 255
#: States of the system itself (b(0) = 2, b(n + 1) = b(n)**2 + 1) and its transitions.
STATES, TRANSITIONS = 458_330, 5_673_528
#: How many times faster than Spin, with one thread and with two.
WANTED = {1: 6.0, 2: 10.0}


def promela() -> str:
    """The buddy system in Spin's language, every call written out as one step.

    `head` is as in pagelaw's specification: k where a free block of order k begins, 8 + k for a live one, 255 where
    none does. `blocks` counts the free blocks of each order, so that no step need search for one.
    """
    lines = [
        "/* 16 frames of buddy memory; see benchmarks/explore_buddy.py */",
        f"byte head[{FRAMES}];",
        f"byte blocks[{ORDERS}];",
        "init {",
        "  d_step {",
        f"    head[0] = {ORDERS - 1}; blocks[{ORDERS - 1}] = 1;",
        *(f"    head[{frame}] = {NONE};" for frame in range(1, FRAMES)),
        "  }",
        "  do",
    ]
    for order in range(ORDERS):
        for source_order in range(order, ORDERS):
            lines += [_allocate(order, source_order, at) for at in range(0, FRAMES, 1 << source_order)]
        lines += [_free(order, at) for at in range(0, FRAMES, 1 << order)]
    return "\n".join([*lines, "  od", "}", ""])


def _allocate(order: int, source_order: int, frame: int) -> str:
    """A request for `order` that is met from the free block of `source_order` at `frame`, for want of a smaller one."""
    guard = [f"head[{frame}] == {source_order}", *(f"blocks[{less}] == 0" for less in range(order, source_order))]
    split = [
        f"head[{frame + (1 << level)}] = {level}; blocks[{level}]++;" for level in reversed(range(order, source_order))
    ]
    steps = [f"blocks[{source_order}]--;", *split, f"head[{frame}] = {LIVE + order}"]
    return f"  :: d_step {{ {' && '.join(guard)} -> {' '.join(steps)} }}"


def _free(order: int, frame: int) -> str:
    """A free of the live block of `order` at `frame`."""
    return f"  :: d_step {{ head[{frame}] == {LIVE + order} -> head[{frame}] = {NONE}; {_merge(order, frame)} }}"


def _merge(order: int, frame: int) -> str:
    """The block of `order` at `frame` becomes free, together with its buddy if that is."""
    stay = f"head[{frame}] = {order}; blocks[{order}]++"
    if order == ORDERS - 1:
        return stay
    buddy = frame ^ (1 << order)
    absorb = f"head[{buddy}] = {NONE}; blocks[{order}]--; {_merge(order + 1, min(frame, buddy))}"
    return f"if :: head[{buddy}] == {order} -> {absorb} :: else -> {stay} fi"


def model() -> Model:
    """The system, and how Spin searches it."""
    compiled = ["-O2", "-DSAFETY", "-DNOFAIR", "-DNOREDUCE", "-DMEMLIM=4000"]
    return Model(promela(), compiled, run=["-m1000000", "-w22"])


def searches() -> dict[str, Callable[[], Exploration]]:
    """Our search, by number of threads."""
    system = BuddySystem(Arena(FRAMES, ORDERS - 1), code=Code())
    ours = {named(threads): functools.partial(system.search, threads=threads, expected=STATES) for threads in WANTED}
    for search in ours.values():
        search()  # compiles
    return ours


def check(_name: str, found: Exploration) -> None:
    """End where a search of ours found something else than there is."""
    if found.transitions != TRANSITIONS:
        raise SystemExit(f"{found.transitions} transitions, not {TRANSITIONS}")


def report(rows: list[Row]) -> int:
    """Print the rows against Spin's; 1 where counts differ or a ratio is missed."""
    print(f"{'search':20} {'states':>8} {'seconds':>8} {'x Spin':>7}")
    failed = rows[0].states - 1 != STATES
    for row, wanted in zip(rows, (0.0, *WANTED.values()), strict=True):
        ratio = rows[0].seconds / row.seconds
        failed |= ratio < wanted or (wanted > 0 and row.states != STATES)
        goal = f"  (at least {wanted:g})" if wanted else ""
        print(f"{row.name:20} {row.states:8} {row.seconds:8.3f} {ratio:7.1f}{goal}")
    return conclude(f"{STATES} states, and in Spin one more", "explore_buddy.py", failed=failed)


def main() -> int:
    """Measure, print the table, and say whether the ratios are reached."""
    return command(
        "Explore the 16-frame buddy system with pagelaw and with Spin.",
        model,
        lambda spin, rounds: report(race(spin, searches(), check, rounds)),
        rounds=7,
    )


if __name__ == "__main__":
    sys.exit(main())
