"""The reference manager of page tables: held against the contract in every geometry, and its errors."""

import random
from collections.abc import Callable
from typing import Any

import attrs
import pytest

from pagelaw.model.tables import PageTables
from pagelaw.spec.contracts.calls import Answer, Refused, Returned
from pagelaw.spec.contracts.paging_arena import (
    ACCESSES,
    RIGHTS,
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
from pagelaw.spec.contracts.translation import TranslationContract
from pagelaw.spec.geometries import BUILT_IN, Geometry

OFFERED = PagingCapabilities(
    geometries=PageTables.geometries,
    cores=PageTables.cores,
    levels=PageTables.levels,
    copies=True,
    splits=True,
    look=True,
    free=True,
    identifiers=True,
    events=True,
    marks=True,
)
REFUSALS = {MemoryError: "out-of-memory", PermissionError: "denied", LookupError: "no-mapping", ValueError: "illegal"}


def answer(model: PageTables, call: TableCall, entry_bytes: int) -> Answer:
    """What the reference answers."""
    try:
        if isinstance(call, Look):
            memory = model.memory()
            words = [
                int.from_bytes(memory[at : at + entry_bytes], "little") for at in range(0, len(memory), entry_bytes)
            ]
            entries = [[index, word] for index, word in enumerate(words) if word]
            told = {"roots": model.roots().items(), "identifiers": model.identifiers().items()}
            return Returned({**told, "entries": entries, "free": model.free_frames()})
        if isinstance(call, Events):
            return Returned([list(event) for event in model.events()])
        arguments = {field.name: getattr(call, field.name) for field in attrs.fields(type(call))}
        return Returned(getattr(model, call.name)(**arguments))
    except tuple(REFUSALS) as error:
        return Refused(next(word for kind, word in REFUSALS.items() if isinstance(error, kind)))


def drawn(chance: random.Random, geometry: Geometry, frames: int) -> TableCall:
    """Any call, most likely near others."""
    level = chance.choice([0, 0, 0, *geometry.leaf_levels])
    size = 1 << (geometry.shift(level) - geometry.page_shift)

    def address() -> int:
        number = 0
        for bits in geometry.index_bits:
            number = number << bits | (chance.choice((0, 0, 1, (1 << bits) - 1)) if bits else 0)
        number <<= geometry.page_shift
        if geometry.address_bits > geometry.translated_bits and number >> (geometry.translated_bits - 1):
            number |= (1 << geometry.address_bits) - (1 << geometry.translated_bits)
        return number >> geometry.shift(level) << geometry.shift(level)

    space, pages, rights = chance.randrange(1, 4), chance.choice((0, 1, 1, 2, 3)), chance.choice(RIGHTS)
    frame = (frames // size + 1 + chance.randrange(8)) * size
    calls: list[Callable[[], TableCall]] = [
        lambda: Create(space),
        lambda: Drop(space),
        lambda: Copy(chance.randrange(1, 4), space),
        lambda: Switch(chance.randrange(2), space),
        lambda: Unmap(space, address(), pages, level),
        lambda: Protect(space, address(), pages, level, rights),
        lambda: Split(space, address() + 5),
        lambda: Translate(space, address() + chance.choice((0, 1, 4095)), chance.choice(ACCESSES)),
    ]
    mapping: list[Callable[[], TableCall]] = [
        lambda: Map(space, address(), frame, pages, level, rights, chance.random() < 0.3)
    ]
    return chance.choice(calls + 4 * mapping)()


@pytest.mark.parametrize("geometry", BUILT_IN, ids=lambda geometry: geometry.name)
def test_the_reference_keeps_the_contract(geometry: Geometry) -> None:
    """Random calls with little table memory; every answer, every event and every table is looked at."""
    for frames in (4, 9):
        chance = random.Random(f"{geometry.name} {frames}")
        contract = TranslationContract(PagingArena(geometry.name, frames, 2), OFFERED)
        model, state = PageTables(frames, geometry.name, 2), contract.initial()
        for _ in range(100):
            call = drawn(chance, geometry, frames)
            if not contract.may_ask(state, call):
                continue
            for asked in (call, Events(), Look()):
                given = answer(model, asked, geometry.entry_bytes)
                assert contract.breaches(state, asked, given) == []
                state = contract.after(state, asked, given)


def made(frames: int = 8) -> PageTables:
    """Space 1 with a page and a huge page."""
    model = PageTables(frames, "x86-64")
    model.create(1)
    model.map(1, 0, 100, 1, 0, "rw", False)
    model.map(1, 0x200000, 512, 1, 1, "rwx", True)
    return model


@pytest.mark.parametrize(
    ("call", "arguments", "error"),
    [
        ("create", (1,), ValueError),
        ("drop", (2,), ValueError),
        ("copy", (1, 1), ValueError),
        ("switch", (0, 2), ValueError),
        ("map", (1, 0, 101, 1, 0, "r", False), ValueError),
        ("map", (1, 0x1000, 101, 1, 7, "r", False), ValueError),
        ("map", (1, 2**64 - 4096, 101, 2, 0, "r", False), ValueError),
        ("map", (1, 0x1000, 101, 1, 0, "w", False), ValueError),
        ("protect", (1, 0, 1, 0, "u"), ValueError),
        ("translate", (1, 0, "rw"), ValueError),
        ("unmap", (1, 0x1000, 1, 0), LookupError),
        ("protect", (1, 0, 2, 0, "r"), LookupError),
        ("split", (1, 0), ValueError),
        ("split", (1, 0x1000), LookupError),
        ("translate", (1, 0, "x"), PermissionError),
        ("translate", (1, 0x1000, "r"), LookupError),
    ],
)
def test_what_is_refused(call: str, arguments: tuple[Any, ...], error: type[Exception]) -> None:
    """With the builtin that says why, and nothing changed."""
    model = made()
    model.protect(1, 0, 1, 0, "rw") if call != "translate" else None
    before = model.memory(), model.roots(), model.free_frames()
    if (call, arguments[-1]) == ("translate", "x"):
        arguments = (*arguments[:-1], "xu")
    with pytest.raises(error):
        getattr(model, call)(*arguments)
    assert (model.memory(), model.roots(), model.free_frames()) == before


def test_no_table_frame_is_left() -> None:
    """For a space, for a page in mid-range, for a copy, for a split: nothing is left behind."""
    model = made(4)
    before = model.memory(), model.free_frames()
    for call, arguments in (
        ("create", (2,)),
        ("map", (1, 0x200000 - 0x1000 + (1 << 30), 300, 2, 0, "r", False)),
        ("copy", (1, 2)),
        ("split", (1, 0x200000)),
    ):
        with pytest.raises(MemoryError):
            getattr(model, call)(*arguments)
        assert (model.memory(), model.free_frames()) == before


def test_a_range_that_cannot_be_finished_is_undone() -> None:
    """Four pages, of which the third is taken."""
    model = made()
    model.map(1, 0x4000, 104, 1, 0, "r", False)
    before = model.memory()
    with pytest.raises(ValueError, match="0x4000 cannot be mapped"):
        model.map(1, 0x2000, 110, 4, 0, "r", False)
    assert model.memory() == before


def test_a_copy_shares_and_protects() -> None:
    """What was private can be written by nobody, what was shared still can."""
    model = made(16)
    model.copy(1, 2)
    with pytest.raises(PermissionError):
        model.translate(1, 0, "w")
    assert model.translate(2, 0, "r") == 100 * 4096
    assert model.translate(2, 0x200000, "w") == 512 * 4096
    assert model.identifiers() == {1: 0, 2: 1}
    model.drop(1)
    model.create(3)
    assert model.identifiers() == {2: 1, 3: 0}


def test_what_was_copied_is_still_private() -> None:
    """Copied, unmapped on one side, writable again, copied again: nobody may write it; parts of what is shared are."""
    model = made(16)
    model.copy(1, 2)
    model.unmap(2, 0, 1, 0)
    model.protect(1, 0, 1, 0, "rw")
    model.split(1, 0x200000)
    model.drop(2)
    model.copy(1, 3)
    for space in (1, 3):
        with pytest.raises(PermissionError):
            model.translate(space, 0, "w")
        assert model.translate(space, 0x201000, "w") == 513 * 4096


def test_flushes_come_before_releases() -> None:
    """The page on every core, then the tables that became empty and the frame."""
    model = PageTables(8, "x86-64", 2)
    model.create(1)
    model.map(1, 0, 100, 1, 0, "rw", False)
    model.unmap(1, 0, 1, 0)
    names = [event[0] for event in model.events()]
    assert names == ["clear", "flush-page", "flush-page", "release", "release", "release", "release"]
    assert model.events() == []
