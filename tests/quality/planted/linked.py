"""A clean buddy allocator on doubly linked lists, as kernels have them, from which planted bugs depart.

first[order] --after--> frame --after--> frame --after--> None
                        frame <-before-- frame
"""

NO_BLOCK, LIVE = -1, 100


class Linked:
    """`state[frame]` is the order of the free block that begins there, LIVE + order of a live one, or NO_BLOCK."""

    policies = ("smallest-sufficient", "lower-half")

    def __init__(self, frames, max_order):
        self.frames, self.max_order = frames, max_order
        self.state = [NO_BLOCK] * frames
        self.after, self.before = [None] * frames, [None] * frames
        self.first = [None] * (max_order + 1)
        frame = 0
        while frame < frames:
            order = min(max_order, (frames - frame).bit_length() - 1)
            self.insert(frame, order)
            frame += 1 << order

    def insert(self, frame, order):
        second = self.first[order]
        self.after[frame], self.before[frame] = second, None
        if second is not None:
            self.before[second] = frame
        self.first[order] = frame
        self.state[frame] = order

    def remove(self, frame):
        after, before = self.after[frame], self.before[frame]
        if before is None:
            self.first[self.state[frame]] = after
        else:
            self.after[before] = after
        if after is not None:
            self.before[after] = before
        self.state[frame] = NO_BLOCK

    def allocate(self, order):
        for source in range(order, self.max_order + 1):
            frame = self.first[source]
            if frame is not None:
                break
        else:
            raise MemoryError
        self.remove(frame)
        for half in reversed(range(order, source)):
            self.insert(frame + (1 << half), half)
        self.state[frame] = LIVE + order
        return frame

    def is_live(self, frame, order):
        return frame < self.frames and self.state[frame] == LIVE + order

    def free(self, frame, order):
        if not self.is_live(frame, order):
            raise ValueError(f"no live block of order {order} begins at frame {frame}")
        self.state[frame] = NO_BLOCK
        while order < self.max_order:
            buddy = frame ^ (1 << order)
            if buddy >= self.frames or self.state[buddy] != order:
                break
            self.absorb(buddy)
            frame, order = min(frame, buddy), order + 1
        self.insert(frame, order)

    def absorb(self, buddy):
        """Take a free buddy out of its list, for it becomes part of a larger block."""
        self.remove(buddy)

    def free_blocks(self):
        blocks = []
        for order, frame in enumerate(self.first):
            while frame is not None:
                blocks.append((frame, order))
                frame = self.after[frame]
        return blocks
