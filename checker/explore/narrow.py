"""Up to sixteen heads in one word, whatever index is asked for.

The packed `load` and `store_if` say nothing about an index beyond the last element. A broken specification may well
ask for one, and must then be found out in the same way on every machine: the index wraps.

A kernel module, bound by `buddy`.
"""

from __future__ import annotations

from ...spec.algebra import Truth, Word, Words, load, store_if

LAST = 15


def load_head(words: Words, index: Word) -> Word:
    """In the place of `load`."""
    return load(words, index & LAST)


def store_head_if(condition: Truth, words: Words, index: Word, value: Word) -> Words:
    """In the place of `store_if`."""
    return store_if(condition, words, index & LAST, value)
