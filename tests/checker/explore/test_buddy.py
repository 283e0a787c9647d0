"""The buddy system made ready for the search: exact counts, every policy, stories that the contract accepts."""

import pytest

from pagelaw.checker.explore import small
from pagelaw.checker.explore.buddy import POLICIES, BuddySystem, Code, changed
from pagelaw.checker.explore.judge import closed_form
from pagelaw.model.fast import backend
from pagelaw.spec.contracts import Allocate, Arena, Capabilities, FramesContract, Free

#: Reachable states of one block of each order: b(0) = 2, b(n + 1) = b(n)**2 + 1.
BLOCK = (2, 5, 26, 677, 458_330)
needs_compiler = pytest.mark.skipif(not backend.is_compiled(), reason="Numba is not there")


@pytest.fixture(scope="module")
def plain():
    return Code(plain=True)


@pytest.fixture(scope="module")
def compiled():
    return Code()


def test_the_closed_form_gives_the_known_counts():
    """16 frames: 458 330; up to swapping buddies 2 279, and 2 598 061 at 32 frames."""
    assert [closed_form(Arena(1 << order, order)) for order in range(5)] == list(BLOCK)
    assert closed_form(Arena(16, 4), symmetry=True) == 2_279
    assert closed_form(Arena(32, 5), symmetry=True) == 2_598_061


@pytest.mark.nightly
@needs_compiler
@pytest.mark.parametrize("threads", [1, 2])
def test_sixteen_frames_have_exactly_their_states(compiled, threads):
    """The known count, with either number of threads, and the same transitions and depth."""
    found = BuddySystem(Arena(16, 4), code=compiled).search(threads=threads)
    assert (found.states, found.transitions, found.depth, found.ended) == (458_330, 5_673_528, 24, "")


@pytest.mark.expensive
@needs_compiler
@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize(
    ("arena", "states"),
    [
        (Arena(1, 0), 2),
        (Arena(8, 3), BLOCK[3]),
        (Arena(8, 2), BLOCK[2] ** 2),
        (Arena(5, 2), BLOCK[2] * BLOCK[0]),
        (Arena(12, 3), BLOCK[3] * BLOCK[2]),
        (Arena(11, 3), BLOCK[3] * BLOCK[1] * BLOCK[0]),
        (Arena(8, 3, barriers=[4]), BLOCK[2] ** 2),
        (Arena(8, 3, barriers=[5]), BLOCK[2] * BLOCK[0] ** 2 * BLOCK[1]),
        (Arena(8, 3, reserved=[3]), BLOCK[1] * BLOCK[0] * BLOCK[2]),
        (Arena(8, 3, reserved=range(8)), 1),
    ],
)
def test_every_arena_has_exactly_its_states(compiled, arena, policy, states):
    """As many as its free blocks have at the start, multiplied: whatever the policy, every state can be reached."""
    found = BuddySystem(arena, policy=policy, code=compiled).search()
    assert (found.states, found.ended) == (states, "")


@pytest.mark.expensive
@needs_compiler
def test_compiled_and_plain_visit_the_same_states(compiled, plain):
    """State by state, in an arena with a hole and a barrier."""
    arena = Arena(8, 3, reserved=[2], barriers=[6])
    found = [BuddySystem(arena, policy="any", code=code).search() for code in (compiled, plain)]
    keys = [{outcome.keys(state) for state in range(outcome.states)} for outcome in found]
    assert keys[0] == keys[1]
    assert found[0].transitions == found[1].transitions


@pytest.mark.parametrize("arena", [*small.plain_arenas(4), *small.divided_arenas(4), *small.holed_arenas(4)])
def test_the_moves_are_those_that_the_contract_allows(plain, arena):
    """In every state: an allocate is a move under the policy `any` exactly if the contract finds no breach in it."""
    contract = FramesContract(arena, Capabilities())
    system = BuddySystem(arena, policy="any", code=plain)
    found = system.search()
    for state in range(found.states):
        key = found.keys(state)
        memory = contract.initial()
        steps, _ = system.story(found.path(state))
        for step in steps:
            memory = contract.after(memory, step.call, step.answer)
        moves = {(call, answer) for _, call, answer in system.successors(key)}
        for order in range(arena.max_order + 1):
            for frame in range(arena.frames):
                answers = {answer for call, answer in moves if call == Allocate(order) and answer.value == frame}
                answer = next(iter(answers), None)
                told = type(answer)(frame) if answer else _returned(frame)
                allowed = not contract.breaches(memory, Allocate(order), told)
                assert allowed == bool(answers), (key, order, frame)
                assert contract.is_legal(memory, Free(frame, order)) == any(
                    call == Free(frame, order) for call, _ in moves
                )


def _returned(frame):
    from pagelaw.spec.contracts import Returned

    return Returned(frame)


def test_a_story_names_the_step_that_gave_the_block(plain):
    """Frees in a story refer to their allocates."""
    system = BuddySystem(Arena(4, 2), code=plain)
    found = system.search()
    stories = [system.story(found.path(state))[0] for state in range(found.states)]
    frees = [(story, step) for story in stories for step in story if isinstance(step.call, Free)]
    assert frees
    for story, step in frees:
        assert story[step.of].call == Allocate(step.call.order)
        assert story[step.of].answer.value == step.call.frame


@pytest.mark.parametrize("arena", [Arena(17, 4), Arena(9, 4, start=1), Arena(32, 5)])
def test_an_arena_that_cannot_be_packed_is_refused(plain, arena):
    """More frames than fit into a word, or another start."""
    with pytest.raises(ValueError, match="up to 16 frames from 0 on"):
        BuddySystem(arena, code=plain)


def test_only_what_is_there_can_be_changed():
    """A change under a name that the specification does not have would change nothing, unseen."""
    with pytest.raises(ValueError, match="no function 'page_is_bunny'"):
        changed("page_is_bunny", lambda: None)
