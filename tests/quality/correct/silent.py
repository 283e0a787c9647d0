"""A correct allocator that ignores illegal frees, and keeps two frames of the arena for itself.

Its free blocks are not kept at all: what is neither live nor kept is free, and is cut into blocks when asked for.
"""


class Silent:
    """Live blocks by first frame; the first free block of the largest order is given, at its lower end."""

    illegal_free = "ignored"
    keeps = (0, 5)

    def __init__(self, frames, max_order):
        self.frames, self.max_order = frames, max_order
        self.live = dict.fromkeys((frame for frame in self.keeps if frame < frames), 0)
        self.given = set()

    def allocate(self, order):
        large = [(-size, frame) for frame, size in self.free_blocks() if size >= order]
        if not large:
            raise MemoryError
        frame = min(large)[1]
        self.live[frame] = order
        self.given.add((frame, order))
        return frame

    def free(self, frame, order):
        if (frame, order) in self.given:
            self.given.remove((frame, order))
            del self.live[frame]

    def free_blocks(self):
        blocks = []
        used = [False] * self.frames
        for frame, order in self.live.items():
            used[frame : frame + (1 << order)] = [True] * (1 << order)
        frame = 0
        while frame < self.frames:
            order = 0
            while order < self.max_order and frame % (2 << order) == 0 and self._is_run(used, frame, 2 << order):
                order += 1
            if not used[frame]:
                blocks.append((frame, order))
            frame += 1 << order
        return blocks

    def _is_run(self, used, frame, size):
        return frame + size <= self.frames and not any(used[frame : frame + size])
