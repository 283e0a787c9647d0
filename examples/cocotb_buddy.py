"""The `BuddyAllocator` of the PyPI package cocotbext-axi, behind an adapter of ten lines.

    pip install cocotbext-axi==0.1.28
    pagelaw check examples/cocotb_buddy.py:CocotbBuddy

It counts bytes where pagelaw counts frames, and frees by address. With sizes that are powers of two it keeps every
law; with others (try 3 frames) it rounds the memory up and hands out space beyond the end, which breaks A1.
"""

from cocotbext.axi.buddy_allocator import BuddyAllocator


class CocotbBuddy(BuddyAllocator):
    """One byte there is one frame here."""

    def __init__(self, frames, max_order):
        super().__init__(frames)
        self.max_order = max_order

    def allocate(self, order):
        """A block of 2**order; every way of saying that there is none becomes MemoryError."""
        if order > self.max_order:
            raise ValueError(f"orders go up to {self.max_order}")
        try:
            return self.alloc(1 << order)
        except Exception as error:
            raise MemoryError(str(error)) from error

    def free(self, frame, order):
        """The allocator itself is not told the order, so that it is compared here."""
        if self.allocations.get(frame) != order:
            raise ValueError(f"no live block of order {order} begins at {frame}")
        super().free(frame)
