"""States of TLBs in one word: keys, elements of two bits, and what may happen, on plain integers."""

import pytest

from pagelaw.checker.explore import tlb_moves
from pagelaw.checker.explore.tlb import Code, TlbSystem, setting_of
from pagelaw.model.fast import backend
from pagelaw.model.fast import tlb_moves as shared
from pagelaw.model.fast.tlb_machine import Machine


@pytest.fixture(scope="module")
def system() -> TlbSystem:
    """Two cores, on plain integers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(backend, "is_compiled", lambda: False)
        return TlbSystem(Machine(2), code=Code())


def test_elements_of_two_bits() -> None:
    """Read and written where they are, and nowhere else."""
    words = tlb_moves.store_pair_if(True, 0b11_00_10, 1, 3)
    assert words == 0b11_11_10
    assert [tlb_moves.load_pair(words, index) for index in range(4)] == [2, 3, 3, 0]
    assert tlb_moves.store_pair_if(False, words, 0, 1) == words


def test_a_key_is_its_state_and_back(system: TlbSystem) -> None:
    """For every state of the machine near the start; no two parts overlap."""
    setting = setting_of(system.machine)
    keys = {0}
    for _ in range(4):
        keys |= {key for state in keys for key, _ in system.successors(state)}
    assert len(keys) > 100
    for key in keys:
        assert tlb_moves.key_of(tlb_moves.tlbs_of(key, setting), setting) == key


def test_every_part_of_the_state_is_in_the_key() -> None:
    """Each element set alone gives a key of its own."""
    setting = setting_of(Machine(3))
    empty = tlb_moves.tlbs_of(0, setting)
    sizes = dict(zip(empty._fields[:7], Machine(3).sizes, strict=True)) | dict.fromkeys(empty._fields[8:12], 1)
    parts = [(name, 3 << 2 * index) for name, size in sizes.items() for index in range(size)]
    keys = [tlb_moves.key_of(empty._replace(**{name: value}), setting) for name, value in parts]
    assert sum(keys) == (1 << 2 * len(parts)) - 1
    assert tlb_moves.tlbs_of(keys[-1], setting).turn == 3


def test_what_may_happen_at_first(system: TlbSystem) -> None:
    """Nothing is mapped, so pages are entered and identifiers given; nothing else changes anything."""
    labels = [label for _, label in system.successors(0)]
    assert {label & 15 for label in labels} == {shared.ENTER, shared.GIVE}
    assert len(labels) == 3 * 2 + 2 * 2


def test_laws_at_a_broken_state(system: TlbSystem) -> None:
    """A page that is cached out of thin air; entering it would break L4."""
    key = 1 << system.plain_setting.cached
    bits = system.code.plain_moves.check_state(key, system.plain_setting)
    assert bits == shared.LAW_BITS["L1"] | shared.LAW_BITS["L2"] | shared.LAW_BITS["L3"] | shared.LAW_BITS["L5"]
    assert system.code.plain_moves.check_moves(key, system.plain_setting) == shared.LAW_BITS["L4"]
    assert system.code.plain_moves.check_moves(0, system.plain_setting) == 0


def test_the_system_at_rest_puts_into_a_list() -> None:
    """The module's own `put`, which the search replaces."""
    found: list[tuple[int, int]] = []
    assert tlb_moves.put(found, 4, 17, 3) == 5
    assert found == [(17, 3)]
