"""How fast the exploring judge of page states is next to Spin: every reachable state of the same system, in one run.

    python benchmarks/explore_pages.py

Both are given 8 pages, 3 frames and a commit limit that never binds, every page free at first. A page is free,
reserved, committed, paged out, or resident in a frame of its own, clean or dirty. There are 6 356 992 states and
103 579 648 moves from one of them to another; the furthest state is 40 moves away: 41 levels, with the first.
Spin's state is a byte for each page and a mask of used frames; ours has the frames' owners and the charge as well.
Neither is told a law in the rows that are compared, both store whole states and know roughly how many to expect. Ours
searches twice: once every state is looked up in a hash table by its key, once it is numbered, as the judge does it, and
a bit tells whether it is known. A further row has every law asked at every state and of every move. Rounds alternate;
the fastest of each counts, by the clock and by the processors' time, which other programs on the machine disturb less.
Exit code 0 if the counts agree and the ratios are reached, else 1; a message and 0 where a tool is missing.
"""

from __future__ import annotations

import functools
import sys
import tracemalloc
from collections.abc import Callable, Iterator

from spin import Model, Row, Spin, command, conclude, named, race

from pagelaw.checker.explore.exploration import Exploration
from pagelaw.checker.explore.page_cells import LIMITED
from pagelaw.checker.explore.pages import Code, PageSystem
from pagelaw.model.fast.page_machine import Machine

PAGES, FRAMES = 8, 3
FREE, RESERVED, COMMITTED, PAGED_OUT, RESIDENT = range(5)
STATES, TRANSITIONS, DEPTH = 6_356_992, 103_579_648, 40
THREADS = (1, 2)
#: How many times faster than Spin, numbered.
WANTED = {named(1): 20.0, named(2): 40.0}
#: Bytes that a search may need for each state, with all that it allocates.
MOST_BYTES = 14.0


def promela() -> str:
    """The system in Spin's language, every move written out as one step.

    `p` is as in pagelaw's specification: 0 to 3 without a frame, and from 4 on twice the frame, one more if dirty.
    """
    lines = [
        f"/* {PAGES} pages and {FRAMES} frames; see benchmarks/explore_pages.py */",
        f"byte p[{PAGES}];",
        "byte used;",
        "init {",
        "  do",
    ]
    for page in range(PAGES):
        lines += [_step(*move) for move in _moves(f"p[{page}]")]
    return "\n".join([*lines, "  od", "}", ""])


def _moves(page: str) -> Iterator[tuple[str, str]]:
    """What may happen to a page: when, and what then."""
    yield f"{page} == {FREE}", f"{page} = {RESERVED}"
    yield f"{page} == {RESERVED}", f"{page} = {COMMITTED}"
    yield f"{page} == {RESERVED}", f"{page} = {FREE}"
    for frame in range(FRAMES):
        clean = RESIDENT + 2 * frame
        unused, take = f"!(used & {1 << frame})", f"used = used | {1 << frame}"
        yield f"{page} == {COMMITTED} && {unused}", f"{take}; {page} = {clean + 1}"
        yield f"{page} == {PAGED_OUT} && {unused}", f"{take}; {page} = {clean}"
        yield f"{page} == {PAGED_OUT} && {unused}", f"{take}; {page} = {clean + 1}"
    resident, give = f"{page} >= {RESIDENT}", f"used = used & ~(1 << (({page} - {RESIDENT}) >> 1))"
    yield f"{page} == {COMMITTED} || {page} == {PAGED_OUT}", f"{page} = {RESERVED}"
    yield resident, f"{give}; {page} = {RESERVED}"
    yield f"{resident} && ({page} & 1)", f"{page} = {page} - 1"
    yield f"{resident} && !({page} & 1)", f"{page} = {page} + 1"
    yield f"{resident} && !({page} & 1)", f"{give}; {page} = {PAGED_OUT}"


def _step(guard: str, steps: str) -> str:
    return f"  :: d_step {{ {guard} -> {steps} }}"


def model() -> Model:
    """The system, and how Spin searches it."""
    return Model(promela(), compiled=["-O2", "-DSAFETY"], run=["-m8000000", "-w24"])


def searches() -> dict[str, Callable[[], Exploration]]:
    """Our search: hashed, numbered, and numbered with laws; on either number of threads."""
    ours: dict[str, Callable[[], Exploration]] = {}
    for name, numbered, checks in ((", hashed", False, ()), ("", True, ()), (", laws", True, ("state", "moves"))):
        code = Code(numbered=numbered)
        system = PageSystem(Machine(PAGES, FRAMES), code=code)
        PageSystem(Machine(2, 1), code=code).search(checks=checks)  # compiles
        for threads in THREADS:
            search = functools.partial(system.search, threads=threads, checks=checks, expected=STATES)
            ours[named(threads) + name] = search
    return ours


def check(name: str, found: Exploration) -> None:
    """End where a search of ours found something else than there is."""
    if found.depth != DEPTH or any(law < LIMITED.bit_length() - 1 for law in found.broken):
        raise SystemExit(f"{name}: depth {found.depth}, broken {sorted(found.broken)}")


def memory(search: Callable[[], Exploration]) -> float:
    """Bytes a state, at the highest, of one more search of ours."""
    tracemalloc.start()
    try:
        found = search()
        return tracemalloc.get_traced_memory()[1] / found.states
    finally:
        tracemalloc.stop()


def report(rows: list[Row], room: dict[str, float]) -> int:
    """Print the rows against Spin's, and bytes a state; 1 where counts differ or an aim is missed."""
    head = (
        f"{'search':26} {'states':>8} {'transitions':>12} {'seconds':>8} {'x Spin':>7} {'processor':>10} {'x Spin':>7}"
    )
    print(head)
    failed = False
    for row in rows:
        goal = WANTED.get(row.name, 0.0)
        ratio, other = rows[0].seconds / row.seconds, rows[0].processor / row.processor
        failed |= ratio < goal or (row.states, row.transitions) != (STATES, TRANSITIONS)
        told = f"  (at least {goal:g})" if goal else ""
        times = f"{row.seconds:8.3f} {ratio:7.1f} {row.processor:10.3f} {other:7.1f}"
        print(f"{row.name:26} {row.states:8} {row.transitions:12} {times}{told}")
    for name, used in room.items():
        goal = f"  (at most {MOST_BYTES:g})" if name in WANTED else ""
        failed |= bool(goal) and used > MOST_BYTES
        print(f"{name:26} {used:8.1f} bytes a state{goal}")
    return conclude(f"{STATES} states and {TRANSITIONS} transitions", "explore_pages.py", failed=failed)


def measure(spin: Spin, rounds: int) -> int:
    """Race, then look at the memory of what is only searched."""
    ours = searches()
    rows = race(spin, ours, check, rounds)
    return report(rows, {name: memory(search) for name, search in ours.items() if "laws" not in name})


def main() -> int:
    """Measure, print the table, and say whether the ratios are reached."""
    return command(
        "Explore the states of 8 pages with pagelaw and with Spin.",
        model,
        measure,
        rounds=3,
    )


if __name__ == "__main__":
    sys.exit(main())
