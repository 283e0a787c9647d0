"""Bugs in merging a freed block with its buddy."""

from linked import NO_BLOCK, Linked
from listed import Listed


class TopDropsBlock(Listed):
    """The loop inserts a block only where a merge ends below the largest order: one that reaches it is dropped."""

    def give_back(self, frame, order):
        while order < self.max_order:
            if not self.can_merge(frame, order):
                self.free_at[order].append(frame)
                return
            frame, order = self.merge(frame, order)


class TopMergesOn(Listed):
    """Two buddies of the largest order are merged as well, into a block that no list can hold: both are lost."""

    def give_back(self, frame, order):
        while order <= self.max_order and self.can_merge(frame, order):
            frame, order = self.merge(frame, order)
        if order <= self.max_order:
            self.free_at[order].append(frame)


class CrossesBarriers(Listed):
    """The buddy is merged although it is in another zone."""

    def can_merge(self, frame, order):
        return frame ^ (1 << order) in self.free_at[order]


class LeavesLinkDangling(Linked):
    """A buddy that is absorbed leaves its list, but the block behind it still points back at it."""

    def absorb(self, buddy):
        after, before = self.after[buddy], self.before[buddy]
        if before is None:
            self.first[self.state[buddy]] = after
        else:
            self.after[before] = after
        self.state[buddy] = NO_BLOCK


class MergesWithNext(Listed):
    """The buddy is looked for behind the block only, wherever the block begins."""

    def can_merge(self, frame, order):
        return frame + (1 << order) in self.free_at[order] and frame + (1 << order) not in self.barriers

    def merge(self, frame, order):
        self.free_at[order].remove(frame + (1 << order))
        return frame, order + 1


class MergesOnce(Listed):
    """After one merge the block is not looked at again."""

    def give_back(self, frame, order):
        if order < self.max_order and self.can_merge(frame, order):
            frame, order = self.merge(frame, order)
        self.free_at[order].append(frame)
