"""The laws of page states: they hold of sound states and moves, and each one fails alone where that is planted."""

from typing import Any

import pytest

from pagelaw.spec import page_laws
from pagelaw.spec.law import Scope, laws_of
from pagelaw.spec.pages import COMMITTED, FREE, PAGED_OUT, RESERVED, Pages

#: Page 0 is resident in frame 1 and dirty, page 1 committed, page 2 free.
SOUND = Pages(state=[7, COMMITTED, FREE], owner=[0, 1], charge=2, limit=3)
CLEAN, DIRTY, ELSEWHERE, DIRTY_ELSEWHERE = 4, 5, 6, 7
STATES = (FREE, RESERVED, COMMITTED, PAGED_OUT, CLEAN, DIRTY, ELSEWHERE, DIRTY_ELSEWHERE)


def is_owned(pages: Pages) -> bool:
    """F2 at every page and every frame."""
    return all(page_laws.owned(pages, page, frame) for page in range(3) for frame in range(2))


def after(**parts: Any) -> Pages:
    """The sound state, some parts of it replaced."""
    return SOUND._replace(**parts)


@pytest.mark.parametrize(
    "pages",
    [
        SOUND,
        after(state=[7, 5, FREE], owner=[2, 1]),
        after(state=[FREE] * 3, owner=[0, 0]),
        after(state=[PAGED_OUT, RESERVED, 4], owner=[3, 0]),
    ],
)
def test_a_sound_state_breaks_no_law(pages: Pages) -> None:
    """Frames are used by those who are there."""
    assert is_owned(pages)


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param({"owner": [0, 0]}, id="its frame is nobody's"),
        pytest.param({"owner": [0, 2]}, id="its frame is another page's"),
        pytest.param({"state": [PAGED_OUT, COMMITTED, FREE]}, id="a frame is used by a page that is paged out"),
        pytest.param({"owner": [1, 1]}, id="one page, two frames"),
        pytest.param({"state": [7, 7, FREE]}, id="two pages, one frame"),
        pytest.param({"owner": [3, 1]}, id="a frame is used by a page that is free"),
    ],
)
def test_a_frame_has_one_page(parts: dict[str, Any]) -> None:
    """F2 fails where that is planted."""
    assert not is_owned(after(**parts))


@pytest.mark.parametrize(
    ("parts", "holds"),
    [
        pytest.param({}, True, id="nothing moves"),
        pytest.param({"state": [7, RESERVED, FREE], "charge": 1}, True, id="decommitted"),
        pytest.param({"state": [7, PAGED_OUT, FREE]}, True, id="charged wherever it is"),
        pytest.param({"state": [7, RESERVED, FREE]}, False, id="decommitted and still charged"),
        pytest.param({"charge": 1}, False, id="no longer charged"),
        pytest.param({"charge": 3}, False, id="charged twice"),
        pytest.param({"limit": 4}, False, id="another limit"),
    ],
)
def test_the_charge_follows_the_page(parts: dict[str, Any], holds: bool) -> None:
    """V4, where a step moves page 1."""
    assert page_laws.charged(SOUND, after(**parts), 1) is holds


def test_the_charge_stays_within_the_limit() -> None:
    """V4 where page 2 is committed: up to the limit, and not beyond."""
    for limit, holds in ((3, True), (2, False)):
        before = after(state=[7, COMMITTED, RESERVED], limit=limit)
        assert page_laws.charged(before, before._replace(state=[7, COMMITTED, COMMITTED], charge=3), 2) is holds


#: Every move of one page that there is, other than to stay; frames 0 and 1.
MOVES = {
    *((FREE, RESERVED), (RESERVED, FREE), (RESERVED, COMMITTED)),
    *((charged, RESERVED) for charged in STATES[2:]),
    *((COMMITTED, dirty) for dirty in (DIRTY, DIRTY_ELSEWHERE)),
    *((PAGED_OUT, resident) for resident in STATES[4:]),
    *((clean, PAGED_OUT) for clean in (CLEAN, ELSEWHERE)),
    *((CLEAN, DIRTY), (DIRTY, CLEAN), (ELSEWHERE, DIRTY_ELSEWHERE), (DIRTY_ELSEWHERE, ELSEWHERE)),
}


@pytest.mark.parametrize("old", STATES)
@pytest.mark.parametrize("new", STATES)
def test_only_these_moves_are_legal(old: int, new: int) -> None:
    """V8 on one page: the whole relation, written down; whoever stays does no wrong."""
    assert page_laws.may_move(old, new) is ((old, new) in MOVES or old == new)
    moved = after(state=[7, new, FREE])
    assert page_laws.legally_moved(after(state=[7, old, FREE]), moved, 1, 1) is ((old, new) in MOVES or old == new)


def test_no_other_page_moves() -> None:
    """V8: not even as it might on its own account."""
    moved = after(state=[6, RESERVED, FREE])
    assert page_laws.legally_moved(SOUND, moved, 0, 2)
    assert page_laws.legally_moved(SOUND, moved, 1, 2)
    assert not page_laws.legally_moved(SOUND, moved, 1, 0)
    assert not page_laws.legally_moved(SOUND, moved, 0, 1)


def test_the_laws_are_registered() -> None:
    """F2, V4 and V8 with a public source each."""
    laws = [law for law in laws_of(page_laws.CONTRACT) if law.part == page_laws.PART]
    assert {law.id: law.scope for law in laws} == {"F2": Scope.STATE, "V4": Scope.CHANGE, "V8": Scope.CHANGE}
    assert all(law.source for law in laws)
