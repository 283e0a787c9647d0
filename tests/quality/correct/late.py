"""A correct allocator that merges late: freed blocks stay as they are until a request cannot be met."""


class Late:
    """Free blocks by first frame; the largest block is split, and the upper halves go on being split."""

    merging = "lazy"
    policies = ()

    def __init__(self, frames, max_order, *, barriers=()):
        self.max_order, self.barriers = max_order, frozenset(barriers)
        self.blocks = dict.fromkeys(range(frames), 0)
        self.live = {}

    def allocate(self, order):
        if order > self.max_order:
            raise ValueError(f"orders go up to {self.max_order}")
        frame = self._suitable(order)
        if frame is None:
            self._merge_all()
            frame = self._suitable(order)
        if frame is None:
            raise MemoryError
        source = self.blocks.pop(frame)
        while source > order:
            source -= 1
            self.blocks[frame] = source
            frame += 1 << source
        self.live[frame] = order
        return frame

    def free(self, frame, order):
        if (frame, order) not in self.live.items():
            raise ValueError(f"no live block of order {order} begins at frame {frame}")
        self.blocks[frame] = self.live.pop(frame)

    def free_blocks(self):
        return list(self.blocks.items())

    def _suitable(self, order):
        large = [(size, frame) for frame, size in self.blocks.items() if size >= order]
        return max(large)[1] if large else None

    def _merge_all(self):
        for order in range(self.max_order):
            for frame in sorted(frame for frame, size in self.blocks.items() if size == order):
                buddy = frame + (1 << order)
                if frame % (2 << order) == 0 and self.blocks.get(buddy) == order and buddy not in self.barriers:
                    del self.blocks[buddy]
                    self.blocks[frame] = order + 1
