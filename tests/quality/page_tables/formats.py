"""Four entry formats, written down from the manuals: what an entry says, and how it is put together::

    x86-64    NX | frame 51..12 | software 11..9 | G | PS | D | A | . | . | U | W | P
    win32          frame 31..12 | software 11..9 | G | PS | D | A | . | . | U | W | P
    sv39      frame 53..10 | software 9..8 | D | A | G | U | X | W | R | V
    aarch64   software 58..55 | UXN 54 | frame 47..12 | AF 10 | SH | AP 7..6 | . | page or table 1 | V

Without P or V an entry is nothing.
"""

import struct


class Intel:
    """Four-byte entries in two levels; writing and the user are restricted by tables too."""

    widths = (10, 10)  # bits of the index, the last level first
    size = 4
    register = 32
    halves = False  # all addresses are one range
    huge = (1,)
    frame_bits = 20
    shared, accessed, dirty = 1 << 9, 1 << 5, 1 << 6

    def is_leaf(self, entry, level):
        return level == 0 or bool(entry & 1 << 7)

    def frame(self, entry):
        return entry >> 12 & (1 << self.frame_bits) - 1

    def leaf(self, frame, level):
        return frame << 12 | (level > 0) << 7 | 1

    def rights_bits(self, rights):
        return ("w" in rights) << 1 | ("u" in rights) << 2

    def table(self, frame):
        return frame << 12 | 0b111

    def grants(self, entry):
        """The rights that an entry grants, as letters."""
        return "r" + "w" * (entry >> 1 & 1) + "x" + "u" * (entry >> 2 & 1)

    def table_grants(self, entry):
        return self.grants(entry)

    def permits(self, granted, access):
        """Whether rights suffice: the supervisor may do on the pages of the user what it may on its own."""
        return set(access) <= set(granted)


class X8664(Intel):
    """Eight-byte entries in four levels, and a bit against execution."""

    widths = (9, 9, 9, 9)
    size = 8
    register = 64
    halves = True
    huge = (1, 2)
    frame_bits = 40

    def rights_bits(self, rights):
        return super().rights_bits(rights) | ("x" not in rights) << 63

    def grants(self, entry):
        return super().grants(entry).replace("x", "" if entry >> 63 else "x")


class Sv39(Intel):
    """Eight-byte entries in three levels; what may be read, written or executed is a leaf, and alone decides."""

    widths = (9, 9, 9)
    size = 8
    register = 64
    halves = True
    huge = (1, 2)
    frame_bits = 44
    shared, accessed, dirty = 1 << 8, 1 << 6, 1 << 7

    def is_leaf(self, entry, level):
        return bool(entry & 0b1110)

    def frame(self, entry):
        return entry >> 10 & (1 << self.frame_bits) - 1

    def leaf(self, frame, level):
        return frame << 10 | 1

    def rights_bits(self, rights):
        return 1 << 1 | ("w" in rights) << 2 | ("x" in rights) << 3 | ("u" in rights) << 4

    def table(self, frame):
        return frame << 10 | 1

    def grants(self, entry):
        letters = "r" * (entry >> 1 & 1) + "w" * (entry >> 2 & 1) + "x" * (entry >> 3 & 1)
        return letters + "u" * (entry >> 4 & 1)

    def table_grants(self, entry):
        return "rwxu"

    def permits(self, granted, access):
        """The supervisor keeps off the pages of the user."""
        return set(access) <= set(granted) and ("u" in access) == ("u" in granted)


class AArch64(Intel):
    """Eight-byte entries in four levels; there is no upper half, and no mark for what is dirty."""

    widths = (9, 9, 9, 9)
    size = 8
    register = 64
    huge = (1, 2)
    frame_bits = 36
    shared, accessed, dirty = 1 << 55, 1 << 10, 0

    def is_leaf(self, entry, level):
        return level == 0 or not entry & 0b10

    def leaf(self, frame, level):
        return frame << 12 | (0b01 if level else 0b11) | 0b11 << 8  # inner shareable

    def rights_bits(self, rights):
        return ("u" in rights) << 6 | ("w" not in rights) << 7 | ("x" not in rights) << 54

    def table(self, frame):
        return frame << 12 | 0b11

    def grants(self, entry):
        letters = "r" + "w" * (1 - (entry >> 7 & 1)) + "x" * (1 - (entry >> 54 & 1))
        return letters + "u" * (entry >> 6 & 1)

    def table_grants(self, entry):
        return "rwxu"


FORMATS = {"x86-64": X8664(), "win32": Intel(), "sv39": Sv39(), "aarch64": AArch64()}


class Layout:
    """How one format divides addresses and table memory.

    Attributes:
        form: the format.
        top: the level of the root.
    """

    def __init__(self, form):
        self.form, self.top = form, len(form.widths) - 1
        self.word = struct.Struct("<Q" if form.size == 8 else "<I")
        self.bits = 12 + sum(form.widths)

    def shift(self, level):
        return 12 + sum(self.form.widths[:level])

    def span(self, level):
        return 1 << self.shift(level)

    def index(self, address, level):
        return address >> self.shift(level) & (1 << self.form.widths[level]) - 1

    def is_address(self, address):
        """Whether the bits above those that are translated are zero, or in the upper half all ones."""
        above = address >> (self.bits - 1 if self.form.halves else self.bits)
        ones = (1 << self.form.register - self.bits + 1) - 1
        return above == 0 or (self.form.halves and above == ones)

    def is_range(self, address, length):
        """Whether all bytes are addresses, and of the same half."""
        last = address + length - 1
        same = address >> self.bits - 1 == last >> self.bits - 1 or not self.form.halves
        return length == 0 or (self.is_address(address) and self.is_address(last) and same)

    def full(self, address):
        """The address with its upper bits, from the bits that are translated."""
        upper = self.form.halves and address >> self.bits - 1
        return address | (1 << self.form.register) - (1 << self.bits) if upper else address
