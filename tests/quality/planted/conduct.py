"""Bugs in how calls are answered, and calls that no answer comes to."""

import ctypes
import os

from listed import Listed


class ListsBlockTwice(Listed):
    """The list of free blocks begins and ends with the same block."""

    def free_blocks(self):
        blocks = super().free_blocks()
        return blocks + blocks[:1]


class ReturnsFloat(Listed):
    """A frame number comes out of a division of bytes."""

    def allocate(self, order):
        return super().allocate(order) * 4096 / 4096


class Aborts(Listed):
    """An assertion about a request that is too large ends the process."""

    def allocate(self, order):
        if order > self.max_order:
            os.abort()
        return super().allocate(order)


class Segfaults(Listed):
    """The block behind the last one is looked at when there is none."""

    def free(self, frame, order):
        super().free(frame, order)
        if not self.live:
            ctypes.string_at(0)


class HogsMemory(Listed):
    """A request that cannot be met is written down again and again."""

    def allocate(self, order):
        requests = []
        while order > self.max_order:
            requests.append(b"request " * (1 << 20))
        return super().allocate(order)


class LeaksSlowly(Listed):
    """Every 10 000th operation loses one frame."""

    operations = 0

    def allocate(self, order):
        self.operations += 1
        return super().allocate(order)

    def give_back(self, frame, order):
        self.operations += 1
        if self.operations < 10_000:
            super().give_back(frame, order)
            return
        self.operations = 0
        self.fill(frame + 1, frame + (1 << order))
