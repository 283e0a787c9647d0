"""Heaps without a bug, of three policies; the planted ones are made of the first.

They are written as anybody would write them, on a bytearray, and know nothing of who judges them.
"""


class Base:
    """Memory with bytes in it, and what every heap here has in common."""

    GRAIN = 16

    def __init__(self, size):
        self.size = size
        self.bytes = bytearray(size)
        self.blocks = {}

    def up(self, size):
        return max(self.GRAIN, -(-size // self.GRAIN) * self.GRAIN)

    def live(self, address):
        if address not in self.blocks:
            raise ValueError(address)
        return self.blocks[address]

    def read(self, address, length):
        return bytes(self.bytes[address : address + length])

    def write(self, address, data):
        self.bytes[address : address + len(data)] = data

    def calloc(self, count, size):
        address = self.allocate(count * size)
        self.write(address, bytes(count * size))
        return address

    def reallocate(self, address, size):
        old = self.live(address)
        fresh = self.allocate(size)
        self.write(fresh, self.read(address, min(old, size)))
        self.free(address)
        return fresh

    def usable(self, address):
        return self.up(self.live(address))


class FirstFit(Base):
    """A list of holes, kept in order and joined at every free; with private heaps carved out of it."""

    def __init__(self, size):
        super().__init__(size)
        self.holes = [(0, size // self.GRAIN * self.GRAIN)]
        self.inner = {}

    def allocate(self, size):
        return self.take(size, self.GRAIN)

    def aligned(self, alignment, size):
        if alignment <= 0 or alignment & (alignment - 1):
            raise ValueError(alignment)
        return self.take(size, max(alignment, self.GRAIN))

    def take(self, size, alignment):
        room = self.up(size)
        for at, (first, length) in enumerate(self.holes):
            begin = -(-first // alignment) * alignment
            if begin + room <= first + length:
                rest = [(first, begin - first), (begin + room, first + length - begin - room)]
                self.holes[at : at + 1] = [hole for hole in rest if hole[1]]
                self.blocks[begin] = size
                return begin
        raise MemoryError(size)

    def free(self, address):
        size = self.live(address)
        del self.blocks[address]
        self.give(address, self.up(size))

    def give(self, first, length):
        self.holes = self.joined(sorted([*self.holes, (first, length)]))

    def joined(self, holes):
        whole = []
        for first, length in holes:
            if whole and sum(whole[-1]) == first:
                whole[-1] = (whole[-1][0], whole[-1][1] + length)
            else:
                whole.append((first, length))
        return whole


class Private(FirstFit):
    """Heaps inside the heap, each with memory of its own."""

    def create(self, heap, size):
        if heap in self.inner:
            raise ValueError(heap)
        place = self.allocate(size)
        del self.blocks[place]
        inside = FirstFit(self.up(size))
        self.inner[heap] = (place, inside)

    def destroy(self, heap):
        place, inside = self.heap(heap)
        del self.inner[heap]
        self.give(place, inside.size)

    def allocate_in(self, heap, size):
        place, inside = self.heap(heap)
        return place + inside.allocate(size)

    def free_in(self, heap, address):
        place, inside = self.heap(heap)
        inside.free(address - place)

    def heap(self, heap):
        if heap not in self.inner:
            raise ValueError(heap)
        return self.inner[heap]


class Shared(FirstFit):
    """One memory for all processes, as in Windows 3.1: who frees what is nobody's business."""

    heaps = "global"

    def __init__(self, size):
        super().__init__(size)
        self.owner = {}
        self.processes = set()

    def create(self, heap, _size):
        if heap in self.processes:
            raise ValueError(heap)
        self.processes.add(heap)

    def destroy(self, heap):
        self.known(heap)
        for address in [address for address in self.blocks if self.owner.get(address) == heap]:
            self.free(address)
        self.processes.remove(heap)

    def allocate_in(self, heap, size):
        self.known(heap)
        address = self.allocate(size)
        self.owner[address] = heap
        return address

    def free_in(self, heap, address):
        self.known(heap)
        self.free(address)

    def reallocate(self, address, size):
        owner = self.owner.get(address)
        fresh = super().reallocate(address, size)
        if owner is not None:
            self.owner[fresh] = owner
        return fresh

    def free(self, address):
        super().free(address)
        self.owner.pop(address, None)

    def known(self, heap):
        if heap not in self.processes:
            raise ValueError(heap)


class Slabs(Base):
    """Powers of two out of slabs of 256 bytes, which go back when they are empty; whole slabs for what is larger."""

    SLAB = 256
    least = 1024

    def __init__(self, size):
        super().__init__(size)
        self.kind = [0] * (size // self.SLAB)

    def allocate(self, size):
        size_class = self.GRAIN
        while size_class < size:
            size_class *= 2
        if size_class > self.SLAB // 2:
            return self.whole(size)
        mine = [at for at, kind in enumerate(self.kind) if kind == size_class]
        for slab in [*mine, *[at for at, kind in enumerate(self.kind) if not kind]]:
            for first in range(slab * self.SLAB, (slab + 1) * self.SLAB, size_class):
                if first not in self.blocks:
                    self.kind[slab], self.blocks[first] = size_class, size
                    return first
        raise MemoryError(size)

    def whole(self, size):
        count = -(-size // self.SLAB)
        for at in range(len(self.kind) - count + 1):
            if not any(self.kind[at : at + count]):
                self.kind[at : at + count] = [-1] * count
                self.blocks[at * self.SLAB] = size
                return at * self.SLAB
        raise MemoryError(size)

    def free(self, address):
        size, slab = self.live(address), address // self.SLAB
        del self.blocks[address]
        if self.kind[slab] < 0:
            count = -(-size // self.SLAB)
            self.kind[slab : slab + count] = [0] * count
        elif not any(slab * self.SLAB <= other < (slab + 1) * self.SLAB for other in self.blocks):
            self.kind[slab] = 0

    def usable(self, address):
        kind = self.kind[address // self.SLAB]
        return kind if kind > 0 else -(-self.live(address) // self.SLAB) * self.SLAB


class Bump(Base):
    """Upward only, with a list of freed blocks for each size; what is freed is good for the same size again.

    A block of no bytes is nothing.
    """

    reclaims = "kept"
    illegal_free = "undefined"

    def __init__(self, size):
        super().__init__(size)
        self.top = 0
        self.freed = {}

    def allocate(self, size):
        if not size:
            return None
        room = self.up(size)
        if self.freed.get(room):
            address = self.freed[room].pop()
        elif self.top + room <= self.size:
            address, self.top = self.top, self.top + room
        else:
            raise MemoryError(size)
        self.blocks[address] = size
        return address

    def calloc(self, count, size):
        return super().calloc(count, size) if count * size else None

    def free(self, address):
        self.freed.setdefault(self.up(self.blocks.pop(address)), []).append(address)
