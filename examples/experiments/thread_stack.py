"""A thread's stack: a MiB of addresses, of which two pages are committed; the rest comes as calls get deeper.

Below the pages in use is the guard. An access to it makes it a page in use and the next one the guard; what jumps over
it is a violation. The last time there is no next one: that is a stack overflow, with one page left to handle it, and
what goes beyond that page ends the process::

    $ python examples/experiments/thread_stack.py
    begun         [ 254 reserved][guard][   1 used]   0 frames
    page   3      [ 254 reserved][guard][   1 used]   0 frames  ACCESS VIOLATION: the guard was jumped over
    page   1      [ 254 reserved][guard][   1 used]   1 frames
    page   2      [ 253 reserved][guard][   2 used]   2 frames
    page   3      [ 252 reserved][guard][   3 used]   3 frames
    page   4      [ 251 reserved][guard][   4 used]   4 frames
    ...
    page 252      [   3 reserved][guard][ 252 used] 252 frames
    page 253      [   2 reserved][guard][ 253 used] 253 frames
    page 254      [   1 reserved][ 255 used]       253 frames  STACK OVERFLOW
    page 255      [   1 reserved][ 255 used]       254 frames
    page 256      [   1 reserved][ 255 used]       254 frames  ACCESS VIOLATION
    the process has ended: 0 frames
"""

from pagelaw.model.windows_space import WindowsSpace
from pagelaw.spec.contracts.space.arena import PAGE

DEFAULT = 0


def picture(space: WindowsSpace, base: int, end: int) -> str:
    """The pages of the stack, upward; those that are alike are told by their number."""
    parts, address = [], base
    while address < end:
        _, _, length, state, rights = space.query(1, address)
        what = "reserved" if state == "reserved" else "guard" if "g" in rights else "used"
        parts.append(_part(length // PAGE, what))
        address += length
    return "".join(parts)


def _part(count: int, what: str) -> str:
    return "[guard]" if what == "guard" else f"[{count:>4} {what}]"


def call(space: WindowsSpace, address: int) -> str:
    """A function with a page of variables is called: what comes of its first write."""
    try:
        space.write(1, address, 1)
    except RecursionError:
        return "STACK OVERFLOW"
    except PermissionError:
        return "ACCESS VIOLATION"
    return ""


def main() -> None:
    """Calls, each a page deeper than the one before, until the process ends."""
    space = WindowsSpace(256)
    space.create(1)
    base = space.stack(1, DEFAULT)
    end = base + 256 * PAGE

    def row(what: str, seen: str = "") -> None:
        print(f"{what:<13} {picture(space, base, end):<32} {space.frames_used():>3} frames  {seen}".rstrip())

    row("begun")
    row("page   3", call(space, end - 3 * PAGE) + ": the guard was jumped over")
    for depth in range(1, 257):
        address = end - depth * PAGE
        seen = call(space, address)
        if depth <= 4 or depth >= 252:
            row(f"page {depth:>3}", seen)
        if depth == 4:
            print("...")
        if seen == "ACCESS VIOLATION":
            break
    space.exit(1)
    print(f"the process has ended: {space.frames_used()} frames")


if __name__ == "__main__":
    main()
