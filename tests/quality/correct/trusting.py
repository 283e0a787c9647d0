"""A correct allocator that trusts its callers: one bit for each frame, aligned relative to the start of the arena.

It keeps no record of live blocks, so that an illegal free has no defined effect; the highest run of free frames
that is aligned and long enough is given.
"""


class Trusting:
    """Bit f of `free_frames` is set if frame `start + f` is free; maximal aligned runs of them are the free blocks."""

    alignment = "arena"
    illegal_free = "undefined"

    def __init__(self, frames, max_order, *, start=0):
        self.frames, self.max_order, self.start = frames, max_order, start
        self.free_frames = (1 << frames) - 1

    def allocate(self, order):
        if order > self.max_order:
            raise MemoryError
        size = 1 << order
        for frame in range((self.frames >> order << order) - size, -1, -size):
            if self._is_free(frame, size):
                self.free_frames ^= self._run(frame, size)
                return self.start + frame
        raise MemoryError

    def free(self, frame, order):
        self.free_frames |= self._run(frame - self.start, 1 << order)

    def free_blocks(self):
        blocks, frame = [], 0
        while frame < self.frames:
            order = 0
            while order < self.max_order and frame % (2 << order) == 0 and self._is_free(frame, 2 << order):
                order += 1
            if self._is_free(frame, 1):
                blocks.append((self.start + frame, order))
            frame += 1 << order
        return blocks

    def _is_free(self, frame, size):
        return self.free_frames & self._run(frame, size) == self._run(frame, size)

    @staticmethod
    def _run(frame, size):
        return ((1 << size) - 1) << frame
