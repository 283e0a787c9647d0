"""Numbers of page states: different for different keys, none where the key is not what its pages say."""

import random

import numpy as np
import pytest

from pagelaw.checker.explore import page_cells, page_numbers
from pagelaw.checker.explore.page_halves import VOID, numbering_of
from pagelaw.checker.explore.pages import Code, PageSystem
from pagelaw.model.fast import backend
from pagelaw.model.fast.page_machine import Machine
from pagelaw.spec.pages import COMMITTED, PAGED_OUT, RESERVED, RESIDENT, Pages


def lists_of(machine: Machine) -> tuple[int, list[int]]:
    """How many numbers there are, and the table on plain integers."""
    numbering = numbering_of(machine)
    return numbering.size, numbering.lists.tolist()


def key(states: dict[int, int], owners: dict[int, int], charge: int) -> int:
    """The key of a state in which only these pages are not free."""
    packed = [sum(value << 4 * at for at, value in elements.items()) for elements in (states, owners)]
    return int(page_cells.key_of(Pages(packed[0], packed[1], charge, 0)))


@pytest.mark.parametrize(
    "machine", [Machine(1, 1), Machine(3, 2), Machine(2, 6), Machine(5, 1), Machine(4, 2)], ids=str
)
def test_every_state_has_a_number_of_its_own(monkeypatch: pytest.MonkeyPatch, machine: Machine) -> None:
    """As long as the rules are right; and there are no more numbers than halves make wholes."""
    monkeypatch.setattr(backend, "is_compiled", lambda: False)
    found = PageSystem(machine, code=Code()).search()
    size, lists = lists_of(machine)
    numbers = {page_numbers.number_of(found.keys(state), lists) for state in range(found.states)}
    assert len(numbers) == found.states
    assert max(numbers) < size
    if machine.pages <= 4:
        assert size == found.states


def test_a_key_that_is_not_what_its_pages_say_has_no_number() -> None:
    """Another owner, another charge, a state that no page is in, a page too many, a frame twice in a half."""
    size, lists = lists_of(Machine(7, 3))
    states = {0: RESERVED, 2: COMMITTED, 3: RESIDENT + 5, 5: RESIDENT, 6: PAGED_OUT}
    right = key(states, {0: 6, 2: 4}, 4)
    assert page_numbers.number_of(right, lists) < size
    wrong = [
        key(states, {0: 6}, 4),
        key(states, {0: 6, 1: 1, 2: 4}, 4),
        key(states, {0: 4, 2: 6}, 4),
        key(states, {0: 6, 2: 4}, 3),
        key(states, {0: 6, 2: 4}, 5),
        key({**states, 1: RESIDENT + 6}, {0: 6, 2: 4, 3: 2}, 5),
        key({**states, 7: RESERVED}, {0: 6, 2: 4}, 4),
        key({**states, 1: RESIDENT + 4}, {0: 6, 2: 4}, 5),
        key({0: 15, 4: 15}, {}, 0),
        (1 << 64) - 1,
    ]
    assert not [each for each in wrong if page_numbers.number_of(each, lists) < size]


def test_numbers_are_of_one_key_each() -> None:
    """Of all keys, right ones or not: a number tells the halves, and these the rest."""
    size, lists = lists_of(Machine(8, 3))
    assert size == 4864**2
    firsts, seconds = ([half for half in range(1 << 16) if lists[at + half] & VOID == 0] for at in (0, 1 << 16))
    assert len(firsts) == len(seconds) == 4864
    numbers = [[lists[at + half] & 0xFFFF_FFFF for half in halves] for at, halves in ((0, firsts), (1 << 16, seconds))]
    assert numbers == [list(range(4864)), list(range(0, size, 4864))]
    drawn = random.Random(5)
    for first, second in ((drawn.choice(firsts), drawn.choice(seconds)) for _ in range(1000)):
        whole = lists[first] + lists[(1 << 16) + second]
        right = whole >> 32 << 32 | second << 16 | first
        assert page_numbers.number_of(right, lists) == whole & 0xFFFF_FFFF
        assert page_numbers.number_of(right ^ 1 << drawn.randrange(32, 64), lists) == page_numbers.NOTHING


def test_too_many_numbers_are_none() -> None:
    """Of six frames and eight pages, every state is hashed; and half a table of none is no number."""
    numbering = numbering_of(Machine(8, 6))
    assert (numbering.size, numbering.lists.dtype, numbering.lists.size) == (0, np.uint64, 1 << 17)
    assert numbering_of(Machine(8, 5)).size == 20096**2 < VOID
