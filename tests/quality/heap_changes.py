"""One-line changes of blocks of heaps, each of which every judge must notice."""

from .spine import Change

CHANGES = (
    Change(
        "the rest of a carved block is as long as before",
        "heap",
        "behind = Block(begin + size, free.size - skipped - size)",
        "behind = Block(begin + size, free.size - skipped)",
    ),
    Change(
        "the rest begins with the block that was given",
        "heap",
        "behind = Block(begin + size, free.size",
        "behind = Block(begin, free.size",
    ),
    Change(
        "what an alignment skips is lost",
        "heap",
        "Pieces(Block(free.first, skipped)",
        "Pieces(Block(free.first, ZERO)",
    ),
    Change(
        "rounding goes past a multiple",
        "heap",
        "(address + (alignment - ONE)) & invert",
        "(address + alignment) & invert",
    ),
    Change("rounding goes down", "heap", "return (address + (alignment - ONE)) & invert", "return address & invert"),
    Change(
        "a request fits whatever its alignment skips",
        "heap",
        "has_room(free, rounded_up(free.first, alignment), size)",
        "has_room(free, free.first, size)",
    ),
    Change("room is counted from the beginning", "heap", "(size <= end - begin)", "(size <= free.size)"),
    Change(
        "the upper of two free blocks is lost",
        "heap",
        "return Block(lower.first, lower.size + upper.size)",
        "return Block(lower.first, lower.size)",
    ),
    Change(
        "joined blocks begin with the upper",
        "heap",
        "return Block(lower.first, lower.size + upper.size)",
        "return Block(upper.first, lower.size + upper.size)",
    ),
    Change(
        "the rest of a cut block begins where it did",
        "heap",
        "Block(block.first + size, block.size - size)",
        "Block(block.first, block.size - size)",
    ),
    Change(
        "the rest of a cut block is as long as before",
        "heap",
        "Block(block.first + size, block.size - size)",
        "Block(block.first + size, block.size)",
    ),
)
