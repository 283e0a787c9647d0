"""A clean buddy allocator on free lists, from which planted bugs depart: the block freed last is given first."""


class Listed:
    """Free blocks as one list for each order, live blocks by first frame."""

    policies = ("smallest-sufficient", "lower-half")

    def __init__(self, frames, max_order, *, start=0, reserved=(), barriers=()):
        self.start, self.end, self.max_order = start, start + frames, max_order
        self.reserved, self.barriers = frozenset(reserved), frozenset(barriers)
        self.populate()

    def populate(self):
        """All usable frames are free, in the largest blocks that fit between holes and barriers."""
        self.free_at = [[] for _ in range(self.max_order + 1)]
        self.live = {}
        begin = self.start
        for frame in range(self.start, self.end + 1):
            hole = frame in self.reserved
            if frame == self.end or hole or frame in self.barriers:
                self.fill(begin, frame)
                begin = frame + hole

    def fill(self, begin, end):
        while begin < end:
            order = self.largest_order(begin, end)
            self.free_at[order].append(begin)
            begin += 1 << order

    def largest_order(self, begin, end):
        order = min(self.max_order, (end - begin).bit_length() - 1)
        while begin % (1 << order):
            order -= 1
        return order

    def allocate(self, order):
        source = self.source_order(order)
        frame = self.split(self.free_at[source].pop(), source, order)
        self.live[frame] = order
        return frame

    def source_order(self, order):
        for source in range(order, self.max_order + 1):
            if self.free_at[source]:
                return source
        raise MemoryError

    def split(self, frame, source, order):
        """Give the upper halves back one by one; the lower end of the block is what is left."""
        for half in reversed(range(order, source)):
            self.free_at[half].append(frame + (1 << half))
        return frame

    def free(self, frame, order):
        if self.live.get(frame) != order:
            raise ValueError(f"no live block of order {order} begins at frame {frame}")
        del self.live[frame]
        self.give_back(frame, order)

    def give_back(self, frame, order):
        while order < self.max_order and self.can_merge(frame, order):
            frame, order = self.merge(frame, order)
        self.free_at[order].append(frame)

    def can_merge(self, frame, order):
        buddy = frame ^ (1 << order)
        return buddy in self.free_at[order] and max(frame, buddy) not in self.barriers

    def merge(self, frame, order):
        self.free_at[order].remove(frame ^ (1 << order))
        return frame & ~(1 << order), order + 1

    def free_blocks(self):
        return [(frame, order) for order, blocks in enumerate(self.free_at) for frame in blocks]
