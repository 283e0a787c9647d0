"""What an access does, step by step: only where the page table leads nowhere the operating system is asked.

A region of five pages is reserved, three of them are committed, and there are two frames in all. Then come accesses,
with the steps that the model writes down at each of them::

    $ python examples/experiments/fault_flow.py
    5 pages reserved, 3 of them committed: frames in use 0, page faults 0
    first write to page 0, which is committed
        page 0x40020: the page table has no entry: page fault
        page 0x40020: looked up in the tree of regions, 2 compared
        page 0x40020: page table 0x100 is made
        page 0x40020: its entry is made from the region at page 0x40020
        frame 0 is taken and zeroed
        page 0x40020: the access is repeated
        page 0x40020: the page table leads to frame 0
      -> served: the program notices nothing (page faults: 1)
    second write to page 0
        page 0x40020: the page table leads to frame 0
      -> served: the program notices nothing (page faults: 0)
    first write to page 1
        page 0x40021: the page table has no entry: page fault
        page 0x40021: looked up in the tree of regions, 2 compared
        page 0x40021: its entry is made from the region at page 0x40020
        frame 1 is taken and zeroed
        page 0x40021: the access is repeated
        page 0x40021: the page table leads to frame 1
      -> served: the program notices nothing (page faults: 1)
    first write to page 2: both frames are in use
        page 0x40022: the page table has no entry: page fault
        page 0x40022: looked up in the tree of regions, 2 compared
        page 0x40022: its entry is made from the region at page 0x40020
        frame 0 is written to place 0 of the paging file
        frame 0 is taken away from the page that came in first
        frame 0 is taken and zeroed
        page 0x40022: the access is repeated
        page 0x40022: the page table leads to frame 0
      -> served: the program notices nothing (page faults: 1)
    read of page 0, which was put out
        page 0x40020: its entry is not present: page fault
        page 0x40020: looked up in the tree of regions, 2 compared
        frame 1 is written to place 1 of the paging file
        frame 1 is taken away from the page that came in first
        frame 1 is taken and read from place 0 of the paging file
        page 0x40020: the access is repeated
        page 0x40020: the page table leads to frame 1
      -> served: the program notices nothing (page faults: 1)
    write to page 4, which is only reserved
        page 0x40024: the page table has no entry: page fault
        page 0x40024: looked up in the tree of regions, 2 compared
        page 0x40024: reserved: access violation
      -> access violation: it ends the program (page faults: 1)
    read of the page behind the region, which is free
        page 0x40025: the page table has no entry: page fault
        page 0x40025: looked up in the tree of regions, 2 compared
        page 0x40025: free: access violation
      -> access violation: it ends the program (page faults: 1)
    page faults that were served: 4
"""

from collections.abc import Callable

from pagelaw.model.windows_space import WindowsSpace
from pagelaw.spec.contracts.space.arena import PAGE


def shown(space: WindowsSpace, what: str, access: Callable[[], object]) -> None:
    """The steps of an access, and what the program sees of it."""
    space.events.clear()
    seen = "served: the program notices nothing"
    try:
        access()
    except PermissionError:
        seen = "access violation: it ends the program"
    faults = sum(event.endswith("page fault") for event in space.events)
    print(what)
    for event in space.events:
        print(f"    {event}")
    print(f"  -> {seen} (page faults: {faults})")


def main() -> None:
    """Three regions, two frames, seven accesses to the highest region."""
    space = WindowsSpace(64, frames=2)
    space.create(1)
    for _ in range(2):
        space.reserve(1, 0, PAGE, "rw", False)
    base = space.reserve(1, 0, 5 * PAGE, "rw", False)
    space.commit(1, base, 3 * PAGE, "rw")
    page = [base + number * PAGE for number in range(6)]
    print(f"5 pages reserved, 3 of them committed: frames in use {space.frames_used()}, page faults {space.faults(1)}")

    shown(space, "first write to page 0, which is committed", lambda: space.write(1, page[0], 7))
    shown(space, "second write to page 0", lambda: space.write(1, page[0], 8))
    shown(space, "first write to page 1", lambda: space.write(1, page[1], 9))
    shown(space, "first write to page 2: both frames are in use", lambda: space.write(1, page[2], 10))
    shown(space, "read of page 0, which was put out", lambda: space.read(1, page[0]))
    shown(space, "write to page 4, which is only reserved", lambda: space.write(1, page[4], 1))
    shown(space, "read of the page behind the region, which is free", lambda: space.read(1, page[5]))
    print(f"page faults that were served: {space.faults(1)}")


if __name__ == "__main__":
    main()
