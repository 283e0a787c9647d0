"""Numbers as a machine has them: words that wrap, and arrays of elements of so many bits.

A counter-model is a state of such words. The specification runs on plain integers as well, which do not wrap; a
counter-model that has a sum run over would then hold in the solver's terms and not in numbers.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

#: What has a result of as many bits as its operands; comparisons are those of integers.
_OPERATORS = (
    *("add", "radd", "sub", "rsub", "mul", "rmul", "and", "rand", "or", "ror", "xor", "rxor"),
    *("lshift", "rlshift", "rshift", "rrshift"),
)
#: Shifting by more than any word has bits leaves nothing, and need not be tried.
_MOST_BITS = 64


@functools.cache
def word_type(width: int) -> type[int]:
    """Integers of `width` bits, whose results are cut to as many."""
    mask = (1 << width) - 1

    def cut(name: str) -> Callable[[int, int], int]:
        plain = getattr(int, name)

        def operator(self: int, other: int) -> int:
            amount, shifted = (self, other) if name == "__rlshift__" else (other, self)
            if name in ("__lshift__", "__rlshift__") and amount > _MOST_BITS:
                return word(shifted & 0)
            return word(plain(self, other) & mask)

        return operator

    word: type[int] = type(f"Word{width}", (int,), {f"__{name}__": cut(f"__{name}__") for name in _OPERATORS})
    return word


def wrapping(value: Any, width: int) -> Any:
    """The same value or state, of words that wrap."""
    if isinstance(value, tuple):
        parts = [wrapping(part, width) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    if isinstance(value, Numbers):
        word = word_type(width)
        entries = {index: word(entry) for index, entry in value.entries.items()}
        return Numbers(entries, word(value.default), value.bits)
    return value if isinstance(value, bool) or not isinstance(value, int) else word_type(width)(value)


class Numbers(Mapping[int, int]):
    """An array of numbers of any extent: some entries, and a default for all others; stores make a new one.

    An element has `bits` bits, as in memory and in the solver's terms: what does not fit is cut off.
    """

    def __init__(self, entries: Mapping[int, int], default: int, bits: int = 64) -> None:
        self.entries = dict(entries)
        self.default = default
        self.bits = bits

    def __getitem__(self, index: int) -> int:
        return self.entries.get(index, self.default)

    def __iter__(self) -> Any:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def with_entry(self, index: int, value: int) -> Numbers:
        """A copy with one entry changed."""
        return Numbers({**self.entries, index: value & ((1 << self.bits) - 1)}, self.default, self.bits)

    def __repr__(self) -> str:
        shown = ", ".join(f"{index}: {value}" for index, value in sorted(self.entries.items()))
        return f"{{{shown}, else {self.default}}}"
