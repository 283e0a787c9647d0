"""The exploring judges of parts: what was not finished holds nothing, and what cannot be explored is refused."""

from typing import Any

import attrs
import pytest

from pagelaw.checker.explore.access import Menu, explore_access
from pagelaw.checker.explore.access import setting_of as setting_of_menu
from pagelaw.checker.explore.pages import explore_pages
from pagelaw.checker.explore.pages import setting_of as setting_of_pages
from pagelaw.checker.explore.sharing import explore_sharing
from pagelaw.checker.explore.sharing import setting_of as setting_of_sharing
from pagelaw.checker.explore.stacks import explore_stacks
from pagelaw.checker.explore.tlb import explore_tlb
from pagelaw.checker.explore.tlb import setting_of as setting_of_tlbs
from pagelaw.checker.verdict import INTERRUPTED, Judgement, Verdict
from pagelaw.model.fast.page_machine import Machine as Pages
from pagelaw.model.fast.sharing_machine import Machine as Sharing
from pagelaw.model.fast.tlb_machine import Machine as Tlbs
from pagelaw.spec import buddy_laws  # noqa: F401 - registers the laws
from pagelaw.spec.law import find_law


@attrs.frozen
class Part:
    """A part, one of its laws, and a limit that is reached.

    Attributes:
        about: what is explored, in words.
        explore: its judge.
        law: an id.
        limit: so many states are not all.
        strange: settings out of range, each with what is said of it.
    """

    about: str
    explore: Any
    law: str
    limit: int
    strange: tuple[tuple[dict[str, int], str], ...]

    def judged(self, **settings: Any) -> Judgement:
        """The judgement on its law."""
        judgement: Judgement = self.explore([find_law(self.law)], **settings)
        return judgement


PARTS = (
    Part("page states", explore_pages, "F2", 100, (({"pages": 9}, "1 to 8 pages"), ({"frames": 0}, "1 to 6 frames"))),
    Part("accesses", explore_access, "V3", 100, (({"pages": 9}, "1 to 4 pages"), ({"frames": 4}, "1 to 3 frames"))),
    Part("sharing", explore_sharing, "F7", 50, (({"pages": 5}, "1 to 5 pages"), ({"frames": 0}, "1 to 3 frames"))),
    Part("stacks", explore_stacks, "V14", 7, (({"pages": 3}, "4 to 64 pages"), ({"pages": 65}, "not 65"))),
    Part("TLBs", explore_tlb, "L1", 100, (({"cores": 4}, "from 1 to 3"), ({"cores": 0}, "not 0"))),
)
named = pytest.mark.parametrize("part", PARTS, ids=lambda part: part.about)


@named
def test_a_limit_leaves_laws_unknown(part: Part, uncompiled: None) -> None:
    """And says where it ended."""
    (finding,) = part.judged(limit=part.limit).findings
    assert finding.verdict is Verdict.UNKNOWN
    assert finding.because.startswith(f"the limit of {part.limit} states was reached after ")


@named
def test_an_interruption_leaves_laws_unknown(part: Part, uncompiled: None) -> None:
    """What was not finished is not said to hold, and nothing goes on after it."""
    seen: list[str] = []

    def interrupt(text: str) -> None:
        seen.append(text)
        if text.endswith("depth 0"):
            raise KeyboardInterrupt

    (finding,) = part.judged(progress=interrupt).findings
    assert (finding.verdict, finding.because) == (Verdict.UNKNOWN, INTERRUPTED)
    assert len(seen) == 2


@named
def test_settings_out_of_range_are_refused(part: Part) -> None:
    """With what was expected."""
    further = (({"threads": 3}, "1 or 2"), ({"limit": 0}, "at least 1"))
    for settings, message in (*part.strange, *further):
        with pytest.raises(ValueError, match=message):
            part.judged(**settings)


@named
def test_laws_of_something_else_are_refused(part: Part) -> None:
    """No law is passed over."""
    with pytest.raises(ValueError, match=f"A1: not about {part.about}"):
        part.explore([find_law("A1")])


@pytest.mark.parametrize(
    ("setting_of", "machine"),
    [
        *((setting_of_pages, Pages(*sizes)) for sizes in ((9, 3), (8, 7), (0, 1), (1, 0), (1, 1, 256))),
        *((setting_of_menu, Menu(Pages(*sizes))) for sizes in ((5, 3), (4, 4), (0, 1), (1, 0))),
        *((setting_of_sharing, Sharing(*sizes, bits=1)) for sizes in ((5, 1, 3), (2, 1, 4), (1, 4, 1))),
        *((setting_of_sharing, Sharing(*sizes)) for sizes in ((1, 1, 1), (-1, 2, 1))),
        *(
            (setting_of_tlbs, tlbs)
            for tlbs in (Tlbs(4), Tlbs(1, (0, 1, 2, 3)), Tlbs(1, frames=4), Tlbs(1, identifiers=4))
        ),
    ],
    ids=lambda value: value.__module__.rpartition(".")[2] if callable(value) else str(value),
)
def test_a_machine_that_does_not_fit_is_refused(setting_of: Any, machine: Any) -> None:
    """There is room for so many of everything."""
    with pytest.raises(ValueError, match="must fit into 64 bits"):
        setting_of(machine)
