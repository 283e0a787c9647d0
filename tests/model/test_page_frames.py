"""Frames and a paging file: contents survive being put out, in the order in which they came in."""

import pytest

from pagelaw.model.page_frames import PageFrames, Slot
from pagelaw.spec import pages


def written(frames: PageFrames, slot: Slot, value: int) -> Slot:
    """A slot that was brought in, and written."""
    frames.bring_in(slot)
    frames.contents(slot)[0] = value
    slot.dirty = True
    return slot


def test_a_frame_is_taken_at_the_first_use() -> None:
    """Zeroed; the second use needs none."""
    events: list[str] = []
    frames, slot = PageFrames(2, events.append), Slot()
    assert slot.state == pages.COMMITTED
    frames.bring_in(slot)
    frames.bring_in(slot)
    assert slot.state == pages.resident_in(0, True)
    assert frames.contents(slot)[0] == 0
    assert events == ["frame 0 is taken and zeroed"]


def test_the_first_that_came_is_put_out() -> None:
    """It comes back as it was, and what was not written since is not written out again."""
    events: list[str] = []
    frames = PageFrames(2, events.append)
    first, second, third = (written(frames, Slot(), value) for value in (1, 2, 3))
    assert [slot.frame for slot in (first, second, third)] == [None, 1, 0]
    assert (first.state, first.place) == (pages.PAGED_OUT, 0)
    frames.bring_in(first)
    assert frames.contents(first)[0] == 1
    assert second.place == 1
    frames.bring_in(second)
    frames.bring_in(third)
    assert (first.frame, first.place) == (None, 0)
    assert sum("is written to place 0" in event for event in events) == 1
    assert frames.contents(third)[0] == 3


def test_a_locked_slot_stays() -> None:
    """The next one goes."""
    frames = PageFrames(2, lambda _event: None)
    first, second = written(frames, Slot(), 1), written(frames, Slot(), 2)
    first.locks = 1
    written(frames, Slot(), 3)
    assert (first.frame, second.frame) == (0, None)
    assert (frames.may_lock(1), frames.may_lock(2)) == (True, False)
    assert PageFrames(0, lambda _event: None).may_lock(99)


def test_what_is_dropped_leaves_no_trace() -> None:
    """Its frame and its place are used again, the frame zeroed."""
    frames = PageFrames(1, lambda _event: None)
    first, second = written(frames, Slot(), 1), written(frames, Slot(), 2)
    frames.drop(first)
    assert (first.frame, first.place) == (None, None)
    frames.drop(second)
    frames.drop(Slot())
    third = Slot()
    frames.bring_in(third)
    assert (third.frame, frames.contents(third)[0]) == (0, 0)


def test_without_a_limit_nothing_is_put_out() -> None:
    """As many frames as there are slots."""
    frames = PageFrames(0, lambda _event: None)
    assert [written(frames, Slot(), value).frame for value in range(5)] == [0, 1, 2, 3, 4]


def test_only_what_is_in_a_frame_has_contents() -> None:
    """Elsewhere the question is a mistake."""
    with pytest.raises(AssertionError):
        PageFrames(1, lambda _event: None).contents(Slot())
