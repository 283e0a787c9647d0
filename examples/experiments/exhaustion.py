"""Memory runs out twice: addresses when they are handed out, frames when they are written to.

A space of five pages that is full gives no sixth, although three frames are free; and of five pages that were all
given, only as many can be written as there are frames::

    $ python examples/experiments/exhaustion.py
    5 pages, 8 frames: 5 given, the next is refused: no addresses   (5 written, 3 frames free)
    5 pages, 3 frames: 5 given, the next is refused: no addresses   (3 written, then a write is refused: no memory)
    eager, 5 pages, 3 frames: 3 given, the next is refused: no memory
"""

from pagelaw.model.linux_space import LinuxSpace

PAGE = 4096
PAGES = 5


def given_all(space: LinuxSpace, *, touch: bool) -> tuple[list[int], str]:
    """Pages one by one until there are no more: where they are, and why there are no more; touched at once or not."""
    places: list[int] = []
    try:
        while True:
            place = space.mmap(1, 0, PAGE, "rw", False, False, -1, 0)
            if touch:
                space.write(1, place, 1)
            places.append(place)
    except OverflowError:
        return places, "no addresses"
    except MemoryError:
        return places, "no memory"


def written(space: LinuxSpace, places: list[int]) -> int:
    """How many of the pages can be written, in order, before there is no frame more."""
    for count, place in enumerate(places):
        try:
            space.write(1, place, 1)
        except MemoryError:
            return count
    return len(places)


def on_demand(frames: int) -> str:
    """A page takes a frame when it is first written."""
    space = LinuxSpace(pages=PAGES, dialect="linux", frames=frames)
    space.create(1)
    places, why = given_all(space, touch=False)
    count = written(space, places)
    rest = "then a write is refused: no memory" if count < len(places) else f"{frames - count} frames free"
    given = f"{PAGES} pages, {frames} frames: {len(places)} given, the next is refused: {why}"
    return f"{given}   ({count} written, {rest})"


def eagerly(frames: int) -> str:
    """A page takes its frame when it is given: memory that nobody writes to is used up all the same."""
    space = LinuxSpace(pages=PAGES, dialect="linux", frames=frames)
    space.create(1)
    places, why = given_all(space, touch=True)
    return f"eager, {PAGES} pages, {frames} frames: {len(places)} given, the next is refused: {why}"


if __name__ == "__main__":
    print(on_demand(frames=8))
    print(on_demand(frames=3))
    print(eagerly(frames=3))
