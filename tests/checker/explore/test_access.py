"""The exploring judge of accesses: exact counts, wrong rules as shortest stories, gaps that are no passes."""

from collections.abc import Iterator
from typing import Any

import pytest

from pagelaw.checker.explore import access_cells
from pagelaw.checker.explore.access import (
    LARGEST,
    LARGEST_UNCOMPILED,
    LAW_BITS,
    SMALL,
    AccessSystem,
    Code,
    Menu,
    explore_access,
    menus,
)
from pagelaw.checker.verdict import Verdict
from pagelaw.model.fast import access_moves, backend
from pagelaw.model.fast.page_machine import Machine
from pagelaw.spec import access_laws
from pagelaw.spec.access import (
    ALLOWING,
    COPIED,
    COPY,
    DEMAND_ZERO,
    EXECUTE,
    GRANTED,
    GUARD,
    GUARD_HIT,
    IN_PAGE,
    NO_ACCESS,
    READ,
    RIGHTS,
    VIOLATION,
    WRITE,
    Space,
    allowed,
    allows,
    is_charged,
    must_copy,
    needs_frame,
    resident_in,
    rights_of,
    state_of,
)
from pagelaw.spec.algebra import TRUE, ZERO, store_if, where
from pagelaw.spec.law import find_law, laws_of
from pagelaw.spec.pages import COMMITTED, Pages, moved

LAWS = [law for law in laws_of(access_laws.CONTRACT) if law.part == access_laws.PART]
needs_compiler = pytest.mark.skipif(not backend.is_compiled(), reason="Numba is not there")


# -- a reading in plain Python, written apart from the specification ------------------------------------------

#: The name of its state, its frame or -1, and the letters of its rights.
Page = tuple[str, int, frozenset[str]]
NONE: frozenset[str] = frozenset()
LETTERS = {"r": READ, "w": WRITE, "x": EXECUTE, "c": COPY, "g": GUARD}


def all_rights(menu: int) -> list[frozenset[str]]:
    """All sets of rights that a page may be given."""
    every = [
        frozenset(letter for letter, bit in LETTERS.items() if rights & bit)
        for rights in range(RIGHTS + 1)
        if rights & ~menu == 0
    ]
    return [rights for rights in every if rights != {"g"}]


def after_access(page: Page, unused: list[int], letter: str) -> list[Page]:
    """What a page may be after an access."""
    name, frame, rights = page
    if not rights - {"g"}:
        return [page]
    if "g" in rights:
        return [(name, frame, rights - {"g"})]
    copies = letter == "w" and "c" in rights
    if letter not in rights and not copies:
        return [page]
    own = rights - {"c"} | {"w"} if copies else rights
    dirty = letter == "w" or name == "committed"
    if name in ("committed", "out") or copies:
        return [("dirty" if dirty else "clean", each, own) for each in unused]
    return [("dirty" if dirty else name, frame, own)]


def next_states(state: tuple[Page, ...], menu: Menu) -> Iterator[tuple[Page, ...]]:
    """The state after every move that changes something."""
    machine, offered = menu.machine, all_rights(menu.rights)
    used = {frame for _, frame, _ in state}
    unused = [frame for frame in range(machine.frames) if frame not in used]
    charged = sum(name not in ("free", "reserved") for name, _, _ in state)
    for at, page in enumerate(state):
        name, frame, rights = page
        others: list[Page] = []
        if name == "free":
            others = [("reserved", -1, NONE)]
        elif name == "reserved":
            others = [("free", -1, NONE)]
            if charged < machine.limit:
                others += [("committed", -1, given) for given in offered]
        else:
            others = [("reserved", -1, NONE)] + [(name, frame, given) for given in offered]
            others += [("out", -1, rights)] if name == "clean" else []
            others += [("clean", frame, rights)] if name == "dirty" else []
            for letter in "rwx":
                # Whatever needs no frame is the same with each that is offered.
                reached = after_access(page, unused, letter)
                needs = name in ("committed", "out") or (letter == "w" and "c" in rights)
                served = needs and not (
                    "g" in rights or (letter not in rights and not (letter == "w" and "c" in rights))
                )
                others += reached if served else reached * machine.frames
        for other in others:
            if other != page:
                yield (*state[:at], other, *state[at + 1 :])


def counted(menu: Menu) -> tuple[int, int, int]:
    """States, transitions and how many moves the last of them are away, breadth first."""
    start = (("free", -1, NONE),) * menu.machine.pages
    level, known, transitions, depth = [start], {start}, 0, -1
    while level:
        depth, found = depth + 1, []
        for state in level:
            for other in next_states(state, menu):
                transitions += 1
                if other not in known:
                    known.add(other)
                    found.append(other)
        level = found
    return len(known), transitions, depth


def two_pages(frames: int) -> int:
    """How many states two pages with any of 31 rights have: free, reserved, in two places, or clean or dirty."""
    elsewhere, resident = 2 + 2 * 31, 2 * 31
    return elsewhere**2 + 2 * elsewhere * resident * frames + resident**2 * frames * (frames - 1)


# -- counts ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("menu", [*SMALL, Menu(Machine(1, 2), WRITE | COPY), Menu(Machine(2, 1), WRITE)], ids=str)
def test_counts_are_those_of_a_naive_search(uncompiled: None, menu: Menu) -> None:
    """States, transitions and depth; no law is broken."""
    found = AccessSystem(menu, code=Code()).search(checks=("state",))
    assert (found.states, found.transitions, found.depth) == counted(menu)
    assert (found.checked, found.ended, dict(found.broken)) == (found.states, "", {})


def test_the_counts_are_known() -> None:
    """By hand: one page is free, reserved, in two places with 31 rights each, or clean or dirty with as many."""
    assert counted(Menu(Machine(1, 1)))[0] == 2 + 2 * 31 + 2 * 31
    assert counted(Menu(Machine(2, 1), READ | EXECUTE))[0] == (2 + 2 * 4) ** 2 + 2 * (2 + 2 * 4) * 2 * 4
    assert two_pages(2) == 27_656


@pytest.mark.nightly
@needs_compiler
def test_every_law_holds_with_all_rights() -> None:
    """Compiled, on two threads, with exactly as many states as the formula says, and transitions as counted here."""
    told: list[str] = []
    judgement = explore_access(LAWS, threads=2, progress=told.append)
    assert (judgement.judge, judgement.subject) == ("explore", "specification")
    assert {finding.law: finding.verdict for finding in judgement.findings} == dict.fromkeys(LAW_BITS, Verdict.HOLDS)
    every = [counted(menu) for menu in menus(LARGEST)]
    assert every[-1][0] == two_pages(2)
    assert judgement.counts["access states"] == sum(states for states, _, _ in every)
    assert judgement.counts["access transitions"] == sum(transitions for _, transitions, _ in every)
    assert judgement.findings[0].because.endswith(f"27656 states of {LARGEST}")
    assert not judgement.notes


def test_every_law_holds_uncompiled(uncompiled: None) -> None:
    """A smaller machine without a compiler, and it says so."""
    judgement = explore_access(LAWS)
    assert {finding.law: finding.verdict for finding in judgement.findings} == dict.fromkeys(LAW_BITS, Verdict.HOLDS)
    assert judgement.counts["access states"] == 126 + 260 + 68 + 497
    assert judgement.size == f"accesses of {LARGEST_UNCOMPILED}"
    assert judgement.notes == (f"there is no compiler; the largest machine by default is {LARGEST_UNCOMPILED}",)


def test_machines_that_are_explored_grow() -> None:
    """None is larger than the one that was asked for, which comes last and once."""
    assert list(menus(LARGEST_UNCOMPILED)) == list(SMALL)
    assert list(menus(Menu(Machine(2, 1)))) == [*SMALL[:3], Menu(Machine(2, 1))]
    assert list(menus(LARGEST))[-1] == LARGEST
    assert str(LARGEST) == "2 pages, 2 frames, commit limit 2, rights among rwxcg"


# -- wrong rules -------------------------------------------------------------------------------------------------


def classify_right_first(state: Any, rights: Any, kind: Any) -> Any:
    in_memory = where(must_copy(rights, kind), COPIED, GRANTED)
    served = where(state == 2, DEMAND_ZERO, where(state == 3, IN_PAGE, in_memory))
    warned = where((rights & GUARD) != ZERO, GUARD_HIT, served)
    asked = where(allows(rights, kind), warned, VIOLATION)
    return where(is_charged(state) & ((rights & ALLOWING) != ZERO), asked, VIOLATION)


def serve_shared(space: Any, page: Any, frame: Any, kind: Any, outcome: Any) -> Any:
    taken = where(needs_frame(outcome), resident_in(frame, outcome != IN_PAGE), state_of(space.pages, page))
    rights = where(outcome == GUARD_HIT, rights_of(space, page) & ALLOWING, rights_of(space, page))
    pages = space.pages._replace(state=store_if(TRUE, space.pages.state, page, taken))
    return Space(pages, store_if(TRUE, space.rights, page, rights))


def repeat_unmarked(space: Any, page: Any, kind: Any, outcome: Any) -> Any:
    return space


def protect_first(space: Any, page: Any, rights: Any) -> Any:
    legal = is_charged(state_of(space.pages, page)) & (rights != GUARD)
    return allowed(legal, allowed(legal, space, ZERO, rights), page, rights), legal


def allowed_something(going: Any, space: Any, page: Any, rights: Any) -> Any:
    return Space(space.pages, store_if(going & (rights != NO_ACCESS), space.rights, page, rights))


def commit_dear(pages: Any, page: Any) -> Any:
    legal = state_of(pages, page) == READ
    pages = moved(legal, pages, page, COMMITTED)
    return Pages(pages.state, pages.owner, pages.charge + where(legal, COPY, ZERO), pages.limit), legal


#: What is wrong, which laws break and how many moves it takes to break the first of them, and on which machine.
WRONG = {
    "classify": (classify_right_first, {"V10"}, 3, Menu(Machine(1, 1))),
    "serve": (serve_shared, {"V12"}, 3, Menu(Machine(1, 1))),
    "repeat": (repeat_unmarked, {"V12"}, 5, Menu(Machine(1, 1))),
    "protect": (protect_first, {"V3"}, 3, Menu(Machine(2, 1), READ | EXECUTE)),
}


def stories(changes: dict[str, Any], **settings: Any) -> dict[str, str]:
    """The laws that are broken with other rules, and how; no other law is said to hold."""
    judgement = explore_access(LAWS, changes=changes, **settings)
    others = {finding.verdict for finding in judgement.findings if finding not in judgement.broken}
    assert others <= {Verdict.UNKNOWN}
    return {finding.law: finding.because for finding in judgement.broken}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_rule_is_told_as_a_shortest_story(uncompiled: None, name: str) -> None:
    """With the laws that it breaks, on the smallest machine that shows it."""
    rule, laws, moves, menu = WRONG[name]
    found = stories({name: rule})
    assert set(found) == laws
    shortest = min(found.values(), key=lambda text: text.count(";"))
    assert shortest.startswith(f"on {menu}: ")
    assert shortest.count(";") + 1 == moves


def test_a_story_tells_what_each_access_came_to(uncompiled: None) -> None:
    """From look-up to entry."""
    found = stories({"repeat": repeat_unmarked})
    assert found["V12"] == (
        f"on {Menu(Machine(1, 1))}: page 0 is reserved; page 0 is committed with the rights w; page 0 is written: "
        "the look-up misses, its region says committed, frame 0 is zeroed, the entry names it, and it is repeated; "
        "page 0 is written out; page 0 is written: the look-up hits"
    )


def test_rights_that_stay_are_told(uncompiled: None) -> None:
    """Of a page that is not committed any more."""
    found = stories({"allowed": allowed_something})
    way = "page 0 is reserved; page 0 is committed with the rights r; page 0 is decommitted"
    assert found == {"V3": f"on {Menu(Machine(1, 1))}: {way}"}


# -- gaps --------------------------------------------------------------------------------------------------------


def test_what_was_never_met_leaves_laws_unknown(uncompiled: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no page is ever copied, nobody knows whether a copy would be right."""
    monkeypatch.setattr("pagelaw.checker.explore.access.SMALL", SMALL[:3])
    judgement = explore_access(LAWS, pages=1, frames=1)
    assert {finding.verdict for finding in judgement.findings} == {Verdict.UNKNOWN}
    assert judgement.findings[0].because.startswith("never seen: page n is read: frame m is used, and it waits")


def test_a_state_that_fits_into_no_word_leaves_laws_unknown(uncompiled: None) -> None:
    """A charge of sixteen, which no law of accesses looks at."""
    judgement = explore_access([find_law("V13")], changes={"commit_page": commit_dear})
    assert judgement.findings[0].verdict is Verdict.UNKNOWN
    assert judgement.findings[0].because == f"a state of {Menu(Machine(1, 1))} does not fit into a word"


def test_every_outcome_has_a_bit_of_its_own() -> None:
    """Beside those of laws."""
    bits = [access_cells.noted(kind, outcome) for kind, outcome in access_moves.POSSIBLE]
    assert len({*bits}) == len(bits)
    assert min(bits) > access_cells.UNFIT
    assert max(bits) < 1 << 64
