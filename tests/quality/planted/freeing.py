"""Bugs in deciding what may be freed, and in what is done with it."""

from bitmaps import Bitmaps
from linked import LIVE, Linked
from listed import Listed


class AcceptsDoubleFree(Listed):
    """Nobody asks whether the block is live."""

    def free(self, frame, order):
        if not self.start <= frame < self.end or order > self.max_order:
            raise ValueError(f"frame {frame} is not in the arena")
        self.live.pop(frame, None)
        self.give_back(frame, order)


class AcceptsWrongOrder(Listed):
    """The order that the caller names is believed."""

    def free(self, frame, order):
        if frame not in self.live or order > self.max_order:
            raise ValueError(f"no live block begins at frame {frame}")
        del self.live[frame]
        self.give_back(frame, order)


class AcceptsMisaligned(Bitmaps):
    """The frame is rounded down to the beginning of a block before it is looked up."""

    def free(self, frame, order):
        super().free(frame >> order << order, order)


class IndexErrorOutside(Linked):
    """A frame beyond the end is looked up in an array that has no place for it."""

    def is_live(self, frame, order):
        return self.state[frame] == LIVE + order


class MissesLastLeaf(Listed):
    """When nothing is live it begins anew, but 'nothing' leaves the last frame out, and its live block is dropped."""

    def free(self, frame, order):
        super().free(frame, order)
        if not any(leaf in self.live for leaf in range(self.start, self.end - 1)):
            self.populate()


class TopNeverFreed(Listed):
    """A block of the largest order is marked as free, but no list gets it."""

    def give_back(self, frame, order):
        if order < self.max_order or self.max_order == 0:
            super().give_back(frame, order)
