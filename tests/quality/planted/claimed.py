"""A clean allocator that claims the frames of a block one by one, from which planted bugs depart.

It keeps one flag for each frame and no blocks at all: buddies that are both free are one block without a merge.
"""


class Claimed:
    """The lowest run of free frames that is aligned and long enough is claimed, as by cores without a common lock."""

    def __init__(self, frames, max_order):
        self.frames, self.max_order = frames, max_order
        self.is_free = [True] * frames
        self.live = {}

    def allocate(self, order):
        if order > self.max_order:
            raise MemoryError
        for frame in range(0, self.frames - (1 << order) + 1, 1 << order):
            if self.claim(frame, 1 << order):
                self.live[frame] = order
                return frame
        raise MemoryError

    def claim(self, first, size):
        """Claim `size` frames, all or none."""
        for frame in range(first, first + size):
            if not self.is_free[frame]:
                self.undo(first, frame)
                return False
            self.is_free[frame] = False
        return True

    def undo(self, first, end):
        self.is_free[first:end] = [True] * (end - first)

    def free(self, frame, order):
        if self.live.get(frame) != order:
            raise ValueError(f"no live block of order {order} begins at frame {frame}")
        del self.live[frame]
        self.undo(frame, frame + (1 << order))

    def free_blocks(self):
        blocks, frame = [], 0
        while frame < self.frames:
            order = 0
            while order < self.max_order and frame % (2 << order) == 0 and self.is_run(frame, 2 << order):
                order += 1
            if self.is_free[frame]:
                blocks.append((frame, order))
            frame += 1 << order
        return blocks

    def is_run(self, frame, size):
        return frame + size <= self.frames and all(self.is_free[frame : frame + size])
