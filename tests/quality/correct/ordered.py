"""A correct allocator on ordered lists: the smallest block that suffices, at the lowest address, its lower half.

It takes arenas that begin anywhere, with holes and barriers, and begins with every usable frame freed one by one.
"""

from bisect import bisect_left, insort


class Ordered:
    """Free blocks as one list for each order, in order of address; live blocks by first frame."""

    policies = ("smallest-sufficient", "lowest-address", "lower-half")

    def __init__(self, frames, max_order, *, start=0, reserved=(), barriers=()):
        self.max_order, self.barriers = max_order, frozenset(barriers)
        self.free_at = [[] for _ in range(max_order + 1)]
        self.live = {}
        for frame in range(start, start + frames):
            if frame not in reserved:
                self._enter(frame, 0)

    def allocate(self, order):
        for source in range(order, self.max_order + 1):
            if self.free_at[source]:
                break
        else:
            raise MemoryError(f"no free block of order {order} or more")
        frame = self.free_at[source].pop(0)
        for half in range(order, source):
            insort(self.free_at[half], frame + (1 << half))
        self.live[frame] = order
        return frame

    def free(self, frame, order):
        if self.live.get(frame) != order:
            raise ValueError(f"no live block of order {order} begins at frame {frame}")
        del self.live[frame]
        self._enter(frame, order)

    def free_blocks(self):
        for order, blocks in enumerate(self.free_at):
            for frame in blocks:
                yield frame, order

    def _enter(self, frame, order):
        if order < self.max_order:
            buddy, blocks = frame ^ 1 << order, self.free_at[order]
            place = bisect_left(blocks, buddy)
            if place < len(blocks) and blocks[place] == buddy and max(frame, buddy) not in self.barriers:
                del blocks[place]
                self._enter(min(frame, buddy), order + 1)
                return
        insort(self.free_at[order], frame)
