"""The reference manager of the Windows dialect: what calls do, what faults do step by step, and that it is right."""

import random

import attrs
import pytest

from pagelaw.model.windows_space import WindowsSpace
from pagelaw.spec.contracts import Answer, Refused, Returned
from pagelaw.spec.contracts.space.arena import PAGE, SpaceArena, SpaceCapabilities
from pagelaw.spec.contracts.space.calls import (
    WINDOWS_CALLS,
    Commit,
    Create,
    Decommit,
    Execute,
    Exit,
    File,
    Load,
    Lock,
    MapView,
    Protect,
    Query,
    Read,
    Release,
    Reserve,
    Section,
    SpaceCall,
    Stack,
    Store,
    Unlock,
    UnmapView,
    Write,
)
from pagelaw.spec.contracts.space.relation import SpaceContract

BASE = 1 << 30
KIB_64 = 1 << 16
CAPABILITIES = SpaceCapabilities(
    dialects=("windows",), processes=8, frames=True, overcommit="never", pages_out=True, executes=True, look=True,
    files=True, sections=True, locks=True, stacks=True,
)  # fmt: skip
REFUSALS = (
    (MemoryError, "out-of-memory"),
    (OverflowError, "out-of-addresses"),
    (LookupError, "no-mapping"),
    (PermissionError, "denied"),
    (Warning, "guard"),
    (RecursionError, "stack-overflow"),
    (ValueError, "illegal"),
)


def made(space: WindowsSpace, call: SpaceCall) -> Answer:
    """The answer of the manager to a call."""
    try:
        return Returned(getattr(space, call.name)(**attrs.asdict(call)))
    except Exception as refusal:
        return Refused(next(reason for kind, reason in REFUSALS if isinstance(refusal, kind)))


def begun(**arena: int) -> WindowsSpace:
    """A manager of 64 pages with a process 1."""
    space = WindowsSpace(64, "windows", **arena)
    space.create(1)
    return space


# -- what calls do ------------------------------------------------------------------------------------------------


def test_it_says_what_it_is() -> None:
    """Another dialect is refused."""
    with pytest.raises(ValueError, match="only the dialect windows"):
        WindowsSpace(64, "linux")
    assert (WindowsSpace.dialects, WindowsSpace.pages_out) == (("windows",), True)


def test_committing_takes_nothing_but_charge() -> None:
    """No frame and no entry, before the first access: then one of each."""
    space = begun(limit=8)
    base = space.reserve(1, 0, 8 * PAGE, "rw", True)
    process = space._process(1)
    assert (process.tables, space._charged) == ({}, 8)
    assert space.read(1, base + PAGE) == 0
    assert list(process.tables) == [(base + PAGE) // PAGE // 1024]
    assert process.entry(base // PAGE) is None
    entry = process.entry(base // PAGE + 1)
    assert entry is not None
    assert (entry.slot.frame, entry.rights) == (0, "rw")


def test_a_locked_page_stays() -> None:
    """Until it is unlocked, copied or given back; one frame is always left for the others."""
    space = begun(frames=2)
    base = space.reserve(1, 0, 4 * PAGE, "rw", True)
    space.lock(1, base, PAGE)
    space.lock(1, base, PAGE)
    with pytest.raises(MemoryError):
        space.lock(1, base + PAGE, PAGE)
    for number in range(1, 4):
        space.write(1, base + number * PAGE, 1)
    entry = space._process(1).entry(base // PAGE)
    assert entry is not None
    assert (entry.slot.frame, entry.slot.locks) == (0, 1)
    with pytest.raises(LookupError):
        space.unlock(1, base, 2 * PAGE)
    space.unlock(1, base, PAGE)
    assert entry.slot.locks == 0
    space.lock(1, base + PAGE, PAGE)
    space.release(1, base, 0)
    assert space._process(1).locked == set()


def test_what_cannot_be_accessed_is_not_locked() -> None:
    """No rights, or a guard."""
    space = begun()
    base = space.reserve(1, 0, 2 * PAGE, "", True)
    space.protect(1, base + PAGE, PAGE, "rwg")
    for number in (0, 1):
        with pytest.raises(PermissionError):
            space.lock(1, base + number * PAGE, PAGE)


def test_the_default_stack_is_a_mebibyte() -> None:
    """256 pages, of which two are charged."""
    space = WindowsSpace(256, limit=2)
    space.create(1)
    base = space.stack(1, 0)
    assert space.query(1, base)[2] == 254 * PAGE
    with pytest.raises(MemoryError):
        space.read(1, base + 254 * PAGE)
    with pytest.raises(MemoryError):
        begun(limit=1).stack(1, KIB_64)
    with pytest.raises(OverflowError):
        begun().stack(1, 0)


# -- that it is right ---------------------------------------------------------------------------------------------


def drawn(chance: random.Random) -> SpaceCall:
    """A call about few places, so that most meet something."""
    process = chance.choice((1, 1, 1, 2, 3))
    page = chance.choice((0, 0, 0, 1, 1, 2, 14, 15, 16, 17, 31, 32, 48, 63, 64, chance.randrange(64)))
    address = BASE + page * PAGE + chance.choice((0, 0, 0, 5, PAGE - 1))
    size = chance.choice(
        (0, 1, PAGE, PAGE, PAGE + 1, 2 * PAGE, 3 * PAGE, KIB_64, 2 * KIB_64, 5 * KIB_64, (1 << 64) - PAGE)
    )
    rights = chance.choice(("", "r", "rw", "rw", "rw", "rx", "rwg", "rg", "rc", "w"))
    anywhere = chance.choice((0, BASE + page // 16 * KIB_64, address))
    number = chance.choice((1, 2))
    file = chance.choice((-1, -1, 1, 2, 9))
    offset = chance.choice((0, 0, KIB_64, 5))
    byte = chance.choice((0, 1, 2, 255))
    whole = address // KIB_64 * KIB_64
    return chance.choice(
        (
            Create(process),
            Exit(process) if chance.random() < 0.05 else Create(process),
            *[Read(process, address), Write(process, address, byte)] * 6,
            Execute(process, address),
            File(number, chance.choice((0, PAGE, 17 * PAGE))),
            Load(number, address - BASE),
            Store(number, address - BASE, byte),
            *[Reserve(process, anywhere, size, rights, chance.random() < 0.5), Commit(process, address, size, rights)]
            * 3,
            *[Decommit(process, chance.choice((address, whole)), size), Release(process, whole, 0)],
            Release(process, address, chance.choice((0, size))),
            *[Protect(process, address, size, rights)] * 2,
            *[Query(process, address)] * 3,
            *[Lock(process, address, chance.choice((1, size))), Unlock(process, address, chance.choice((1, size)))] * 2,
            Section(number, chance.choice((0, PAGE, 17 * PAGE, 20 * PAGE)), file),
            *[MapView(process, number, offset, size, chance.choice(("r", "rw", "rc")), anywhere)] * 2,
            UnmapView(process, chance.choice((address, whole))),
            Stack(process, chance.choice((0, 1, KIB_64))) if chance.random() < 0.3 else Read(process, address),
        )
    )


@pytest.mark.parametrize("arena", [{}, {"frames": 2}, {"limit": 20}, {"frames": 3, "limit": 40}], ids=str)
def test_every_answer_is_allowed(arena: dict[str, int]) -> None:
    """Long stories, judged by the relation; every call is both done and refused in them."""
    done, refused = set(), set()
    for seed in range(6):
        chance = random.Random(seed)
        contract = SpaceContract(SpaceArena("windows", 64, **arena), CAPABILITIES)
        space, memory = begun(**arena), contract.initial()
        memory = contract.after(memory, Create(1), Returned())
        for _ in range(900):
            call = drawn(chance)
            if not contract.may_ask(memory, call):
                continue
            answer = made(space, call)
            assert contract.breaches(memory, call, answer) == [], (call, answer)
            memory = contract.after(memory, call, answer)
            (done if isinstance(answer, Returned) else refused).add(type(call))
    assert done >= {Create, Read, Write, File, Load, Store, *WINDOWS_CALLS}
    assert refused >= {Create, Read, Write, Execute, File, Load, Store, *WINDOWS_CALLS} - {Query}
