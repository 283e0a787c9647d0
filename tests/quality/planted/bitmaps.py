"""A clean buddy allocator on bitmaps, one level for each order, from which planted bugs depart.

order 0   . . 1 . . . . .        bit b of level k: the block of 2**k frames at frame b * 2**k is free
order 1   1   .   .   .
order 2   .       1
"""


class Bitmaps:
    """All levels lie in one array of bytes, one after the other; the lowest block is given."""

    policies = ("smallest-sufficient", "lowest-address", "lower-half")

    def __init__(self, frames, max_order):
        self.frames, self.max_order = frames, max_order
        self.begin, size = [], 0
        for order in range(max_order + 1):
            self.begin.append(8 * size)
            size += self.bytes_for(-(-frames >> order))
        self.bits = bytearray(size + 8 * (max_order + 1))
        self.live = {}
        frame = 0
        while frame < frames:
            order = min(max_order, (frames - frame).bit_length() - 1)
            self.put(frame, order, True)
            frame += 1 << order

    def bytes_for(self, blocks):
        return (blocks + 7) // 8

    def is_free(self, frame, order):
        bit = self.begin[order] + (frame >> order)
        return bool(self.bits[bit >> 3] >> (bit & 7) & 1)

    def put(self, frame, order, free):
        bit = self.begin[order] + (frame >> order)
        self.bits[bit >> 3] = self.bits[bit >> 3] & ~(1 << (bit & 7)) | free << (bit & 7)

    def lowest(self, order):
        return next((frame for frame in range(0, self.frames, 1 << order) if self.is_free(frame, order)), None)

    def allocate(self, order):
        for source in range(order, self.max_order + 1):
            frame = self.lowest(source)
            if frame is not None:
                break
        else:
            raise MemoryError
        self.put(frame, source, False)
        for half in reversed(range(order, source)):
            self.put(frame + self.half_size(half), half, True)
        self.live[frame] = order
        return frame

    def half_size(self, order):
        """Frames from the first child of a block to the second, which has this order."""
        return 1 << order

    def free(self, frame, order):
        if self.live.get(frame) != order:
            raise ValueError(f"no live block of order {order} begins at frame {frame}")
        del self.live[frame]
        while order < self.max_order:
            buddy = frame ^ (1 << order)
            if buddy >= self.frames or not self.is_free(buddy, order):
                break
            self.put(buddy, order, False)
            frame, order = min(frame, buddy), order + 1
        self.put(frame, order, True)

    def free_blocks(self):
        orders = range(self.max_order + 1)
        return [(frame, k) for k in orders for frame in range(0, self.frames, 1 << k) if self.is_free(frame, k)]
