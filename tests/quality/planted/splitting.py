"""Bugs between the steps of one call."""

from claimed import Claimed
from listed import Listed


class RemainderInvisible(Listed):
    """What is left of a split is entered into the lists only after the next call: that call does not see it.

    No look at the free blocks is offered, so that the calls alone must show it.
    """

    free_blocks = None
    left_over = ()

    def split(self, frame, source, order):
        self.left_over = [(frame + (1 << half), half) for half in range(order, source)]
        return frame

    def allocate(self, order):
        late, self.left_over = self.left_over, ()
        try:
            return super().allocate(order)
        finally:
            self.enter(late)

    def free(self, frame, order):
        self.enter(self.left_over)
        self.left_over = ()
        super().free(frame, order)

    def enter(self, blocks):
        for frame, order in blocks:
            self.give_back(frame, order)


class ClaimNotUndone(Claimed):
    """A claim that meets a frame in use gives up, and keeps the frames that it has claimed so far."""

    def claim(self, first, size):
        for frame in range(first, first + size):
            if not self.is_free[frame]:
                return False
            self.is_free[frame] = False
        return True


class FailedSplitLosesBlock(Listed):
    """A block is taken out of its list before it is known to be large enough, and not put back if it is not."""

    def source_order(self, order):
        try:
            return super().source_order(order)
        except MemoryError:
            if order <= self.max_order and order and self.free_at[order - 1]:
                self.free_at[order - 1].pop()
            raise
