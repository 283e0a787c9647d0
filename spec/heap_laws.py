"""The laws of heaps, each at one block, two blocks, one byte or one call.

None of them says where a block has to lie: that is the heap's own affair. A block of no bytes counts as one byte.
"""

from __future__ import annotations

from .algebra import ZERO, Truth, Word, implies, where
from .heap import Block, is_apart, is_inside, is_multiple, occupied
from .law import Scope, law

CONTRACT = "heap"
#: The part of the contract that these laws are about; what is left is conduct.
PART = "blocks"


@law(
    "H1",
    "placed",
    contract=CONTRACT,
    part=PART,
    statement="A block begins at a multiple of the alignment: the heap's own, or the one that was asked for.",
    source="C17 7.22.3 and 7.22.3.1 (malloc, aligned_alloc); HeapAlloc: MEMORY_ALLOCATION_ALIGNMENT.",
    scope=Scope.BLOCKS,
)
def aligned(block: Block, alignment: Word) -> Truth:
    """The first byte is at a multiple of a power of two."""
    return is_multiple(block.first, alignment)


@law(
    "H2",
    "apart",
    contract=CONTRACT,
    part=PART,
    statement="No two live blocks share a byte.",
    source="C17 7.22.3: each allocation yields a pointer to an object disjoint from any other object.",
    scope=Scope.BLOCKS,
)
def apart(block: Block, other: Block) -> Truth:
    """At any two blocks that are live at the same time."""
    return is_apart(Block(block.first, occupied(block.size)), Block(other.first, occupied(other.size)))


@law(
    "H3",
    "preserved",
    contract=CONTRACT,
    part=PART,
    statement="A live block holds what was last written to it; reallocating keeps the bytes that both sizes have.",
    source="C17 6.2.4 and 7.22.3.5: an object retains its last-stored value; realloc keeps the lesser of the sizes.",
    scope=Scope.BLOCKS,
)
def kept(known: Truth, written: Word, read: Word) -> Truth:
    """At any byte of a live block, if it is known what was written there."""
    return implies(known, read == written)


@law(
    "H4",
    "cleared",
    contract=CONTRACT,
    part=PART,
    statement="calloc gives zeros, and refuses a number of bytes that no word holds.",
    source="C17 7.22.3.2; CVE-2002-0391 and CERT MEM07-C: the product must not wrap.",
    scope=Scope.BLOCKS,
)
def cleared(granted: Truth, size: Word, room: Word, read: Word) -> Truth:
    """At any byte of a block that calloc gave: zero, in a block no smaller than was asked for."""
    return implies(granted, (read == ZERO) & (room >= size))


@law(
    "H5",
    "leakless",
    contract=CONTRACT,
    part=PART,
    statement="What an empty heap has once granted it grants whenever it is empty again; memory is refused only for "
    "want of it.",
    source="Knuth 1, 2.5: liberation undoes reservation; what leaks shows as a request that no longer fits.",
    scope=Scope.CHANGE,
)
def complete(empty: Truth, worked: Truth, granted: Truth) -> Truth:
    """At any request: an empty heap that has granted it grants it."""
    return implies(empty & worked, granted)


@law(
    "H6",
    "rejected",
    contract=CONTRACT,
    part=PART,
    statement="What is no live block cannot be freed or reallocated, and the attempt changes nothing.",
    source="CWE-415 and CWE-590; HeapFree fails with an address that it did not give; C leaves it undefined.",
    scope=Scope.CHANGE,
)
def refused(live: Truth, done: Truth) -> Truth:
    """At any call that gives a block back: it is done for a live block alone."""
    return implies(done, live)


@law(
    "H7",
    "empty",
    contract=CONTRACT,
    part=PART,
    statement="A request for no bytes gives nothing, or an address that no other live block has.",
    source="C17 7.22.3: a null pointer, or as if the size were some nonzero value.",
    scope=Scope.BLOCKS,
)
def empty(size: Word, nothing: Truth) -> Truth:
    """Nothing is an answer to a request for no bytes alone; that an address is nobody else's, `apart` says."""
    return implies(nothing, size == ZERO)


@law(
    "H8",
    "usable",
    contract=CONTRACT,
    part=PART,
    statement="A block has at least the bytes that were asked for, and all that it is said to have are its own.",
    source="malloc_usable_size(3), HeapSize: no less than was requested.",
    scope=Scope.BLOCKS,
)
def usable(size: Word, room: Word) -> Truth:
    """What a heap says of a live block."""
    return room >= size


@law(
    "H9",
    "private",
    contract=CONTRACT,
    part=PART,
    statement="A private heap gives back its own blocks only, is not exhausted by another, and takes along only its "
    "own when it is destroyed.",
    source="HeapCreate, HeapDestroy: a private heap; the global heap of Windows 3.1 was shared by all processes.",
    scope=Scope.CHANGE,
)
def isolated(private: Truth, owner: Word, heap: Word, done: Truth) -> Truth:
    """At any block and any call in a heap: nothing is done in one heap to the block of another."""
    return implies(private & done, owner == heap)


@law(
    "H10",
    "contained",
    contract=CONTRACT,
    part=PART,
    statement="A block lies inside the memory that the heap was given, or that there is at all.",
    source="HeapCreate with a maximum size; no object wraps around the end of the address space.",
    scope=Scope.BLOCKS,
)
def inside(block: Block, arena: Block) -> Truth:
    """At any live block."""
    return is_inside(Block(block.first, occupied(block.size)), arena)


def held(live: Word, size: Word, capacity: Word) -> Truth:
    """Whether `size` bytes more leave the live ones within the capacity; for a heap whose addresses say nothing."""
    return (live <= capacity) & (size <= where(live <= capacity, capacity - live, ZERO))
