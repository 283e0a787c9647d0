"""Memory is given at the call and backed at the first touch: two events, and only the second one takes a frame.

A program obtains 1000 pages and touches every tenth, twice. Eager allocation backs them all at the call; on demand,
each page that is touched faults once and never again. In the dialect of Windows giving has two steps itself: what is
reserved costs nothing, what is committed is charged, and neither takes a frame::

    $ python examples/experiments/first_touch.py
    eager
      begun                  0 given                             0 frames    0 faults
      mmap                   1000 given                       1000 frames    0 faults
      100 touched            1000 given                       1000 frames    0 faults
      100 touched again      1000 given                       1000 frames    0 faults
      1000 resident, 100 of use: 900 frames wasted
    on demand
      begun                  0 given                             0 frames    0 faults
      mmap                   1000 given                          0 frames    0 faults
      100 touched            1000 given                        100 frames  100 faults
      100 touched again      1000 given                        100 frames  100 faults
      100 resident, 100 of use: 0 frames wasted
    reserve, commit, touch
      reserved               1000 reserved, 0 committed          0 frames    0 faults
      half of it committed   500 reserved, 500 committed         0 frames    0 faults
      50 touched             500 reserved, 500 committed        50 frames   50 faults
      50 touched again       500 reserved, 500 committed        50 frames   50 faults
      decommitted            1000 reserved, 0 committed          0 frames   50 faults
"""

from pagelaw.model.linux_space import LinuxSpace
from pagelaw.model.windows_space import WindowsSpace
from pagelaw.spec.contracts.space.arena import PAGE

PAGES = 1000
TOUCHED = range(0, PAGES, 10)


def row(what: str, given: str, frames: int, faults: int) -> None:
    """Where a program is: what it was given, what that takes, and what it noticed nothing of."""
    print(f"  {what:<22} {given:<32} {frames:>4} frames  {faults:>3} faults")


def linux(*, eager: bool) -> None:
    """`mmap` of all pages, with and without backing them at once."""
    print("eager" if eager else "on demand")
    space = LinuxSpace(PAGES, "linux")
    space.create(1)

    def told(what: str) -> None:
        given = sum(end - start for start, end, *_ in space.maps(1)) // PAGE
        row(what, f"{given} given", space.frames_used(), space.faults(1))

    told("begun")
    base = space.mmap(1, 0, PAGES * PAGE, "rw", False, False, -1, 0)
    if eager:
        space.populate(1, base, PAGES * PAGE)
    told("mmap")
    for time in ("touched", "touched again"):
        for page in TOUCHED:
            space.write(1, base + page * PAGE, 1)
        told(f"{len(TOUCHED)} {time}")
    resident = sum(space.mincore(1, base, PAGES * PAGE))
    print(f"  {resident} resident, {len(TOUCHED)} of use: {resident - len(TOUCHED)} frames wasted")


def windows() -> None:
    """Reserve, commit, touch."""
    print("reserve, commit, touch")
    space = WindowsSpace(2 * PAGES, limit=PAGES)
    space.create(1)

    def told(what: str) -> None:
        counts = {"reserved": 0, "committed": 0}
        for start in range(base, base + PAGES * PAGE, PAGE):
            state = space.query(1, start)[3]
            counts[state] += 1
        row(
            what, ", ".join(f"{count} {state}" for state, count in counts.items()), space.frames_used(), space.faults(1)
        )

    base = space.reserve(1, 0, PAGES * PAGE, "rw", False)
    told("reserved")
    space.commit(1, base, PAGES // 2 * PAGE, "rw")
    told("half of it committed")
    for time in ("touched", "touched again"):
        for page in range(0, PAGES // 2, 10):
            space.write(1, base + page * PAGE, 1)
        told(f"50 {time}")
    space.decommit(1, base, 0)
    told("decommitted")


if __name__ == "__main__":
    linux(eager=True)
    linux(eager=False)
    windows()
