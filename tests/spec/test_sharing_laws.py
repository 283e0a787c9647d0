"""The laws of sharing: they hold of what steps do, and each one fails alone where that is planted."""

from typing import Any

import pytest

from pagelaw.spec import sharing_laws
from pagelaw.spec.law import Scope, laws_of
from pagelaw.spec.sharing import Sharing
from pagelaw.spec.sharing_laws import Request

#: Page 0 is that of a file; 1 is mapped shared to it, 2 private; 3 and 4 share a frame after a fork; 5 is unmapped.
SOUND = Sharing(
    frame=[1, 1, 1, 2, 2, 0],
    writable=[1, 1, 0, 0, 0, 0],
    object=[0, 1, 1, 0, 0, 0],
    shared=[0, 1, 0, 0, 0, 0],
    count=[3, 2, 0],
    content=[5, 6, 7],
    stored=[4, 0, 0, 0, 0, 0],
    objects=1,
    most=6,
)


def after(**parts: dict[int, int]) -> Sharing:
    """The sound state, some elements of it replaced."""
    changed: dict[str, Any] = {name: list(getattr(SOUND, name)) for name in parts}
    for name, elements in parts.items():
        for index, value in elements.items():
            changed[name][index] = value
    return SOUND._replace(**changed)


def isolated(request: Request, then: Sharing, before: Sharing = SOUND) -> list[int]:
    """Seen from which pages V6 is broken."""
    return [other for other in range(6) if not sharing_laws.isolated(before, then, request, other)]


def step(page: int, source: int | None = None, shared: int = 0, mask: int = 0, value: int = 0) -> Request:
    """A request; without a source the page is mapped like no other."""
    return Request(page, page if source is None else source, shared, mask, value)


WRITTEN = after(content={0: 9})


@pytest.mark.parametrize("page", [0, 1])
def test_a_shared_write_is_seen_by_all_that_show_the_object(page: int) -> None:
    """Through the file and through the mapping alike; the private one that is not written yet shows it too."""
    assert isolated(step(page, mask=15, value=9), WRITTEN) == []
    assert isolated(step(page, mask=15, value=8), WRITTEN) == [0, 1, 2]
    assert isolated(step(page, mask=2, value=9), WRITTEN) == [0, 1, 2]
    assert isolated(step(page, mask=15, value=9), SOUND) == [0, 1, 2]


def test_a_private_write_is_seen_by_nobody_else() -> None:
    """Page 2 writes: what the file reads is broken first, and that of every mapping that is meant to be shared."""
    assert isolated(step(2, mask=15, value=9), WRITTEN) == [0, 1]
    assert isolated(step(3, mask=15, value=9), after(content={1: 9})) == [4]


def test_no_other_step_changes_what_is_read() -> None:
    """Neither of those that it is not about, nor its own."""
    assert isolated(step(5), WRITTEN) == [0, 1, 2]
    assert isolated(step(0), after(frame={0: 0})) == [0]
    assert isolated(step(0), after(frame={0: 0}, stored={0: 5})) == []
    assert isolated(step(3), after(frame={3: 3})) == [3]


def test_a_page_reads_what_it_is_mapped_like() -> None:
    """And shows the same, shared or not as it was asked."""
    shared = after(frame={5: 1}, object={5: 1}, shared={5: 1})
    assert isolated(step(5, source=0, shared=1), shared) == []
    assert isolated(step(5, source=0, shared=0), shared) == [5]
    assert isolated(step(5, source=1, shared=0), shared) == []
    assert isolated(step(5, source=2, shared=0), shared) == [5]
    assert isolated(step(5, source=3), shared) == [5]
    assert isolated(step(5, source=3), after(frame={5: 2})) == []
    assert isolated(step(5, source=3), after(frame={5: 3})) == [5]


@pytest.mark.parametrize(
    ("parts", "broken"),
    [
        pytest.param({"object": {2: 0}}, [], id="a private page leaves its object"),
        pytest.param({"object": {1: 0}, "shared": {1: 0}}, [1], id="a shared one does"),
        pytest.param({"object": {1: 0}, "shared": {1: 0}, "frame": {1: 0}}, [], id="a shared one is unmapped"),
        pytest.param({"shared": {2: 1}}, [2], id="a private page becomes shared"),
        pytest.param({"object": {3: 1}}, [3], id="a page shows what it did not"),
    ],
)
def test_what_a_page_shows_is_kept(parts: dict[str, dict[int, int]], broken: list[int]) -> None:
    """But for a private page that gets contents of its own, and for one that is unmapped."""
    own = next(iter(next(iter(parts.values()))))
    assert isolated(step(own), after(**parts)) == broken
    assert isolated(step(5), after(**parts)) == [own]


def test_a_page_that_is_filled_or_unmapped_need_not_read_the_same() -> None:
    """What is in a new frame is what F7 is about."""
    assert isolated(step(5), after(frame={5: 3})) == []
    assert isolated(step(4), after(frame={4: 0})) == []
    assert isolated(step(4), after(frame={4: 0, 3: 0})) == [3]


def test_a_frame_that_nobody_had_reads_zero() -> None:
    """F7 where a page is filled; not where it is forked, and not where it had a frame, or shows a file."""
    assert not sharing_laws.zeroed(SOUND, after(frame={5: 3}), 5)
    assert sharing_laws.zeroed(SOUND, after(frame={5: 3}, content={2: 0}), 5)
    assert sharing_laws.zeroed(SOUND, after(frame={5: 2}), 5)
    assert sharing_laws.zeroed(SOUND, after(frame={3: 3}), 3)
    assert sharing_laws.zeroed(SOUND, after(frame={5: 3}, object={5: 1}), 5)
    assert sharing_laws.zeroed(SOUND, SOUND, 5)


def referenced(page: int, then: Sharing) -> list[tuple[int, int]]:
    """From which other page and frame F9 is broken."""
    points = [(other, frame) for other in range(6) for frame in range(3)]
    return [point for point in points if not sharing_laws.referenced(SOUND, then, page, *point)]


def test_counts_follow_what_pages_map() -> None:
    """One less and one more, in the right places; and no other page maps anything else."""
    assert referenced(5, SOUND) == []
    assert referenced(5, after(frame={5: 3}, count={2: 1})) == []
    assert referenced(4, after(frame={4: 3}, count={1: 1, 2: 1})) == []
    assert {frame for _, frame in referenced(4, after(frame={4: 3}, count={2: 1}))} == {1}
    assert {frame for _, frame in referenced(4, after(frame={4: 3}, count={1: 1}))} == {2}
    assert {frame for _, frame in referenced(4, after(count={1: 1}))} == {1}
    assert {other for other, _ in referenced(5, after(frame={4: 0}, count={1: 1}))} == set(range(6))
    assert {other for other, _ in referenced(5, after(frame={4: 3}))} == {4}


def test_counts_stay_within_their_room() -> None:
    """And the room is not changed."""
    full, then = SOUND._replace(most=2, count=[2, 2, 0]), after(frame={5: 2}, count={1: 3, 0: 2})._replace(most=2)
    assert not sharing_laws.referenced(full, then, 5, 5, 1)
    assert sharing_laws.referenced(full, then, 5, 5, 2)
    assert not sharing_laws.referenced(SOUND, SOUND._replace(most=7), 5, 5, 2)


def test_the_laws_are_registered() -> None:
    """V6, F7 and F9, all about a step."""
    own = [law for law in laws_of(sharing_laws.CONTRACT) if law.part == sharing_laws.PART]
    assert [(law.id, law.name, law.scope) for law in own] == [
        ("V6", "isolated", Scope.CHANGE),
        ("F7", "zeroed", Scope.CHANGE),
        ("F9", "referenced", Scope.CHANGE),
    ]
    assert all(law.source and law.statement.endswith(".") for law in own)
