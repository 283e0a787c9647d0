"""Numbers of a machine: arrays whose elements have so many bits, and words that wrap as the solver's terms do."""

import operator
from collections.abc import Callable

import pytest

from pagelaw.proofs.numbers import Numbers, word_type, wrapping


def test_numbers_have_a_default_and_are_never_written() -> None:
    """A store gives a new array; the old one is as it was."""
    numbers = Numbers({1: 5}, 7)
    changed = numbers.with_entry(2, 9)
    assert [numbers[index] for index in (1, 2, 1 << 60)] == [5, 7, 7]
    assert (changed[2], len(numbers), list(changed)) == (9, 1, [1, 2])
    assert repr(changed) == "{1: 5, 2: 9, else 7}"


def test_numbers_are_cut_to_the_bits_of_an_element() -> None:
    """As memory does it, and the solver's terms: a count that ran over is 0."""
    assert Numbers({1: 65535}, 0, 16).with_entry(1, 65536)[1] == 0
    assert Numbers({1: 65535}, 0, 16).with_entry(2, 65536).with_entry(1, -1)[1] == 65535


@pytest.mark.parametrize(
    ("operation", "left", "right", "wanted"),
    [
        (operator.add, 0xFFFF_FFFF, 1, 0),
        (operator.sub, 0, 1, 0xFFFF_FFFF),
        (operator.mul, 1 << 31, 2, 0),
        (operator.lshift, 3, 31, 1 << 31),
        (operator.lshift, 1, 1 << 31, 0),
        (operator.rshift, 1, 1 << 31, 0),
        (operator.xor, 5, (1 << 64) - 1, 0xFFFF_FFFA),
        (operator.or_, 4, 1, 5),
        (operator.and_, 6, 12, 4),
    ],
)
def test_words_wrap(operation: Callable[[int, int], int], left: int, right: int, wanted: int) -> None:
    """Whichever operand is such a word; and the result is one."""
    word = word_type(32)
    for result in (operation(word(left), right), operation(left, word(right))):
        assert (result, type(result)) == (wanted, word)


def test_states_are_of_words_that_wrap() -> None:
    """Through tuples and arrays, what is stored as well; truths stay what they are."""
    state = wrapping((7, True, Numbers({1: 65535}, 3, 16)), 32)
    word = word_type(32)
    assert state[:2] == (7, True)
    assert [type(part) for part in state[:2]] == [word, bool]
    array = state[2].with_entry(2, state[2][1] + 1)
    assert [(array[index], type(array[index])) for index in (1, 2, 9)] == [(65535, word), (0, word), (3, word)]
