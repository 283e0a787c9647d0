"""A buddy allocator with one small mistake, for a first look at what pagelaw says.

pagelaw check ./examples/faulty_allocator.py:Forgetful
"""


class Forgetful:
    """Free blocks by order, live blocks by first frame; the block at the lowest address is given."""

    def __init__(self, frames, max_order):
        self.max_order = max_order
        self.free_at = [set() for _ in range(max_order + 1)]
        self.live = {}
        frame = 0
        while frame < frames:
            order = min(max_order, (frames - frame).bit_length() - 1)
            self.free_at[order].add(frame)
            frame += 1 << order

    def allocate(self, order):
        """The first frame of a block of 2**order frames; MemoryError if there is none."""
        for source in range(order, self.max_order + 1):
            if self.free_at[source]:
                frame = min(self.free_at[source])
                self.free_at[source].remove(frame)
                for half in range(order, source):
                    self.free_at[half].add(frame + (1 << half))
                self.live[frame] = order
                return frame
        raise MemoryError

    def free(self, frame, order):
        """Give a block back and merge it with its buddy; ValueError if it is not live."""
        if self.live.get(frame) != order:
            raise ValueError(f"no live block of order {order} begins at frame {frame}")
        del self.live[frame]
        # The mistake: a block's buddy may lie before it as well as behind it. frame ^ (1 << order) finds either.
        while order < self.max_order and frame % (2 << order) == 0 and frame + (1 << order) in self.free_at[order]:
            self.free_at[order].remove(frame + (1 << order))
            order += 1
        self.free_at[order].add(frame)

    def free_blocks(self):
        """(frame, order) of every free block."""
        return [(frame, order) for order, blocks in enumerate(self.free_at) for frame in blocks]
