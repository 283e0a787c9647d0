"""Pages in one word: keys, elements of four bits, what may happen and what is asked, on plain integers."""

import pytest

from pagelaw.checker.explore import page_cells
from pagelaw.checker.explore.pages import Code, PageSystem, parts_of, told
from pagelaw.model.fast import backend
from pagelaw.model.fast import page_moves as shared
from pagelaw.model.fast.page_machine import Machine
from pagelaw.spec.pages import COMMITTED, PAGED_OUT, RESERVED, RESIDENT, Pages


@pytest.fixture(scope="module")
def system() -> PageSystem:
    """Three pages and two frames, on plain integers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(backend, "is_compiled", lambda: False)
        return PageSystem(Machine(3, 2), code=Code())


def key(*states: int, owners: tuple[int, ...] = (), charge: int = 0) -> int:
    """The key of a state that is told by its elements."""
    packed = [sum(value << 4 * at for at, value in enumerate(elements)) for elements in (states, owners)]
    return int(page_cells.key_of(Pages(packed[0], packed[1], charge, 3)))


def test_elements_of_four_bits() -> None:
    """Read and written where they are, and nowhere else."""
    words = page_cells.store_element_if(True, 0x302, 1, 15)
    assert words == 0x3F2
    assert [page_cells.load_element(words, index) for index in range(4)] == [2, 15, 3, 0]
    assert page_cells.store_element_if(False, words, 0, 1) == words
    assert page_cells.store_element_if(True, words, 0, 16 + 4) == 0x3F4


def test_a_key_is_its_state_and_back(system: PageSystem) -> None:
    """For every state of the machine, all of them different."""
    setting, found = system.plain_setting, system.search()
    for index in range(found.states):
        pages = page_cells.pages_of(found.keys(index), setting)
        assert page_cells.key_of(pages) == found.keys(index)
        assert pages.limit == 3


def test_every_part_of_the_state_is_in_the_key() -> None:
    """Eight pages, six frames and the charge fill a word, each with bits of its own."""
    parts = [key(*[0] * at, 15) for at in range(8)]
    parts += [key(owners=(*[0] * at, 15)) for at in range(6)]
    parts += [key(charge=255)]
    assert sum(parts) == (1 << 64) - 1
    pages = page_cells.pages_of(parts[-1] | parts[7] | parts[13], page_cells.Setting(8, 6, 9))
    assert pages == Pages(15 << 28, 15 << 20, 255, 9)


def test_every_kind_is_tried_with_the_operands_that_it_takes(
    system: PageSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once each, by the search and by the laws."""
    tried: list[tuple[int, int, int]] = []

    def move(pages: Pages, kind: int, page: int, frame: int) -> tuple[Pages, bool]:
        tried.append((kind, page, frame))
        return pages, False

    monkeypatch.setattr(page_cells, "move", move)
    monkeypatch.setattr(page_cells, "broken_by_move", lambda *_: 0)
    wanted = sorted(parts_of(label) for label in system.labels())
    assert len(wanted) == 3 * (7 + 3 * 2)
    page_cells.expand(0, system.plain_setting, [], 0)
    assert sorted(tried) == wanted
    tried.clear()
    page_cells.check_moves(0, system.plain_setting)
    assert sorted(tried) == wanted


def test_what_may_happen(system: PageSystem) -> None:
    """In a state with a page of three kinds, told in words."""
    first = key(RESERVED, COMMITTED, RESIDENT + 2, owners=(0, 3), charge=2)
    found = {told(label): there for there, label in system.successors(first)}
    assert found == {
        "page 0 is released": key(0, COMMITTED, RESIDENT + 2, owners=(0, 3), charge=2),
        "page 0 is committed": key(COMMITTED, COMMITTED, RESIDENT + 2, owners=(0, 3), charge=3),
        "page 1 is decommitted": key(RESERVED, RESERVED, RESIDENT + 2, owners=(0, 3), charge=1),
        "page 1 is touched for the first time, and filled into frame 0": key(
            RESERVED, RESIDENT + 1, RESIDENT + 2, owners=(2, 3), charge=2
        ),
        "page 2 is decommitted": key(RESERVED, COMMITTED, RESERVED, charge=1),
        "page 2 is written while clean": key(RESERVED, COMMITTED, RESIDENT + 3, owners=(0, 3), charge=2),
        "page 2 is evicted": key(RESERVED, COMMITTED, PAGED_OUT, charge=2),
    }


def test_laws_at_a_broken_state(system: PageSystem) -> None:
    """A frame that is used and nobody's, and a charge that is above what is committed and the limit."""
    moves, setting = system.code.plain_moves, system.plain_setting
    assert moves.check_state(key(RESIDENT, charge=1), setting) == shared.OWNED
    assert moves.check_state(key(owners=(0, 1)), setting) == shared.OWNED
    assert moves.check_state(key(RESERVED, charge=1), setting) == shared.CHARGED
    assert moves.check_state(key(RESIDENT + 2, COMMITTED, owners=(0, 1), charge=2), setting) == 0


def test_what_is_learnt_about_moves(system: PageSystem) -> None:
    """Each kind is done or refused; the limit alone refuses a commitment; V4 breaks where the charge is too high."""
    moves, setting = system.code.plain_moves, system.plain_setting
    done = moves.check_moves(0, setting) >> page_cells.DONE_AT & 0x3FF
    assert done == 1 << shared.RESERVE
    told_there = moves.check_moves(key(RESERVED), setting)
    assert told_there >> page_cells.DONE_AT & 0x3FF == 1 << shared.RESERVE | 1 << shared.RELEASE | 1 << shared.COMMIT
    assert told_there >> page_cells.REFUSED_AT & 0x3FF == 0x3FF
    assert not told_there & page_cells.LIMITED
    assert moves.check_moves(key(RESERVED, charge=3), setting) & page_cells.LIMITED
    assert not moves.check_moves(key(RESERVED, charge=3), setting) & shared.CHARGED << page_cells.BY_MOVE_AT
    assert moves.check_moves(key(RESERVED, charge=4), setting) & shared.CHARGED << page_cells.BY_MOVE_AT


def test_a_state_that_does_not_fit_is_noticed(system: PageSystem) -> None:
    """A ninth page, a seventh frame, a charge below zero."""
    between, setting = system.code.plain_moves.between, system.plain_setting
    empty = Pages(0, 0, 0, 3)
    assert not between(empty, empty, 0, setting) & page_cells.UNFIT
    for other in (Pages(1 << 32, 0, 0, 3), Pages(0, 1 << 24, 0, 3), Pages(0, 0, -1, 3)):
        assert between(empty, other, 0, setting) & page_cells.UNFIT


def test_successors_are_kept_and_written_over() -> None:
    """In a list if they go; where a `put` writes at an index, that only goes on if they do."""
    found: list[tuple[int, int]] = []
    assert page_cells.put_if(True, found, 4, 17, 3) == 5
    assert page_cells.put_if(False, found, 5, 18, 3) == 5
    assert found == [(17, 3)]
    assert page_cells.overwrite(True, found, 4, 19, 3) == 5
    assert page_cells.overwrite(False, found, 5, 20, 3) == 5
    assert found == [(17, 3), (19, 3), (20, 3)]


def test_a_law_that_no_move_breaks_has_no_last_move(system: PageSystem) -> None:
    """The story would be made up."""
    with pytest.raises(AssertionError, match="no move breaks"):
        system.breaking(0, shared.CHARGED << page_cells.BY_MOVE_AT)
