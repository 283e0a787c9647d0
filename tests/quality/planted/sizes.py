"""Bugs in sizes: rounding, wrapping, requests that are too large, arenas that are no power of two."""

from bitmaps import Bitmaps
from listed import Listed

FRAME_SIZE = 4096


class ChildRoundedUp(Bitmaps):
    """The size of a child is rounded up to 2 frames, so that the last one overlaps the next parent."""

    def half_size(self, order):
        return max(1 << order, 2)


class MetadataTooSmall(Bitmaps):
    """The bytes of a level are rounded down, so that its last bits are also bits of the next level."""

    def bytes_for(self, blocks):
        return blocks // 8


class NullForSuccess(Listed):
    """Where nothing is left the call succeeds, without a block."""

    def allocate(self, order):
        try:
            return super().allocate(order)
        except MemoryError:
            return None


class RetriesForEver(Listed):
    """A request that finds nothing waits for a block to come back, also one that is larger than any block."""

    def allocate(self, order):
        while True:
            try:
                return super().allocate(order)
            except MemoryError:
                if order <= self.max_order:
                    raise


class SizeWraps(Listed):
    """The size in bytes has 32 bits: a huge request wraps to nothing, and a small block is given for it."""

    def allocate(self, order):
        size = FRAME_SIZE << order & 0xFFFF_FFFF
        return super().allocate(max(size // FRAME_SIZE, 1).bit_length() - 1)


class SizeWrapsPastLists(Listed):
    """The size in bytes has 32 bits: a huge request wraps to nothing, and no list belongs to its order."""

    def source_order(self, order):
        size = FRAME_SIZE << order & 0xFFFF_FFFF
        return super().source_order(size.bit_length() - FRAME_SIZE.bit_length())


class ArenaRoundedUp(Listed):
    """The arena is managed as if its size were the next power of two."""

    def __init__(self, frames, max_order):
        super().__init__(1 << (frames - 1).bit_length(), max_order)
