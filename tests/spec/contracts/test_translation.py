"""The contract `translation`: every allowed answer is allowed, and every kind of breach is named."""

from collections.abc import Sequence
from typing import Any

import pytest

from pagelaw.spec.contracts.calls import DENIED, ILLEGAL, NO_MAPPING, OUT_OF_MEMORY, Answer, Failed, Refused, Returned
from pagelaw.spec.contracts.paging_arena import (
    Copy,
    Create,
    Drop,
    Events,
    Look,
    Map,
    PagingArena,
    PagingCapabilities,
    Protect,
    Split,
    Switch,
    TableCall,
    Translate,
    Unmap,
)
from pagelaw.spec.contracts.spaces import Spaces
from pagelaw.spec.contracts.translation import TranslationContract

PAGE, HUGE = 0x1000, 0x20_0000
DONE = Returned(None)
LAST = 0xFFFF_FFFF_FFFF_F000


def contract_of(frames: int = 16, geometry: str = "x86-64", cores: int = 2, **declared: Any) -> TranslationContract:
    """The contract with a target that can do everything, but for what is declared."""
    everything = {"levels": 2, "copies": True, "splits": True, "look": True, "free": True, "events": True, "cores": 8}
    settings: dict[str, Any] = {"geometries": (geometry,), "identifiers": True, "marks": True, **everything, **declared}
    return TranslationContract(PagingArena(geometry, frames, cores), PagingCapabilities(**settings))


def after(contract: TranslationContract, *calls: TableCall) -> Spaces:
    """The state after calls that are all done."""
    state = contract.initial()
    for call in calls:
        assert contract.may_ask(state, call), call
        assert contract.breaches(state, call, DONE) == [], call
        state = contract.after(state, call, DONE)
    return state


def page(address: int = 0, frame: int = 100, rights: str = "rw", **other: Any) -> Map:
    """One page of space 1."""
    settings = {"space": 1, "pages": 1, "level": 0, "shared": False, **other}
    return Map(address=address, frame=frame, rights=rights, **settings)


START = (Create(1), page())


def laws(contract: TranslationContract, state: Spaces, call: TableCall, answer: Answer) -> list[str]:
    """The ids of the laws that an answer breaks."""
    return [breach.law for breach in contract.breaches(state, call, answer)]


@pytest.mark.parametrize(
    ("before", "call", "allowed"),
    [
        ((), Create(1), {""}),
        (START, Create(1), {"illegal"}),
        (START, Drop(1), {""}),
        (START, Drop(2), {"illegal", "no-mapping"}),
        (START, Copy(1, 2), {""}),
        (START, Copy(1, 1), {"illegal"}),
        (START, Copy(3, 2), {"illegal", "no-mapping"}),
        (START, page(PAGE, 101), {""}),
        (START, page(LAST, 101), {""}),
        (START, page(LAST, 101, pages=2), {"illegal"}),
        (START, page(PAGE, 101, pages=0), {""}),
        (START, page(0x7FFF_FFFF_F000, 101, pages=2), {"illegal"}),
        (START, page(0x8000_0000_0000, 101), {"illegal"}),
        (START, page(0, 101), {"illegal"}),
        (START, page(1, 101), {"illegal"}),
        (START, page(PAGE, 3), {"illegal"}),
        (START, page(PAGE, 1 << 41), {"illegal"}),
        (START, page(PAGE, 101, rights="w"), {"illegal"}),
        (START, page(PAGE, 101, level=3), {"illegal"}),
        (START, page(0, 512, level=1), {"illegal"}),
        (START, page(HUGE, 512, level=1), {""}),
        (START, page(HUGE, 513, level=1), {"illegal"}),
        (START, page(PAGE, 101, space=7), {"illegal", "no-mapping"}),
        (START, Unmap(1, 0, 1, 0), {""}),
        (START, Unmap(1, 0, 2, 0), {"no-mapping"}),
        (START, Unmap(1, 0, 1, 1), {"no-mapping"}),
        (START, Unmap(1, 5, 1, 0), {"illegal", "no-mapping"}),
        (START, Unmap(1, PAGE, 0, 0), {""}),
        (START, Protect(1, 0, 1, 0, "r"), {""}),
        (START, Protect(1, 0, 1, 0, "x"), {"illegal"}),
        (START, Protect(1, PAGE, 1, 0, "r"), {"no-mapping"}),
        (START, Split(1, 0), {"illegal"}),
        (START, Split(1, HUGE), {"illegal", "no-mapping"}),
        ((*START, page(HUGE, 512, level=1)), Split(1, HUGE + 7), {""}),
        (START, Translate(1, 5, "r"), {""}),
        (START, Translate(1, 5, "x"), {"denied"}),
        ((*START, Protect(1, 0, 1, 0, "rx")), Translate(1, 5, "x"), {""}),
        (START, Translate(1, 5, "ru"), {"denied"}),
        (START, Translate(1, PAGE, "r"), {"no-mapping"}),
        (START, Translate(1, 1 << 60, "r"), {"no-mapping", "illegal"}),
        (START, Translate(1, 5, "q"), {"illegal"}),
        (START, Switch(0, 1), {""}),
        (START, Switch(0, 2), {"illegal", "no-mapping"}),
    ],
)
def test_which_refusals_are_allowed(before: Sequence[TableCall], call: TableCall, allowed: set[str]) -> None:
    """Exactly these; `""` stands for being done."""
    contract = contract_of()
    state = after(contract, *before)
    assert contract.refusals(state, call) == allowed
    assert contract.is_legal(state, call) == ("" in allowed)
    for reason in ("out-of-memory", "illegal", "no-mapping", "denied"):
        assert (contract.breaches(state, call, Refused(reason)) == []) == (reason in allowed), reason


def test_table_frames_are_counted() -> None:
    """Three tables under a root: with three frames no page can be mapped, with four one, and no second space."""
    contract = contract_of(3)
    state = after(contract, Create(1))
    assert contract.refusals(state, page()) == {"out-of-memory"}
    assert laws(contract, state, page(), DONE) == ["F8"]
    contract = contract_of(5, keeps=1)
    state = after(contract, *START)
    assert contract.refusals(state, Create(2)) == {"out-of-memory"}
    assert contract.refusals(state, page(PAGE, 101)) == {""}
    assert laws(contract, state, page(PAGE, 101), OUT_OF_MEMORY) == ["F6"]
    assert contract.refusals(state, page(0, 101, pages=513)) == {"illegal", "out-of-memory"}
    state = after(contract, Create(1), page(HUGE, 512, level=1))
    assert contract.refusals(state, Split(1, HUGE)) == {""}
    state = contract.after(state, page(0x4000_0000, 512 * 512, level=2), DONE)
    assert contract.refusals(state, Copy(1, 2)) == {"out-of-memory"}


def test_tables_that_are_kept_still_count() -> None:
    """Until the space goes, or frames run short; a huge leaf in their place may be refused, or replaces them."""
    contract = contract_of(5, reclaims="kept")
    state = after(contract, *START, Unmap(1, 0, 1, 0))
    assert contract.refusals(state, page(1 << 39, 101)) == {"", "out-of-memory"}
    assert contract.refusals(state, page((1 << 39) - PAGE, 101, pages=2)) == {"out-of-memory"}
    assert contract_of(5).refusals(after(contract_of(5), *START), page(1 << 39, 101)) == {"out-of-memory"}
    assert contract.refusals(state, page(0, 512, level=1)) == {"", "illegal"}
    assert contract.refusals(state, page(0, 512, level=1, pages=1 << 40)) == {"illegal"}
    state = contract.after(state, page(0, 512, level=1), DONE)
    assert len(state.tables) == 3
    state = contract.after(state, Drop(1), DONE)
    assert state.tables == {}


@pytest.mark.parametrize(
    ("before", "call", "answer", "law"),
    [
        (START, Translate(1, 5, "r"), Returned(100 * PAGE + 6), "T2"),
        (START, Translate(1, 5, "r"), Returned(101 * PAGE + 5), "T6.mapped"),
        ((*START, page(HUGE, 512, level=1)), Translate(1, HUGE, "r"), Returned(513 * PAGE), "T2"),
        ((*START, page(HUGE, 512, level=1)), Translate(1, HUGE, "r"), Returned(1024 * PAGE), "T7"),
        (START, Translate(1, 5, "r"), Returned("here"), "C1"),
        (START, Translate(1, 5, "r"), Returned(True), "C1"),
        (START, Translate(1, 5, "r"), DENIED, "T3"),
        (START, Translate(1, 5, "r"), NO_MAPPING, "T6.mapped"),
        (START, Translate(1, 5, "ru"), Returned(100 * PAGE + 5), "T3"),
        (START, Translate(1, PAGE, "r"), Returned(0), "T6.unmapped"),
        (START, Translate(1, 1 << 60, "r"), Returned(0), "T4"),
        (START, page(0, 101), DONE, "T13"),
        (START, page(0, 101), DENIED, "C1"),
        (START, page(PAGE, 101), Returned(7), "C1"),
        (START, page(PAGE, 101), ILLEGAL, "C1"),
        (START, page(LAST, 101), ILLEGAL, "T11"),
        (START, Unmap(1, LAST, 1, 0), ILLEGAL, "T11"),
        (START, Unmap(1, PAGE, 1, 0), ILLEGAL, "C1"),
        (START, page(PAGE, 101, pages=0), ILLEGAL, "T11"),
        (START, Unmap(1, 0, 1, 0), NO_MAPPING, "C1"),
        (START, Create(2), ILLEGAL, "C1"),
        (START, Unmap(1, 0, 1, 0), Failed("crash", "signal 11"), "C2"),
        (START, Unmap(1, 0, 1, 0), Failed("hang", "5 s"), "C1"),
        (START, Unmap(1, 0, 1, 0), Failed("raise", "KeyError"), "C1"),
    ],
)
def test_which_law_an_answer_breaks(before: Sequence[TableCall], call: TableCall, answer: Answer, law: str) -> None:
    """One breach, with the argument in words."""
    contract = contract_of()
    (breach,) = contract.breaches(after(contract, *before), call, answer)
    assert breach.law == law
    assert call.name in breach.because or "page" in breach.because


def test_what_a_caller_does_not_ask() -> None:
    """Frames mapped twice, writing to what was copied, dropping what runs, and what the target does not have."""
    contract = contract_of()
    state = after(contract, *START, page(HUGE, 512, level=1), Switch(0, 1))
    asked = contract.may_ask
    assert not asked(state, page(PAGE, 100))
    assert not asked(state, page(PAGE, 100, shared=True))
    assert not asked(state, page(PAGE, 600))
    assert not asked(state, page(PAGE, 600, shared=True))
    assert asked(state, page(0, 100))
    assert asked(state, page(PAGE, 101, pages=0))
    assert not asked(state, page(PAGE, 101, pages=0, rights="u"))
    assert not asked(state, Unmap(1, 5, 0, 0))
    assert not asked(state, Drop(1))
    assert asked(state, Switch(1, 1))
    assert not asked(state, Switch(2, 1))
    state = contract.after(state, Copy(1, 2), DONE)
    assert not asked(state, Protect(1, 0, 1, 0, "rw"))
    assert asked(state, Protect(1, 0, 1, 0, "rx"))
    assert asked(state, Protect(1, 9 * PAGE, 1, 0, "rw"))
    assert asked(state, Unmap(1, (1 << 64) - PAGE, 0, 0))
    assert not asked(state, Unmap(1, 1 << 64, 0, 0))
    poor = contract_of(look=False, events=False, copies=False, splits=False)
    for call in (Look(), Events(), Copy(1, 2), Split(1, 0)):
        assert not poor.may_ask(state, call)
        assert asked(state, call)


def test_shared_frames_are_mapped_again() -> None:
    """As a whole, at the same level, and only shared."""
    contract = contract_of()
    state = after(contract, Create(1), Create(2), page(0, 100, shared=True))
    assert contract.may_ask(state, page(0, 100, space=2, shared=True))
    assert not contract.may_ask(state, page(0, 100, space=2))
    state = after(contract, Create(1), page(0, 600))
    assert not contract.may_ask(state, page(1 << 30, 512, level=1))
    assert contract.may_ask(state, page(1 << 30, 1024, level=1))


def test_a_copy_lets_nobody_write_what_was_private() -> None:
    """Private pages lose the right in both spaces, shared ones keep it."""
    contract = contract_of()
    state = after(contract, *START, page(PAGE, 101, "rwu", shared=True), Copy(1, 2))
    assert [leaf.rights for leaf in state.mapped[1].values()] == ["r", "rwu"]
    assert state.mapped[2] == state.mapped[1]
    assert contract.refusals(state, Translate(2, 0, "w")) == {"denied"}
    assert contract.breaches(state, Translate(2, PAGE, "wu"), Returned(101 * PAGE)) == []


def test_a_snapshot_stays() -> None:
    """Whatever is done to the state that it was taken of."""
    contract = contract_of()
    state = after(contract, *START, Switch(0, 1))
    copy = contract.copy(state)
    contract.after(state, Unmap(1, 0, 1, 0), DONE)
    contract.after(state, Split(1, 0), ILLEGAL)
    assert 0 in copy.mapped[1]
    assert 0 not in state.mapped[1]
    assert copy.stale == []
    assert len(state.stale) == 1


def test_splitting_makes_pages() -> None:
    """512 of them, with the same rights, and one table more."""
    contract = contract_of()
    state = after(contract, Create(1), page(HUGE, 512, "rwu", level=1), Split(1, HUGE))
    assert len(state.mapped[1]) == 512
    assert state.mapped[1][HUGE + 5 * PAGE].frame == 517
    assert len(state.tables) == 4
    assert state.owners[512, 0] == 1
