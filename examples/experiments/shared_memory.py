"""Two processes see each other's writes in memory that they share; in private copies they do not.

A copy is made when somebody writes, and not before: until then one frame is behind the pages of both. The same pages,
once in the dialect of Linux (`mmap`, `fork`), once in that of Windows (sections and views)::

    $ python examples/experiments/shared_memory.py
    Linux                                  shared  private
      fork                                 1 | 1   1 | 1   2 frames   faults 2 | 0
      the child writes to what is shared   2 | 2   1 | 1   2 frames   faults 2 | 0
      the child writes to what is private  2 | 2   1 | 3   3 frames   faults 2 | 1
      the parent writes to it              2 | 2   4 | 3   3 frames   faults 3 | 1
      the child ends: 2 frames
    Windows                                shared  private
      views of two sections                1 | 1   0 | 0   2 frames   faults 2 | 2
      the other writes to what is shared   2 | 2   0 | 0   2 frames   faults 2 | 2
      the other writes to its copy         2 | 2   0 | 3   3 frames   faults 2 | 3
      so does the one                      2 | 2   4 | 3   4 frames   faults 3 | 3
      the other ends: 3 frames
"""

from pagelaw.model.linux_space import LinuxSpace
from pagelaw.model.windows_space import WindowsSpace
from pagelaw.spec.contracts.space.arena import PAGE

ONE, OTHER = 1, 2
Space = LinuxSpace | WindowsSpace


def row(space: Space, what: str, *pages: tuple[int, int]) -> None:
    """What both processes read from each page, and how many frames and faults that took."""
    seen = "   ".join(f"{space.read(ONE, one)} | {space.read(OTHER, other)}" for one, other in pages)
    faults = f"{space.faults(ONE)} | {space.faults(OTHER)}"
    print(f"  {what:<36} {seen:<15} {space.frames_used()} frames   faults {faults}")


def forked() -> None:
    """A child has its parent's memory: what was mapped as shared is the same, the rest is copied on write."""
    print("Linux                                  shared  private")
    space = LinuxSpace(16, "linux")
    space.create(ONE)
    shared = space.mmap(ONE, 0, PAGE, "rw", True, False, -1, 0)
    private = space.mmap(ONE, 0, PAGE, "rw", False, False, -1, 0)
    for page in (shared, private):
        space.write(ONE, page, 1)
    space.fork(ONE, OTHER)
    pages = (shared, shared), (private, private)
    row(space, "fork", *pages)
    space.write(OTHER, shared, 2)
    row(space, "the child writes to what is shared", *pages)
    space.write(OTHER, private, 3)
    row(space, "the child writes to what is private", *pages)
    space.write(ONE, private, 4)
    row(space, "the parent writes to it", *pages)
    space.exit(OTHER)
    print(f"  the child ends: {space.frames_used()} frames")


def viewed() -> None:
    """Views of one section: `rw` shows the section itself, `rc` a copy as soon as somebody writes to it."""
    print("Windows                                shared  private")
    space = WindowsSpace(64)
    for process in (ONE, OTHER):
        space.create(process)
    space.section(1, PAGE, -1)
    space.section(2, PAGE, -1)
    shared = space.map_view(ONE, 1, 0, 0, "rw", 0), space.map_view(OTHER, 1, 0, 0, "rw", 0)
    private = space.map_view(ONE, 2, 0, 0, "rc", 0), space.map_view(OTHER, 2, 0, 0, "rc", 0)
    space.write(ONE, shared[0], 1)
    row(space, "views of two sections", shared, private)
    space.write(OTHER, shared[1], 2)
    row(space, "the other writes to what is shared", shared, private)
    space.write(OTHER, private[1], 3)
    row(space, "the other writes to its copy", shared, private)
    space.write(ONE, private[0], 4)
    row(space, "so does the one", shared, private)
    space.exit(OTHER)
    print(f"  the other ends: {space.frames_used()} frames")


if __name__ == "__main__":
    forked()
    viewed()
