"""Runs under the laws: a sound core passes, and what is planted is named by the right bit."""

from collections.abc import Callable

import numpy as np
import pytest

from pagelaw.model.fast import asked_laws, backend, checked, churn, mix
from pagelaw.model.fast.allocator import initial_memory, usable_in
from pagelaw.model.fast.asked_laws import LAW_BITS
from pagelaw.model.fast.backend import compiled
from pagelaw.spec import buddy, buddy_laws
from pagelaw.spec.algebra import Backend
from pagelaw.spec.contracts import Arena
from pagelaw.spec.frames import LIVE, NONE, RESERVED, Memory

pytestmark = pytest.mark.expensive
ARENA = Arena(30, 3, start=2, reserved=(11,), barriers=(20,))
Plant = Callable[[Memory], object]


@pytest.fixture(scope="module")
def core() -> Backend:
    """The kernels on the specification as it is."""
    return compiled(checked)


def run(
    core: Backend, kernel: str, *, calls: int = 300, upper: bool = False, arena: Arena = ARENA
) -> tuple[int, set[str]]:
    """How many calls a kernel made, and the laws that it found broken."""
    memory, counts, held = initial_memory(arena), np.zeros(2 * churn.KINDS + 2, np.uint64), np.zeros(8, np.uint32)
    drawn = mix.draw(np.random.default_rng(6), calls, slots=8, largest=4, illegal=0.2)
    spares = () if kernel == "replay_touched" else (initial_memory(arena), initial_memory(arena))
    made, bits = getattr(core, kernel)(memory, *spares, drawn, held, counts, upper)
    assert counts.sum() == made
    return int(made), laws_in(bits)


def laws_in(bits: int) -> set[str]:
    """The laws that some bits stand for."""
    return {law for law, bit in LAW_BITS.items() if int(bits) & bit}


@pytest.mark.parametrize("kernel", ["replay_touched", "replay_everywhere"])
@pytest.mark.parametrize("upper", [False, pytest.param(True, marks=pytest.mark.nightly)])
def test_a_sound_core_breaks_no_law(core: Backend, kernel: str, upper: bool) -> None:
    """All calls are made, with both halves, on an arena with a start, a hole, an odd end and a barrier."""
    assert run(core, kernel, upper=upper) == (300, set())


def test_every_law_on_states_and_calls_has_a_bit() -> None:
    """What has no bit is arithmetic, conduct, or a policy that these lists do not claim; no two share one."""
    assert {law.id for law in buddy_laws_of_all()} - set(LAW_BITS) == {"A12", "A13.lowest", "C1", "C2"}
    assert len(set(LAW_BITS.values())) == len(LAW_BITS)


def buddy_laws_of_all() -> tuple[object, ...]:
    """All laws of the contract."""
    from pagelaw.spec.law import laws_of

    return laws_of(buddy_laws.CONTRACT)


def poke(frame: int, head: int) -> Plant:
    """Another word in `heads`."""
    return lambda memory: memory.heads.__setitem__(frame, head)


def cut(node: int) -> Plant:
    """A node whose list goes on with itself."""
    return lambda memory: memory.link.__setitem__(2 * node, node)


def ring(memory: Memory) -> None:
    """The two blocks of order 1 in a ring of their own: each law at each node holds, but no list leads there."""
    first, second = (frame for frame in range(memory.heads.size) if memory.heads[frame] == 1)
    for one, other in ((first, second), (second, first)):
        memory.link[2 * one : 2 * one + 2] = other
    sentinel = int(memory.room) + 1
    memory.link[2 * sentinel : 2 * sentinel + 2] = sentinel


@pytest.mark.parametrize(
    ("plant", "laws"),
    [
        (poke(8, LIVE + 4), {"A1"}),
        (poke(24, NONE), {"A3", "A5"}),
        (poke(25, LIVE), {"A2"}),
        (poke(24, LIVE), {"A3", "A5"}),
        (cut(24), {"A5"}),
        (cut(32 + 2), {"A5"}),
        (cut(32 + 10), set()),
        (ring, {"A5"}),
        (lambda memory: memory.link.__setitem__(2 * 32, 2), {"A5"}),
        (lambda memory: memory.zones.__setitem__(slice(7, None), 9), {"A14"}),
        (poke(3, 200), {"A5"}),
    ],
)
def test_an_audit_finds_what_is_planted(core: Backend, plant: Plant, laws: set[str]) -> None:
    """One word changed in a fresh state, or a ring that no list leads to: the audit names the laws it breaks."""
    memory = initial_memory(ARENA)
    bits, first = core.audit(memory)
    assert (laws_in(bits), int(first)) == (set(), int(memory.room))
    plant(memory)
    bits, _ = core.audit(memory)
    assert laws <= laws_in(bits)
    assert bool(laws) == bool(bits)


def test_an_audit_says_where(core: Backend) -> None:
    """The first frame at which a law is broken."""
    memory = initial_memory(ARENA)
    memory.heads[25] = LIVE
    assert int(core.audit(memory)[1]) == 25


def test_unmerged_buddies(core: Backend) -> None:
    """A4: two free buddies that each are in their list."""
    memory = initial_memory(Arena(2, 0))._replace(top=np.uint64(1))
    assert laws_in(core.audit(memory)[0]) == {"A4"}


def test_an_opening_is_audited(core: Backend) -> None:
    """A10: a usable frame that was left out, and a hole that was given."""
    usable = usable_in(ARENA)
    assert core.audit_opening(initial_memory(ARENA), usable) == 0
    for frame in (11, 12):
        wrong = usable.copy()
        wrong[frame] ^= 1
        assert "A10" in laws_in(core.audit_opening(initial_memory(ARENA), wrong))
    odd = Arena(5, 2)
    assert core.audit_opening(initial_memory(odd), usable_in(odd)) == 0
    assert "A10" in laws_in(core.audit_opening(initial_memory(Arena(8, 2)), usable_in(odd)))


def never(*_arguments: object) -> bool:
    """A rule that is never true."""
    return False


def largest_listed(memory: Memory, order: int) -> int:
    """The largest order whose list holds a block, instead of the smallest."""
    full = [o for o in range(order, memory.top + 1) if not buddy.is_empty(memory.link, memory.room, o)]
    return max(full, default=memory.top + 1)


def absorb_too_low(going: bool, memory: Memory, frame: int, order: int) -> tuple[Memory, int, int]:
    """A merge that forgets to raise the order, so that the buddy's frames are lost."""
    memory, parent, _ = buddy.absorb(going, memory, frame, order)
    return memory, parent, order


def freed_elsewhere(memory: Memory, frame: int, order: int) -> tuple[Memory, bool, int, int]:
    """A free that names another block than the one that results."""
    memory, legal, _, _ = buddy.free(memory, frame, order)
    return memory, legal, 4096, order


#: One changed rule each, with the laws of which at least one must be found broken at some call by each kernel.
CHANGED = [
    ({"is_live_block": lambda memory, frame, order: frame < memory.frames}, {"A8"}, {"A8"}),
    ({"is_live_block": never}, {"A7"}, {"A8"}),
    ({"smallest_listed": largest_listed}, {"A13.smallest"}, set()),
    ({"smallest_listed": lambda memory, order: memory.top + 1}, {"A6"}, {"A6"}),
    ({"unlink": lambda going, link, node: link}, {"A5"}, set()),
    ({"give_back": lambda going, memory, frame, level: (memory, level + 1)}, {"A3"}, {"A3"}),
    ({"absorb": absorb_too_low}, {"A7"}, {"A3"}),
    ({"claim": lambda going, memory, *where: memory}, {"A2"}, {"A2"}),
    ({"allocate": lambda memory, order, upper: (memory, True, 4096)}, {"A1"}, {"A1"}),
    ({"free": freed_elsewhere}, {"A1"}, {"A1"}),
    ({"mark": lambda going, memory, frame, head: memory}, {"A2"}, {"A2"}),
]


@pytest.mark.parametrize(("rules", "everywhere", "touched"), CHANGED)
def test_a_changed_rule_is_found(
    rules: dict[str, object], everywhere: set[str], touched: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each changed rule breaks a law at some call; two of them show at touched points only in audits."""
    monkeypatch.setattr(backend, "is_compiled", lambda: False)
    changed = compiled(checked, overrides=rules)
    for kernel, expected in (("replay_everywhere", everywhere), ("replay_touched", touched)):
        made, laws = run(changed, kernel, upper=True)
        assert bool(laws & expected) == bool(expected), (kernel, laws)
        assert made < 300 or not expected


def test_a_block_out_of_nothing() -> None:
    """A block given where nothing was free has no source whose policy could be asked: A2 says so."""
    memory = Memory([LIVE, 0], [], [0], 2, 2, 1, 63)
    assert laws_in(asked_laws.broken_by_policy(memory, 0, 0, False)) == {"A2"}
    assert laws_in(asked_laws.broken_by_policy(memory, 0, 1, False)) == set()


def test_every_frame_agrees_with_the_plain_laws(core: Backend) -> None:
    """In random states, sound or not, the bits at each frame are those of the laws on plain integers."""
    laws = {law: getattr(buddy_laws, name) for law, name in (("A1", "aligned"), ("A2", "disjoint"), ("A4", "merged"))}
    laws |= {"A5": buddy_laws.listed, "A14": buddy_laws.uncrossed}
    chance = np.random.default_rng(9)
    for _ in range(20):
        memory = initial_memory(ARENA)
        for frame in chance.integers(0, 32, 3).tolist():
            memory.heads[frame] = chance.choice([0, 1, 2, LIVE, LIVE + 1, NONE, RESERVED])
        plain = Memory(*(words.tolist() for words in memory[:3]), *map(int, memory[3:]))
        wanted = {law for law, rule in laws.items() if not all(rule(plain, frame) for frame in range(32))}
        found = laws_in(core.audit(memory)[0])
        assert found - {"A3"} - {"A5"} == wanted - {"A5"}
        assert wanted <= found
