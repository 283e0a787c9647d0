"""The picture of address spaces: what is mapped, and the walk of the address that the breach is about."""

from pagelaw.checker.report.story import tell
from pagelaw.checker.report.tables import draw
from pagelaw.checker.trace import Step, Trace
from pagelaw.checker.verdict import Finding, Verdict
from pagelaw.spec import table_laws
from pagelaw.spec.contracts import Returned
from pagelaw.spec.contracts.paging_arena import Create, Look, Map, PagingArena, PagingCapabilities, Translate

DONE = Returned(None)
ENTRIES = [[3 * 512, 0x2007], [2 * 512, 0x1007], [512, 0x0007], [1, 99 << 12 | 5]]
LOOK = Step(Look(), Returned({"roots": [[1, 0x3000], [2, 0x4000]], "entries": ENTRIES, "free": []}))
STEPS = [
    Step(Create(1), DONE),
    Step(Create(2), DONE),
    Step(Map(1, 0x1000, 98, 1, 0, "ru", False), DONE),
    Step(Map(1, 0x40000000, 512 * 512, 1, 2, "rw", True), DONE),
]
MADE = {
    "law": "T6.mapped",
    "contract": "translation",
    "capabilities": PagingCapabilities(levels=2, look=True, free=True),
}
ARENA = PagingArena("x86-64", 8)
assert table_laws.CONTRACT == "translation"


def test_spaces_and_the_walk() -> None:
    """Leaves with size, frame and rights; then each entry on the way, as the hardware reads it."""
    because = "a walk to 0x1234 in space 1, mapped to frame 98 with rights ru, comes to 0x63234, not 0x62234"
    lines = draw(Trace(ARENA, [*STEPS, LOOK], because=because, **MADE))
    assert lines[:3] == [
        "space 1   0x0000000000001000   4 KiB at frame 98        ru",
        "          0x0000000040000000   1 GiB at frame 262144    rw     shared",
        "space 2   (nothing is mapped)",
    ]
    assert "level 0: the entry at 0x8 is 0x0000000000063005" in "\n".join(lines)
    assert "physical address 0x63234, rights: read, user, execute" in "\n".join(lines)


def test_the_address_of_the_last_call() -> None:
    """A translation that went wrong is drawn with its own address and access, where a look was made before."""
    wrong = Step(Translate(1, 0x1234, "w"), Returned(0))
    entries = [*ENTRIES[:3], [1, 1 << 63 | 98 << 12 | 5]]
    look = Step(Look(), Returned({"roots": [[1, 0x3000]], "entries": entries, "free": [0, 4, 5, 6, 7][1:]}))
    lines = draw(Trace(ARENA, [STEPS[0], STEPS[2], look, wrong], **MADE))
    assert "the rights do not allow this access" in lines[-1]
    assert draw(Trace(ARENA, [*STEPS, wrong], **MADE))[-1].startswith("space 2")


def test_no_picture_without_a_state() -> None:
    """Of an empty story, of one whose answers are not known, and of another contract nothing is drawn."""
    assert draw(Trace(ARENA, [], **MADE)) == []
    assert draw(Trace(ARENA, [Step(Create(1)), LOOK], **MADE)) == []
    assert draw(Trace(ARENA, [Step(Create(1), Returned(5)), LOOK], **MADE)) == []


def test_many_leaves_are_cut() -> None:
    """A dozen of a space, and how many more there are."""
    many = Step(Map(2, 0, 100, 20, 0, "r", False), DONE)
    lines = draw(Trace(ARENA, [*STEPS[:2], many, LOOK], **MADE))
    assert lines[-1] == "          ... 8 more ..."


def test_the_story_has_the_picture() -> None:
    """Calls with addresses in hexadecimal, then the picture."""
    trace = Trace(ARENA, [*STEPS, LOOK], because="a walk to 0x1234 in space 1 comes to 0x63234", **MADE)
    lines = tell(Finding("T6.mapped", Verdict.BROKEN, trace.because, 1, trace), None)
    assert "     3  map(1, 0x1000, 98, 1, 0, ru, False) -> done" in lines
    assert "  space 2   (nothing is mapped)" in lines
