"""Heaps with one bug each."""

from sound import Bump, FirstFit, Private, Slabs


class HeaderCountsInto(FirstFit):
    """A header of eight bytes moves the block off its alignment."""

    def allocate(self, size):
        return self.moved(super().allocate(size + 8), size)

    def moved(self, address, size):
        del self.blocks[address]
        self.blocks[address + 8] = size
        return address + 8

    def free(self, address):
        self.live(address)
        self.blocks[address - 8] = self.blocks.pop(address) + 8
        super().free(address - 8)


class IgnoresAlignment(FirstFit):
    """aligned_alloc aligns as malloc does."""

    def take(self, size, alignment):
        return super().take(size, self.GRAIN)


class RoundsDown(FirstFit):
    """The room of a block is its size rounded down, so that large blocks reach into the next."""

    def up(self, size):
        return max(self.GRAIN, size // self.GRAIN * self.GRAIN)


class JoinsTooMuch(FirstFit):
    """Two holes are joined although a small block lies between them."""

    def joined(self, holes):
        whole = []
        for first, length in holes:
            if whole and first - sum(whole[-1]) <= self.GRAIN:
                whole[-1] = (whole[-1][0], first + length - whole[-1][0])
            else:
                whole.append((first, length))
        return whole


class FreesTwice(FirstFit):
    """The list of live blocks is never cleaned, so a second free makes a second hole."""

    def free(self, address):
        size = self.live(address)
        self.give(address, self.up(size))


class AcceptsInside(FirstFit):
    """A free of an address inside a block frees the block."""

    def free(self, address):
        super().free(address if address in self.blocks else address // self.GRAIN * self.GRAIN)


class RefusalFrees(FirstFit):
    """A free that is refused clears what lies there all the same."""

    def free(self, address):
        if address not in self.blocks:
            self.bytes[address : min(address + 8, self.size)] = bytes(len(self.bytes[address : address + 8]))
        super().free(address)


class ClearsOnFree(FirstFit):
    """The link of a free list is written sixteen bytes too far, into the next block."""

    def free(self, address):
        room = self.up(self.live(address))
        super().free(address)
        if address + room + 8 <= self.size:
            self.write(address + room, b"\xee" * 8)


class ReallocForgets(FirstFit):
    """realloc copies as many words as there are, and no odd bytes at the end."""

    def reallocate(self, address, size):
        old = self.live(address)
        fresh = self.allocate(size)
        self.write(fresh, self.read(address, min(old, size) // 8 * 8))
        self.free(address)
        return fresh


class ReallocFreesFirst(FirstFit):
    """realloc gives the old block back before it knows whether there is a new one."""

    def reallocate(self, address, size):
        old = self.live(address)
        data = self.read(address, min(old, size))
        self.free(address)
        fresh = self.allocate(size)
        self.write(fresh, data)
        return fresh


class CallocTrusts(FirstFit):
    """calloc takes memory for fresh that was used before."""

    def calloc(self, count, size):
        return self.allocate(count * size)


class CallocWraps(FirstFit):
    """The product of calloc is a word (CVE-2002-0391)."""

    def calloc(self, count, size):
        total = count * size % 2**64
        address = self.allocate(total)
        self.write(address, bytes(total))
        return address


class CallocClearsOne(FirstFit):
    """calloc clears one element less."""

    def calloc(self, count, size):
        address = self.allocate(count * size)
        self.write(address, b"\x01" * size + bytes(max(0, count - 1) * size))
        return address


class LosesSplinters(FirstFit):
    """A rest of sixteen bytes is too small for the list of holes, and lost."""

    def take(self, size, alignment):
        address = super().take(size, alignment)
        self.holes = [hole for hole in self.holes if hole[1] > 16]
        return address


class NeverJoins(FirstFit):
    """Holes stay as small as they have become."""

    def joined(self, holes):
        return holes


class KeepsSlabs(Slabs):
    """A slab stays with its size when it is empty."""

    def free(self, address):
        kind = self.kind[address // self.SLAB]
        super().free(address)
        if kind > 0:
            self.kind[address // self.SLAB] = kind


class ZeroIsShared(FirstFit):
    """Requests for no bytes all get the same address."""

    def allocate(self, size):
        if size:
            return super().allocate(size)
        self.blocks.setdefault(self.size - 16, 0)
        return self.size - 16


class ZeroIsRefused(FirstFit):
    """A request for no bytes is taken for a mistake."""

    def allocate(self, size):
        if not size:
            raise ValueError(size)
        return super().allocate(size)


class UsableTooLarge(FirstFit):
    """What is usable counts a header that is not there."""

    def usable(self, address):
        return super().usable(address) + 16


class UsableTooSmall(FirstFit):
    """What is usable leaves a header out that is not there."""

    def usable(self, address):
        return super().usable(address) - 16


class WrapsSize(FirstFit):
    """Rounding up wraps: nearly all addresses are sixteen bytes."""

    def up(self, size):
        return max(self.GRAIN, (size + self.GRAIN - 1) % 2**64 // self.GRAIN * self.GRAIN)


class BeyondTheEnd(FirstFit):
    """The last hole is thought to be a grain longer."""

    def __init__(self, size):
        super().__init__(size)
        self.holes = [(0, size // self.GRAIN * self.GRAIN + self.GRAIN)]
        self.bytes = bytearray(size + self.GRAIN)


class MixesSizes(Bump):
    """A freed block serves for the next larger size as well."""

    def allocate(self, size):
        near = self.up(size) - self.GRAIN
        if size and self.freed.get(near):
            address = self.freed[near].pop()
            self.blocks[address] = size
            return address
        return super().allocate(size)


class FreesForeign(Private):
    """A heap frees what belongs to another."""

    def free_in(self, heap, address):
        place, inside = self.heap(heap)
        if address - place in inside.blocks:
            inside.free(address - place)
        else:
            self.free(address)


class SharesLimit(Private):
    """All heaps share one count of blocks: one that is full refuses for all."""

    def allocate_in(self, heap, size):
        if sum(len(inside.blocks) for _, inside in self.inner.values()) >= 3:
            raise MemoryError(size)
        return super().allocate_in(heap, size)


class DestroyClears(Private):
    """Destroying a heap clears its memory, and a grain more."""

    def destroy(self, heap):
        place, inside = self.heap(heap)
        super().destroy(heap)
        self.write(place, bytes(min(inside.size + self.GRAIN, self.size - place)))


class DestroyLeaks(Private):
    """The memory of a heap that is destroyed is lost."""

    def destroy(self, heap):
        self.heap(heap)
        del self.inner[heap]


class Crashes(FirstFit):
    """A request for nearly all addresses ends the process."""

    def allocate(self, size):
        if size > 2**63:
            import os

            os.abort()
        return super().allocate(size)


class Hangs(FirstFit):
    """A full heap looks for memory for ever."""

    def allocate(self, size):
        try:
            return super().allocate(size)
        except MemoryError:
            while True:
                pass
