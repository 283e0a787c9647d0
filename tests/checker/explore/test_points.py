"""The laws at one state, packed: states made wrong by hand are found out, compiled as on plain integers."""

import pytest

from pagelaw.checker.explore.buddy import LAW_BITS, BuddySystem, Code
from pagelaw.model.fast import backend
from pagelaw.spec.contracts import Arena

NONE, RESERVED, LIVE = 15, 7, 8
#: Heads of four frames, a barrier at frame 2 in each, and the laws that are broken.
WRONG = [
    ([1, NONE, 1, NONE], set()),
    ([LIVE, LIVE, RESERVED, 0], set()),
    ([0, 1, NONE, 0], {"A1", "A3"}),
    ([1, 0, 1, NONE], {"A2"}),
    ([LIVE + 1, LIVE, 1, NONE], {"A2"}),
    ([0, NONE, 1, NONE], {"A3"}),
    ([0, 0, 1, NONE], {"A4"}),
    ([2, NONE, NONE, NONE], {"A14"}),
]


@pytest.fixture(scope="module", params=["plain", "compiled"])
def code(request):
    if request.param == "compiled" and not backend.is_compiled():
        pytest.skip("Numba is not there")
    return Code(plain=request.param == "plain")


def _key(heads):
    return sum(head << 4 * at for at, head in enumerate([*heads, *[RESERVED] * (16 - len(heads))]))


@pytest.mark.expensive
@pytest.mark.parametrize(("heads", "laws"), WRONG)
def test_a_wrong_state_is_found_out(code, heads, laws):
    """Exactly the state laws that it breaks."""
    system = BuddySystem(Arena(4, 2, barriers=[2]), code=code)
    bits = int(code.points().check_state(code.word(_key(heads)), system.setting))
    assert {law for law, bit in LAW_BITS.items() if bits & bit} == laws


@pytest.mark.expensive
def test_the_free_blocks_are_built_anew(code):
    """A7: of two halves that are free and not merged, building anew makes one."""
    system = BuddySystem(Arena(4, 2), code=code)
    ask = code.points().check_rebuilt
    assert int(ask(code.word(_key([2, NONE, NONE, NONE])), system.setting)) == 0
    assert int(ask(code.word(_key([1, NONE, 1, NONE])), system.setting)) == LAW_BITS["A7"]


@pytest.mark.expensive
def test_unmerged_buddies_show_after_a_call_and_back(code):
    """A7: with unmerged buddies, a free merges more than the allocate split."""
    system = BuddySystem(Arena(4, 2), code=code)
    bits = int(code.points().check_allocates(code.word(_key([0, 0, 1, NONE])), system.setting))
    assert bits & LAW_BITS["A7"]


def test_a_breach_is_told_with_its_frame(code):
    """The same law on plain integers says where."""
    system = BuddySystem(Arena(4, 2), code=code)
    place = system.place_of_breach(_key([0, NONE, 1, NONE]), "A3", [])
    assert place.because == "it does not hold at frame 1"


def test_what_holds_cannot_be_told_as_broken(code):
    """Where plain integers do not confirm a breach, that is an error of this program and said so."""
    system = BuddySystem(Arena(4, 2), code=code)
    with pytest.raises(RuntimeError, match="plain integers do not"):
        system.place_of_breach(_key([2, NONE, NONE, NONE]), "A3", [])
