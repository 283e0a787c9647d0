"""How many faults a process may have taken: one for each first access and for each copy, and bounds for the rest."""

import attrs
import pytest

from pagelaw.spec.contracts import Returned
from pagelaw.spec.contracts.space.arena import PAGE, SpaceArena
from pagelaw.spec.contracts.space.calls import (
    Brk,
    Execute,
    Faults,
    File,
    Fork,
    Madvise,
    Mprotect,
    Mremap,
    Munmap,
    Read,
    Stack,
    Store,
    Write,
)

from .telling import DENIED, EVERYTHING, NO_MAPPING, OUT_OF_MEMORY, Telling, at

COUNTING = attrs.evolve(EVERYTHING, faults=True)
LIKE_THE_KERNEL = attrs.evolve(COUNTING, bounded=False, merging=False, atomic=False)
READ, WRITE = Read(1, at(0)), Write(1, at(0), 1)


def begun(**capabilities):
    """A process of a target that counts faults."""
    return Telling(capabilities=attrs.evolve(COUNTING, **capabilities)).begun()


def bounds(told, process=1):
    """The fewest faults and the most that may be told; all between may be, and no others."""
    law = {count: told.law(Faults(process), Returned(count)) for count in range(12)}
    allowed = [count for count in law if not law[count]]
    assert allowed == [*range(allowed[0], allowed[-1] + 1)]
    assert {law[count] for count in law if count not in allowed} == {"V12"}
    return allowed[0], allowed[-1]


def perform(told, *calls):
    """Accesses and other calls, all of them done."""
    for call in calls:
        told(call, Returned(0) if isinstance(call, Read) else Returned())
    return told


def counted(told, process=1):
    """With the most faults that there may be told, and known from now on."""
    return told(Faults(process), Returned(bounds(told, process)[1]))


class TestWhatIsTold:
    def test_only_a_target_that_counts_is_asked(self):
        told = Telling().begun()
        assert not told.contract.may_ask(told.memory, Faults(1))
        assert begun().law(Faults(2), Returned(0)) == "C1"

    @pytest.mark.parametrize("value", [None, True, "0", -1, 1.0])
    def test_it_is_a_number(self, value):
        assert begun().law(Faults(1), Returned(value)) == "C1"

    def test_the_breach_says_what_was_wanted(self):
        told = perform(begun().mapped(0, 1), READ)
        (breach,) = told.breaches(Faults(1), Returned(3))
        assert breach.because == "3 faults were counted, not 1: one for each first access, none after"
        (breach,) = perform(told, WRITE).breaches(Faults(1), Returned(3))
        assert "not 1 to 2:" in breach.because

    def test_what_was_told_is_known(self):
        told = perform(begun().mapped(0, 1), READ, WRITE)
        assert bounds(told) == (1, 2)
        told(Faults(1), Returned(2))
        assert bounds(told) == (2, 2)
        assert bounds(perform(told, WRITE)) == (2, 2)


class TestPrivatePages:
    def test_one_for_each_first_access_and_none_after(self):
        told = begun().mapped(0, 3)
        assert bounds(told) == (0, 0)
        perform(told, WRITE, WRITE, Write(1, at(0, 9), 3), Read(1, at(0, 8)), Read(1, at(2)), Read(1, at(2, 1)))
        assert bounds(told) == (2, 2)

    def test_a_write_after_reads_may_take_one_more(self):
        assert bounds(perform(begun().mapped(0, 1), READ, READ, WRITE, WRITE)) == (1, 2)

    def test_none_for_a_violation(self):
        told = begun().mapped(0, 1, "r")(WRITE, DENIED)(Read(1, at(5)), DENIED)
        assert bounds(told) == (0, 0)

    def test_what_was_taken_back_is_not_near_any_more(self):
        told = perform(begun().mapped(0, 1), WRITE)(Munmap(1, at(0), PAGE)).mapped(0, 1)
        assert bounds(perform(told, WRITE)) == (2, 2)
        told(Madvise(1, at(0), PAGE, "dontneed"))
        assert bounds(perform(told, READ)) == (3, 3)

    def test_contents_that_may_go_may_take_a_fault(self):
        told = perform(begun().mapped(0, 2), WRITE, Read(1, at(1)))(Madvise(1, at(0), 2 * PAGE, "free"))
        assert bounds(told) == (2, 2)
        told(READ, Returned(1))(READ, Returned(1))
        assert bounds(told) == (2, 4)
        perform(counted(told), WRITE, Write(1, at(0, 1), 1))
        assert bounds(told) == (4, 5)
        assert bounds(perform(counted(told), Read(1, at(1)), Read(1, at(1)))) == (5, 6)

    def test_the_heap(self):
        told = begun()(Brk(1, 0), Returned(at(2)))(Brk(1, at(3)), Returned(at(3)))
        assert bounds(perform(told, Write(1, at(2), 1), Write(1, at(2), 2))) == (1, 1)

    def test_a_stack_that_grows(self):
        told = begun(stacks=True, gap=1)(Stack(1, 4 * PAGE), Returned(at(4)))
        perform(told, Write(1, at(7), 1), Write(1, at(5), 1), Write(1, at(5), 2))
        assert bounds(told) == (2, 2)
        assert bounds(perform(told, Write(1, at(6), 1))) == (3, 3)


class TestRightsAndPlaces:
    def test_the_right_to_write_may_come_back_late(self):
        told = perform(begun().mapped(0, 1), WRITE)(Mprotect(1, at(0), PAGE, "r"))(Mprotect(1, at(0), PAGE, "rw"))
        assert bounds(told(READ, Returned(1))) == (1, 1)
        assert bounds(perform(told, WRITE, WRITE)) == (1, 2)

    def test_the_same_rights_are_no_others(self):
        told = perform(begun().mapped(0, 1), WRITE)(Mprotect(1, at(0), PAGE, "rw"))
        assert bounds(perform(told, WRITE)) == (1, 1)

    def test_elsewhere_too(self):
        told = perform(begun().mapped(0, 2), WRITE)(Mremap(1, at(0), 2 * PAGE, 3 * PAGE, True), Returned(at(4)))
        assert bounds(told(Read(1, at(4)), Returned(1))) == (1, 1)
        assert bounds(perform(told, Write(1, at(4), 2), Write(1, at(5), 1))) == (2, 3)

    def test_not_where_it_stays(self):
        told = perform(begun().mapped(0, 1), WRITE)(Mremap(1, at(0), PAGE, 2 * PAGE, False), Returned(at(0)))
        assert bounds(perform(told, WRITE, Write(1, at(1), 1))) == (2, 2)


class TestForks:
    def test_a_copy_is_a_fault_on_both_sides(self):
        told = perform(begun().mapped(0, 1), WRITE)(Fork(1, 2))
        assert (bounds(told), bounds(told, 2)) == ((1, 1), (0, 0))
        perform(told, Write(1, at(0), 2), Write(1, at(0), 3), Write(2, at(0), 4), Write(2, at(0), 5))
        assert (bounds(told), bounds(told, 2)) == ((2, 2), (1, 1))

    def test_a_child_reads_what_was_written_without_one(self):
        told = perform(begun().mapped(0, 3), WRITE, Read(1, at(1)))(Fork(1, 2))(Read(2, at(0)), Returned(1))
        assert bounds(told, 2) == (0, 0)
        perform(told, Read(2, at(1)))
        assert bounds(told, 2) == (0, 1)
        perform(told, Read(2, at(2)))
        assert bounds(told, 2) == (1, 2)
        assert bounds(perform(told, Write(1, at(1), 1))) == (3, 3)

    def test_what_is_shared_is_not_copied(self):
        told = perform(begun().mapped(0, 1, shared=True), WRITE)(Fork(1, 2))
        perform(counted(told), WRITE, Write(2, at(0), 1), Write(2, at(0), 2))
        assert (bounds(told), bounds(told, 2)) == ((1, 1), (0, 1))

    def test_an_eager_target_may_copy_at_once(self):
        told = perform(begun(eager=True).mapped(0, 2), WRITE, WRITE)(Fork(1, 2))
        perform(told, WRITE, Write(2, at(0), 1), Read(2, at(1)))
        assert (bounds(told), bounds(told, 2)) == ((0, 2), (0, 2))


class TestObjects:
    def test_pages_of_files_may_come_with_their_neighbours_and_go(self):
        told = begun()(File(1, 2 * PAGE)).mapped(0, 2, shared=True, file=1)
        assert bounds(perform(told, READ, READ, WRITE)) == (0, 3)

    def test_shared_memory_stays(self):
        told = begun().mapped(0, 1, shared=True)
        assert bounds(perform(told, READ, READ)) == (0, 1)
        assert bounds(perform(told, WRITE, WRITE)) == (0, 2)
        told(Madvise(1, at(0), PAGE, "dontneed"))
        assert bounds(perform(counted(told), WRITE)) == (2, 3)

    def test_a_private_page_of_a_file_is_copied_by_one_fault(self):
        told = begun()(File(1, 2 * PAGE))(Store(1, 0, 7)).mapped(0, 2, file=1)
        perform(told(READ, Returned(7)), WRITE, WRITE)
        assert bounds(told) == (1, 2)
        perform(counted(told), Write(1, at(1), 1), Write(1, at(1), 2))
        assert bounds(told) == (3, 3)
        told(Fork(1, 2))
        assert bounds(perform(told, WRITE, Write(2, at(1), 3), Write(2, at(1), 3))) == (4, 4)
        assert bounds(told, 2) == (1, 1)

    def test_a_page_that_was_not_copied_yet_is_as_it_was_after_a_fork(self):
        told = begun()(File(1, PAGE)).mapped(0, 1, file=1)
        perform(told, READ)(Fork(1, 2))
        assert bounds(perform(counted(told), WRITE, Write(2, at(0), 1))) == (2, 2)
        assert bounds(told, 2) == (1, 1)

    def test_an_eager_target_has_copied_it_before(self):
        told = begun(eager=True)(File(1, PAGE)).mapped(0, 1, file=1)
        assert bounds(perform(told, READ, WRITE)) == (0, 2)


class TestWhatHappensBesides:
    def test_an_instruction_may_write_where_it_may(self):
        told = begun().mapped(0, 1, "rwx").mapped(1, 1, "rx")
        assert bounds(perform(told, Execute(1, at(1)), Execute(1, at(1)))) == (1, 1)
        assert bounds(perform(counted(told), Execute(1, at(0)))) == (2, 3)
        assert bounds(perform(counted(told), Execute(1, at(0)), WRITE)) == (3, 5)
        assert bounds(perform(counted(told), Execute(1, at(0)))) == (5, 5)

    def test_a_denied_fetch_may_have_read(self):
        told = Telling(capabilities=LIKE_THE_KERNEL).begun().mapped(0, 2).mapped(2, 1, "")
        told(Execute(1, at(0)), DENIED)(Execute(1, at(2)), DENIED)
        assert bounds(told) == (0, 1)
        assert bounds(perform(told, READ)) == (0, 2)
        told = begun().mapped(0, 1)(Execute(1, at(0)), DENIED)
        assert bounds(told) == (0, 0)

    def test_advice_over_a_hole_may_have_been_taken(self):
        told = Telling(capabilities=LIKE_THE_KERNEL).begun().mapped(0, 1).mapped(2, 1)
        perform(told, WRITE)(Madvise(1, at(0), 3 * PAGE, "dontneed"), NO_MAPPING)
        assert bounds(perform(told, WRITE)) == (2, 2)

    def test_without_a_frame_for_the_copy_a_page_may_have_been_read(self):
        told = Telling(SpaceArena("linux", 8, frames=1), COUNTING).begun()(File(1, PAGE)).mapped(0, 1, file=1)
        told(WRITE, OUT_OF_MEMORY)
        assert bounds(told) == (0, 1)
        assert told.law(WRITE, OUT_OF_MEMORY) == ""

    def test_a_stack_that_found_no_frame_has_not_grown(self):
        capabilities = attrs.evolve(COUNTING, stacks=True, gap=1)
        told = Telling(SpaceArena("linux", 8, frames=1), capabilities).begun()(Stack(1, 4 * PAGE), Returned(at(4)))
        perform(told, Write(1, at(7), 1))(Write(1, at(6), 1), OUT_OF_MEMORY)
        assert bounds(told) == (1, 1)

    def test_what_is_put_out_takes_a_fault_again(self):
        assert bounds(perform(begun(pages_out=True).mapped(0, 1), WRITE, WRITE, WRITE)) == (1, 3)
