"""Pictures of memory: drawn from a trace, before the last call and after it."""

from pagelaw.checker.report.picture import draw
from pagelaw.checker.trace import Step, Trace
from pagelaw.spec.contracts import ILLEGAL, Allocate, Arena, Free, Probe, Returned


def test_an_overlap() -> None:
    """The block that was given stands below the blocks that were there, marked where it lies."""
    trace = Trace(Arena(8, 3), [Step(Allocate(0), Returned(1)), Step(Allocate(1), Returned(0))])
    assert draw(trace) == [
        "frame    0  1  2  3  4  5  6  7",
        "before  f0 L0 f1 -- f2 -- -- --",
        "given   !1 !1",
        "        ^^ ^^",
    ]


def test_a_probe_that_differs() -> None:
    """What the target lists stands below what it should list; differences are marked."""
    steps = [Step(Allocate(0), Returned(0)), Step(Probe(), Returned([[1, 0], [2, 0], [3, 0]]))]
    assert draw(Trace(Arena(4, 2), steps)) == [
        "frame    0  1  2  3",
        "wanted  L0 f0 f1 --",
        "target  L0 f0 f0 f0",
        "              ^^ ^^",
    ]


def test_holes_and_barriers() -> None:
    """A reserved frame is an R, and a barrier a bar."""
    trace = Trace(Arena(4, 1, reserved={1}, barriers=(2,)), [Step(Free(0, 0), Returned(None))])
    assert draw(trace)[:3] == ["frame    0  1  2  3", "before  f0  R|f1 --", "freed   !0   |"]


def test_a_large_arena_is_shown_around_the_block() -> None:
    """Only the frames near the call, and the picture says so."""
    lines = draw(Trace(Arena(1000, 0), [Step(Free(500, 0), Returned(None))]))
    assert any(line.startswith("frame") and " 500" in line for line in lines)
    assert lines[-1] == "(frames 464 to 527 of 0 to 999)"


def test_a_block_beyond_the_end() -> None:
    """Frames that do not exist are dots, and shown only where the block reaches them."""
    trace = Trace(Arena(2, 1), [Step(Allocate(1), Returned(0)), Step(Allocate(1), Returned(2))])
    assert draw(trace) == ["frame    0  1  2  3", "before  L1 --  .  .", "given         !1 !1", "              ^^ ^^"]


def test_no_picture_without_a_story() -> None:
    """Right after opening there is no call to show; a story that is not allowed half-way is not drawn."""
    assert draw(Trace(Arena(4, 2), [])) == []
    wrong = [Step(Allocate(0), Returned(9)), Step(Free(9, 0), Returned(None))]
    assert draw(Trace(Arena(4, 2), wrong)) == []
    assert draw(Trace(Arena(4, 2), [Step(Allocate(0), None), Step(Free(0, 0), ILLEGAL)])) == []


def test_absurd_blocks_do_no_harm() -> None:
    """A target may list anything."""
    trace = Trace(Arena(2, 1), [Step(Probe(), Returned([[-5, 90], [10**12, 3], [0, 0, 0]]))])
    assert draw(trace)[1] == "wanted  f1 --"
