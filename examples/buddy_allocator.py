"""A buddy allocator for pagelaw to check: a plain class that imports and inherits nothing.

    pagelaw check examples/buddy_allocator.py:BuddyAllocator

The parameters `start` and `reserved` tell pagelaw that it may begin an arena anywhere and put holes into it; the
attribute `policies` and the method `free_blocks` make claims that it then checks. All four may be left out.
"""


class BuddyAllocator:
    """Free blocks by order, live blocks by first frame."""

    policies = ("smallest-sufficient", "lower-half")

    def __init__(self, frames, max_order, *, start=0, reserved=()):
        self.max_order = max_order
        self.free_at = [set() for _ in range(max_order + 1)]
        self.live = {}
        for frame in range(start, start + frames):
            if frame not in reserved:
                self._give_back(frame, 0)

    def allocate(self, order):
        """The first frame of a block of 2**order frames; MemoryError if there is none."""
        if order < 0:
            raise ValueError("an order is at least 0")
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
        """Give a block back; ValueError if that is illegal, and then nothing has changed."""
        if self.live.get(frame) != order:
            raise ValueError(f"no live block of order {order} begins at frame {frame}")
        del self.live[frame]
        self._give_back(frame, order)

    def free_blocks(self):
        """(frame, order) of every free block."""
        return [(frame, order) for order, blocks in enumerate(self.free_at) for frame in blocks]

    def _give_back(self, frame, order):
        while order < self.max_order and frame ^ (1 << order) in self.free_at[order]:
            self.free_at[order].remove(frame ^ (1 << order))
            frame &= ~(1 << order)
            order += 1
        self.free_at[order].add(frame)
