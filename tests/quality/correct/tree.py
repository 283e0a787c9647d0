"""A correct allocator on a binary tree: each node knows the largest free block below it. It gives upper halves.

                 3                      largest[node]: order of the largest free block in the node's part, or NOTHING
          1             2
       1     0       .     .
     .   . 0   .   .   . .   .

It offers no look at its free blocks, and takes arenas that begin anywhere.
"""

NOTHING = -1


class Tree:
    """The tree covers a power of two of frames, and what is not in the arena was never free."""

    policies = ("upper-half",)

    def __init__(self, frames, max_order, *, start=0):
        self.top = max(max_order, (start + frames - 1).bit_length())
        self.max_order = max_order
        self.largest = [NOTHING] * (2 << self.top)
        self.live = {}
        for frame in range(start, start + frames):
            self._set(frame, 0, 0)

    def allocate(self, order):
        if not 0 <= order <= self.max_order or self.largest[1] < order:
            raise MemoryError
        node, level = 1, self.top
        while self.largest[node] < level:
            left, right = self.largest[2 * node], self.largest[2 * node + 1]
            node = 2 * node + (left < order or order <= right < left)
            level -= 1
        # All of this part is free: its low halves are split, and the upper half of the last split is given.
        frame = (node << level) - (1 << self.top)
        if level > order:
            frame += 1 << order
        self._set(frame, order, NOTHING)
        self.live[frame] = order
        return frame

    def free(self, frame, order):
        if self.live.get(frame) != order:
            raise ValueError(f"no live block of order {order} begins at frame {frame}")
        del self.live[frame]
        self._set(frame, order, order)

    def _set(self, frame, order, largest):
        node = ((1 << self.top) + frame) >> order
        self.largest[node] = largest
        for level in range(order + 1, self.top + 1):
            node >>= 1
            left, right = self.largest[2 * node], self.largest[2 * node + 1]
            whole = left == right == level - 1 and level <= self.max_order
            self.largest[node] = level if whole else max(left, right)
