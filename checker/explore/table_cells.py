"""Eight numbers of eight bits in one word: the arrays of a tiny machine as values, which nothing can change behind one.

A kernel module: bound by `table_code`, where these take the place of `load` and `store_if`.
"""

from __future__ import annotations

from ...spec.algebra import Truth, Word, Words, invert_bits, where

#: Bits of a number, and how far an index is shifted up to be that of the number's first bit.
CELL = 0xFF
CELL_SHIFT = 3


def load_cell(words: Words, index: Word) -> Word:
    """The number at an index from 0 to 7."""
    return (words >> (index << CELL_SHIFT)) & CELL


def store_cell_if(condition: Truth, words: Words, index: Word, value: Word) -> Words:
    """The word with another number at an index, where the condition is true."""
    place = index << CELL_SHIFT
    return where(condition, (words & invert_bits(CELL << place)) | ((value & CELL) << place), words)
