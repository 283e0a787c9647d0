"""Targets that live beside others, and do a call in part before they refuse it: running systems are such."""

import attrs
import pytest

from pagelaw.spec.contracts import Refused, Returned
from pagelaw.spec.contracts.space.arena import LAST_ADDRESS, PAGE
from pagelaw.spec.contracts.space.calls import Brk, Execute, File, Madvise, Mincore, Mmap, Mprotect, Munmap

from .telling import DENIED, EVERYTHING, ILLEGAL, NO_MAPPING, OUT_OF_MEMORY, Telling, at, mmap
from .windows_telling import Windows, commit, protect

RUNNING = attrs.evolve(EVERYTHING, bounded=False, merging=False, atomic=False)
HEAP = 1 << 40


def begun() -> Telling:
    """A process of a running system."""
    return Telling(capabilities=RUNNING).begun()


@pytest.mark.parametrize("answer", [NO_MAPPING, ILLEGAL, OUT_OF_MEMORY])
def test_a_range_that_wraps_is_refused_somehow(answer):
    """Before anything of it was done."""
    told = begun().mapped(0, 1)
    for call in (Mprotect(1, at(0), LAST_ADDRESS - PAGE, "r"), Munmap(1, at(0), LAST_ADDRESS)):
        told(call, answer)
    assert told.memory.processes[1].pages[at(0) // PAGE].rights == "rw"


def test_the_last_page_of_all_is_not_ours():
    """A range that ends at the last address does not wrap, and lies beside the window."""
    told = begun()
    last = LAST_ADDRESS - PAGE + 1
    assert not told.contract.may_ask(told.memory, Mmap(1, last, PAGE, "r", False, True, -1, 0))
    assert told.contract.may_ask(told.memory, Mmap(1, last, PAGE + 1, "r", False, True, -1, 0))


class TestHeap:
    def test_it_grows_as_far_as_others_let_it(self):
        told = begun()(Brk(1, 0), Returned(HEAP))
        told(Brk(1, HEAP + PAGE), Returned(HEAP))(Brk(1, HEAP + PAGE), Returned(HEAP + PAGE))
        assert told.law(Brk(1, HEAP + 2 * PAGE), Returned(HEAP + 5 * PAGE)) == "V16"

    def test_it_shrinks_unless_it_has_holes(self):
        told = begun()(Brk(1, 0), Returned(HEAP))(Brk(1, HEAP + 2 * PAGE), Returned(HEAP + 2 * PAGE))
        assert told.law(Brk(1, HEAP + PAGE), Returned(HEAP + 2 * PAGE)) == "V16"
        told(Munmap(1, HEAP + PAGE, PAGE))(Brk(1, HEAP + PAGE), Returned(HEAP + 2 * PAGE))
        told(Brk(1, HEAP + PAGE), Returned(HEAP + PAGE))


class TestFetch:
    @pytest.mark.parametrize(("rights", "resident", "law"), [("r", True, ""), ("r", False, ""), ("", True, "V12")])
    def test_a_denied_one_may_make_a_readable_page_resident(self, rights, resident, law):
        told = begun().mapped(0, 1, rights)(Execute(1, at(0)), DENIED)
        assert told.law(Mincore(1, at(0), PAGE), Returned([resident])) == law

    def test_an_atomic_one_may_not(self):
        told = Telling().begun().mapped(0, 1, "r")(Execute(1, at(0)), DENIED)
        assert told.law(Mincore(1, at(0), PAGE), Returned([True])) == "V12"

    def test_past_the_end_of_a_file_either_is_told(self):
        told = begun()(File(1, 1))(mmap(0, 2, "r", file=1), Returned(at(0)))
        told(Execute(1, at(1)), DENIED)(Execute(1, at(1)), Refused("bus-error"))
        assert told.law(Execute(1, at(0)), Refused("bus-error")) == "V3"


def test_other_refusals_do_nothing_in_part():
    """Only a page that was not given stops a call in the middle."""
    told = begun().mapped(0, 1)
    told(Madvise(1, at(0), PAGE, "hurry"), ILLEGAL)(Mprotect(1, at(0) + 1, PAGE, "r"), ILLEGAL)
    assert told.memory.processes[1].pages[at(0) // PAGE].rights == "rw"


@pytest.mark.parametrize("call", [commit, protect])
def test_strange_rights_of_pages_that_are_not_there(call):
    """Nobody says which of the two is told; where the pages are there, it is the rights."""
    told = Windows().reserved(0, 1)
    missing = 20 if call is commit else 0
    told(call(missing, 1, "xw"), NO_MAPPING)(call(missing, 1, "xw"), ILLEGAL)
    told(commit(0, 1, "rw"))
    assert told.law(call(0, 1, "xw"), NO_MAPPING) == "C1"
