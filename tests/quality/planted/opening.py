"""Bugs that are there from the opening on: which frames are managed, and how they are cut into blocks."""

from listed import Listed


class Booked(Listed):
    """Correct: the first frame of the arena holds the allocator's own data."""

    keeps = (0,)
    booked = 1

    def __init__(self, frames, max_order):
        super().__init__(frames, max_order, reserved=range(min(self.booked, frames)))


class BookedTwice(Booked):
    """The frames for its own data are subtracted twice, from the beginning and from what is left."""

    booked = 2


class AlignedToArena(Listed):
    """Blocks are aligned relative to the start of the arena, although absolute alignment is promised."""

    def __init__(self, frames, max_order, *, start=0):
        super().__init__(frames, max_order)
        self.offset = start

    def allocate(self, order):
        return self.offset + super().allocate(order)

    def free(self, frame, order):
        super().free(frame - self.offset, order)

    def free_blocks(self):
        return [(self.offset + frame, order) for frame, order in super().free_blocks()]


class LastFrameRejected(Listed):
    """A range may not end at the end of memory: the check says >= where it means >."""

    def free(self, frame, order):
        if frame + (1 << order) >= self.end:
            raise ValueError("the block is not inside the arena")
        super().free(frame, order)


class Assumes32Frames(Listed):
    """The alignment of frame 0 is taken for 32, so that a larger arena begins with pieces that are never merged."""

    def largest_order(self, begin, end):
        size = begin & -begin or 32
        return min(self.max_order, size.bit_length() - 1, (end - begin).bit_length() - 1)
