"""The dialect `linux`: what is allowed, which law another answer breaks, and what is not asked."""

import attrs
import pytest

from pagelaw.spec.contracts import Failed, Refused, Returned
from pagelaw.spec.contracts.space.arena import LAST_ADDRESS, PAGE, SpaceArena, SpaceCapabilities
from pagelaw.spec.contracts.space.calls import (
    Brk,
    Create,
    Execute,
    Exit,
    File,
    Fork,
    Load,
    Madvise,
    Maps,
    Mincore,
    Mmap,
    Mprotect,
    Mremap,
    Munmap,
    Read,
    Reserve,
    Stack,
    Store,
    Write,
)

from .telling import (
    BASE,
    DENIED,
    DONE,
    EVERYTHING,
    ILLEGAL,
    NO_MAPPING,
    OUT_OF_ADDRESSES,
    OUT_OF_MEMORY,
    Telling,
    at,
    mmap,
)

UNBOUNDED = attrs.evolve(EVERYTHING, bounded=False, merging=False, atomic=False)
CHARGING = attrs.evolve(EVERYTHING, overcommit="never")
LIMITED = SpaceArena("linux", 8, limit=2)
FAR = BASE << 8


class TestMapping:
    def test_any_free_place_will_do(self):
        told = Telling().begun().mapped(0, 2)
        call = Mmap(1, 0, PAGE, "r", False, False, -1, 0)
        assert told.law(call, Returned(at(2))) == ""
        assert told.law(call, Returned(at(7))) == ""

    @pytest.mark.parametrize(
        ("value", "law"),
        [
            (at(1), "V16"),
            (at(2, 1), "V1"),
            (at(8), "V15"),
            (LAST_ADDRESS - 10, "V1"),
            (-1, "C1"),
            (True, "C1"),
            ("here", "C1"),
        ],
    )
    def test_other_places(self, value, law):
        told = Telling().begun().mapped(0, 2)
        assert told.law(Mmap(1, 0, PAGE, "r", False, False, -1, 0), Returned(value)) == law

    def test_a_hint_is_taken_if_it_is_free(self):
        told = Telling().begun().mapped(0, 2)
        hint = mmap(3, 1, fixed=False)
        assert told.law(hint, Returned(at(3))) == ""
        assert told.law(hint, Returned(at(4))) == "V16"
        assert told.law(mmap(1, 1, fixed=False), Returned(at(4))) == ""

    def test_fixed_is_there_and_replaces(self):
        told = Telling().begun().mapped(0, 2)(Write(1, at(1), 7))
        assert told.law(mmap(1, 1), Returned(at(2))) == "V16"
        told.mapped(1, 1, "r")
        assert told.law(Read(1, at(1)), Returned(7)) == "F7"
        assert told.law(Read(1, at(1)), Returned(0)) == ""

    @pytest.mark.parametrize(
        "call",
        [
            mmap(0, 0),
            mmap(0, 1, offset=1),
            attrs.evolve(mmap(0, 1), address=at(0, 8)),
            mmap(0, 1, file=9),
            mmap(7, 2),
            attrs.evolve(mmap(7, 1), length=LAST_ADDRESS),
        ],
        ids=str,
    )
    def test_what_is_illegal(self, call):
        told = Telling().begun()
        assert told.law(call, ILLEGAL) == ""
        assert told.law(call, Returned(call.address)) != ""

    def test_a_full_space(self):
        told = Telling().begun().mapped(0, 4).mapped(5, 3)
        two = Mmap(1, 0, 2 * PAGE, "r", False, False, -1, 0)
        assert told.law(two, OUT_OF_ADDRESSES) == ""
        assert told.law(two, OUT_OF_MEMORY) == ""
        assert told.law(two, Returned(at(4))) == "V16"
        assert told.law(attrs.evolve(two, length=PAGE), OUT_OF_ADDRESSES) == "V16"

    def test_the_last_page_is_as_any_other(self):
        assert Telling().begun().law(mmap(7, 1), OUT_OF_MEMORY) == "V15"

    def test_unbounded_targets_may_place_outside(self):
        told = Telling(capabilities=UNBOUNDED).begun()
        anywhere = Mmap(1, 0, PAGE, "rw", False, False, -1, 0)
        told(anywhere, Returned(FAR))(Write(1, FAR, 3))
        assert told.law(Read(1, FAR), Returned(3)) == ""
        assert told.law(anywhere, Returned(FAR)) == "V16"


class TestAsking:
    @pytest.mark.parametrize(
        "call",
        [
            mmap(0, 1, "w"),
            Mprotect(1, at(0), PAGE, "x"),
            Mremap(1, at(0), 0, PAGE, True),
            Mremap(1, at(0), 2 * PAGE, PAGE, True),
            Mremap(1, at(3), 2 * PAGE, PAGE, True),
            Madvise(1, at(3), PAGE, "free"),
            Brk(1, at(5)),
            Reserve(1, 0, PAGE, "r", False),
        ],
        ids=str,
    )
    def test_what_the_contract_leaves_open(self, call):
        told = Telling().begun().mapped(0, 1).mapped(1, 1, "r").mapped(3, 1, "r", shared=True)
        assert not told.contract.may_ask(told.memory, call)

    @pytest.mark.parametrize(
        "call",
        [
            Munmap(1, FAR, PAGE),
            mmap(7, 2),
            Mincore(1, at(7), 2 * PAGE),
            Mremap(1, FAR, PAGE, PAGE, True),
            Mremap(1, at(7), PAGE, 2 * PAGE, True),
            Mmap(1, 0, 9 * PAGE, "r", False, False, -1, 0),
            Read(1, FAR),
        ],
        ids=str,
    )
    def test_what_is_somebody_elses(self, call):
        told = Telling(capabilities=UNBOUNDED).begun().mapped(7, 1)
        assert not told.contract.may_ask(told.memory, call)

    @pytest.mark.parametrize("call", [Read(1, LAST_ADDRESS + 1), Brk(1, LAST_ADDRESS + PAGE), Munmap(1, -PAGE, PAGE)])
    def test_what_no_register_holds_is_no_address(self, call):
        told = Telling(SpaceArena("linux", 16, base=LAST_ADDRESS + 1 - 16 * PAGE)).begun()(Brk(1, 0), Returned(1 << 20))
        assert not told.contract.may_ask(told.memory, call)
        assert told.contract.may_ask(told.memory, attrs.evolve(call, address=LAST_ADDRESS))

    def test_what_was_given_outside_may_be_asked_for(self):
        told = Telling(capabilities=UNBOUNDED).begun()(Mmap(1, 0, PAGE, "rw", False, False, -1, 0), Returned(FAR))
        assert told.contract.may_ask(told.memory, Munmap(1, FAR, PAGE))
        assert told.contract.may_ask(told.memory, Munmap(1, FAR, LAST_ADDRESS))
        assert told.contract.may_ask(told.memory, Munmap(1, FAR + 9 * PAGE, 0))
        assert told.contract.may_ask(told.memory, Munmap(2, FAR, PAGE))

    def test_calls_that_the_target_lacks(self):
        told = Telling(capabilities=SpaceCapabilities(dialects=("linux",))).begun().mapped(0, 1)
        for call in (
            Fork(1, 2),
            Maps(1),
            Brk(1, 0),
            File(1, 1),
            mmap(0, 1, file=1),
            Mremap(1, at(0), PAGE, PAGE, True),
        ):
            assert not told.contract.may_ask(told.memory, call)

    def test_only_so_many_processes(self):
        told = Telling(capabilities=attrs.evolve(EVERYTHING, processes=1)).begun()
        assert not told.contract.may_ask(told.memory, Fork(1, 2))
        assert told.contract.may_ask(told.memory, Fork(1, 1))


class TestTakingBack:
    def test_a_hole_may_be_unmapped(self):
        told = Telling().begun().mapped(0, 3)(Munmap(1, at(1), PAGE))(Munmap(1, at(0), 3 * PAGE))
        assert told.law(Read(1, at(0)), DENIED) == ""
        assert told.law(Read(1, at(0)), Returned(0)) == "V10"

    @pytest.mark.parametrize(
        ("address", "length", "law"),
        [(at(0, 1), PAGE, "C1"), (at(0), 0, "V15"), (at(7), 2 * PAGE, "V15"), (at(1), LAST_ADDRESS, "V15")],
    )
    def test_illegal_ranges(self, address, length, law):
        told = Telling().begun().mapped(0, 1)
        call = Munmap(1, address, length)
        assert told.law(call, ILLEGAL) == ""
        assert told.law(call, DONE) == law

    def test_returns_nothing(self):
        assert Telling().begun().law(Munmap(1, at(0), PAGE), Returned(3)) == "C1"

    def test_must_be_done(self):
        assert Telling().begun().law(Munmap(1, at(7), PAGE), ILLEGAL) == "V15"
        assert Telling().begun().law(Munmap(1, at(0), PAGE), ILLEGAL) == "C1"


class TestProtecting:
    def test_rights_are_those_of_the_page(self):
        told = Telling().begun().mapped(0, 3)(Mprotect(1, at(1), PAGE, "r"))
        assert told.law(Write(1, at(1), 1), DENIED) == ""
        assert told.law(Write(1, at(1), 1), DONE) == "V3"
        assert told.law(Write(1, at(2), 1), DENIED) == "V12"
        assert told.law(Read(1, at(1)), Refused("guard")) == "V13"
        assert told.law(Write(1, at(1), 1), Refused("guard")) == "V13"

    def test_over_a_hole(self):
        told = Telling().begun().mapped(0, 1).mapped(2, 1)
        call = Mprotect(1, at(0), 3 * PAGE, "r")
        assert told.law(call, DONE) == "V10"
        told(call, NO_MAPPING)
        assert told.law(Write(1, at(0), 1), DONE) == ""

    def test_over_a_hole_where_it_does_its_part(self):
        told = Telling(capabilities=UNBOUNDED).begun().mapped(0, 1).mapped(2, 1)
        told(Mprotect(1, at(0), 3 * PAGE, "r"), NO_MAPPING)
        assert told.law(Write(1, at(0), 1), DENIED) == ""
        assert told.law(Write(1, at(2), 1), DENIED) == "V12"

    def test_an_empty_range(self):
        told = Telling().begun()
        assert told.law(Mprotect(1, at(3), 0, "r"), DONE) == ""
        assert told.law(Mprotect(1, at(3), 0, "r"), NO_MAPPING) == "V15"


class TestCharging:
    def test_writable_private_pages_are_charged(self):
        told = Telling(LIMITED, CHARGING).begun().mapped(0, 1).mapped(1, 5, "r")
        assert told.law(Mprotect(1, at(1), PAGE, "rw"), OUT_OF_MEMORY) == "V4"
        told(Mprotect(1, at(1), PAGE, "rw"))
        assert told.law(Mprotect(1, at(1), 2 * PAGE, "rw"), OUT_OF_MEMORY) == ""
        assert told.law(Mprotect(1, at(1), 2 * PAGE, "rw"), DONE) == "V4"
        assert told.law(Mprotect(1, at(1), PAGE, "rw"), DONE) == ""

    def test_what_is_replaced_is_not(self):
        told = Telling(LIMITED, CHARGING).begun().mapped(0, 2)
        assert told.law(mmap(0, 2), Returned(at(0))) == ""
        assert told.law(mmap(1, 2), OUT_OF_MEMORY) == ""
        assert told.law(mmap(1, 2), Returned(at(1))) == "V4"
        assert told.law(mmap(3, 1), OUT_OF_ADDRESSES) == "V4"

    def test_shared_memory_is_as_long_as_it_is_mapped(self):
        told = Telling(LIMITED, CHARGING).begun().mapped(0, 2, shared=True)
        assert told.law(mmap(3, 1), OUT_OF_MEMORY) == ""
        told(Munmap(1, at(0), PAGE))
        assert told.law(mmap(3, 1), OUT_OF_MEMORY) == ""
        told(Munmap(1, at(0), 2 * PAGE))
        assert told.law(mmap(3, 1), OUT_OF_MEMORY) == "V4"

    def test_a_fork_is_charged_again(self):
        told = Telling(LIMITED, CHARGING).begun().mapped(0, 2)
        assert told.law(Fork(1, 2), OUT_OF_MEMORY) == ""
        assert told.law(Fork(1, 2), DONE) == "V4"

    def test_a_mapping_may_be_refused_for_both(self):
        told = Telling(LIMITED, CHARGING).begun().mapped(0, 1)
        assert told.law(mmap(1, 1), OUT_OF_MEMORY) == "V4"
        assert told.law(mmap(1, 1), Returned(at(1))) == ""


class TestMoving:
    def test_shrinks_in_place(self):
        told = Telling().begun().mapped(0, 3)
        assert told.law(Mremap(1, at(0), 3 * PAGE, PAGE, True), Returned(at(3))) == "V16"
        told(Mremap(1, at(0), 3 * PAGE, PAGE, False), Returned(at(0)))
        assert told.law(Read(1, at(1)), DENIED) == ""

    def test_grows_in_place(self):
        told = Telling().begun().mapped(0, 1, shared=True)(Mremap(1, at(0), PAGE, 2 * PAGE, False), Returned(at(0)))
        assert told.law(Read(1, at(1)), Refused("bus-error")) == ""
        assert told.law(Read(1, at(1)), Returned(0)) == "V10"

    def test_moves_with_its_contents(self):
        told = Telling().begun().mapped(0, 1).mapped(1, 1, "r")(Write(1, at(0), 7))(Madvise(1, at(0), PAGE, "free"))
        told(Mremap(1, at(0), PAGE, 3 * PAGE, True), Returned(at(4)))
        assert told.law(Read(1, at(4)), Returned(7)) == ""
        assert told.law(Read(1, at(4)), Returned(0)) == ""
        assert told.law(Read(1, at(4)), Returned(5)) == "V17"
        assert told.law(Read(1, at(0)), DENIED) == ""

    def test_places(self):
        told = Telling().begun().mapped(0, 1).mapped(1, 1, "r")
        grow = Mremap(1, at(0), PAGE, 2 * PAGE, True)
        assert told.law(grow, Returned(at(0))) == "V16"
        assert told.law(grow, Returned(at(1))) == "V16"
        assert told.law(grow, OUT_OF_MEMORY) == "V16"
        stay = attrs.evolve(grow, may_move=False)
        assert told.law(stay, OUT_OF_MEMORY) == ""
        assert told.law(stay, Returned(at(2))) == "V16"
        assert told.law(attrs.evolve(grow, new_length=8 * PAGE), OUT_OF_ADDRESSES) == ""

    def test_illegal_ones(self):
        told = Telling().begun().mapped(0, 1)
        assert told.law(Mremap(1, at(0), PAGE, 0, True), ILLEGAL) == ""
        assert told.law(Mremap(1, at(2), PAGE, PAGE, True), NO_MAPPING) == ""
        assert told.law(Mremap(1, at(0, 1), PAGE, PAGE, True), ILLEGAL) == ""
        assert told.contract.may_ask(told.memory, Mremap(1, at(0, 1), PAGE, PAGE, True))
        assert told.contract.may_ask(told.memory, Mremap(1, at(5), PAGE, PAGE, True))
        assert told.contract.may_ask(told.memory, Mremap(2, at(5), PAGE, PAGE, True))

    def test_two_regions_may_look_alike(self):
        told = Telling(capabilities=UNBOUNDED).begun().mapped(0, 1)
        assert told.law(Mremap(1, at(0), PAGE, 2 * PAGE, True), NO_MAPPING) == ""
        told(Mremap(1, at(0), PAGE, 2 * PAGE, True), Returned(at(0)))

    def test_growing_is_charged(self):
        told = Telling(LIMITED, CHARGING).begun().mapped(0, 1)
        assert told.law(Mremap(1, at(0), PAGE, 3 * PAGE, True), OUT_OF_MEMORY) == ""


class TestBreak:
    def told(self, **other):
        return Telling(**other).begun().mapped(4, 1)(Brk(1, 0), Returned(at(1)))

    def test_up_and_down(self):
        told = self.told()(Brk(1, at(2, 5)), Returned(at(2, 5)))
        assert told.law(Write(1, at(2, 9), 1), DONE) == ""
        told(Brk(1, at(1, 1)), Returned(at(1, 1)))
        assert told.law(Read(1, at(2)), DENIED) == ""

    def test_no_room(self):
        told = self.told()
        assert told.law(Brk(1, at(5)), Returned(at(1))) == ""
        assert told.law(Brk(1, at(5)), Returned(at(5))) == "V16"
        assert told.law(Brk(1, at(2)), Returned(at(1))) == "V16"
        assert told.law(Brk(1, at(9)), Returned(at(9))) == "V16"

    def test_below_the_heap(self):
        assert self.told().law(Brk(1, at(0)), Returned(at(1))) == ""
        assert self.told().law(Brk(1, at(0)), Returned(at(0))) == "V18"

    def test_the_limit(self):
        told = self.told(arena=attrs.evolve(LIMITED, limit=1), capabilities=CHARGING)
        assert told.law(Brk(1, at(2)), Returned(at(1))) == ""
        assert told.law(Brk(1, at(2)), Returned(at(2))) == "V16"


class TestAdvice:
    def test_contents_are_given_up(self):
        told = Telling().begun().mapped(0, 1)(Write(1, at(0), 7))(Madvise(1, at(0), PAGE, "dontneed"))
        assert told.law(Read(1, at(0)), Returned(7)) == "F7"

    def test_what_is_shared_stays(self):
        told = Telling().begun().mapped(0, 1, shared=True)(Write(1, at(0), 7))(Madvise(1, at(0), PAGE, "dontneed"))
        assert told.law(Read(1, at(0)), Returned(7)) == ""

    def test_free_may_take_its_time(self):
        told = Telling().begun().mapped(0, 2)(Write(1, at(0), 7))(Write(1, at(0, 1), 8))
        told(Madvise(1, at(0), 2 * PAGE, "free"))(Write(1, at(0, 1), 9))
        assert told.law(Mincore(1, at(0), PAGE), Returned([False])) == ""
        assert told.law(Read(1, at(0)), Returned(7)) == ""
        told(Read(1, at(0)), Returned(0))
        assert told.law(Read(1, at(0, 1)), Returned(9)) == ""
        assert told.law(Read(1, at(0, 1)), Returned(8)) == "V17"
        assert told.law(Read(1, at(0)), Returned(7)) == "V17"

    def test_unknown_advice_and_holes(self):
        told = Telling(capabilities=UNBOUNDED).begun().mapped(0, 1).mapped(2, 1)(Write(1, at(2), 7))
        assert told.law(Madvise(1, at(0), PAGE, "sometime"), ILLEGAL) == ""
        told(Madvise(1, at(0), 3 * PAGE, "dontneed"), NO_MAPPING)
        assert told.law(Read(1, at(2)), Returned(0)) == ""


class TestResidence:
    def test_pages_are_backed_when_they_are_first_accessed(self):
        told = Telling().begun().mapped(0, 3).mapped(3, 1, shared=True)(Write(1, at(0), 1))(Read(1, at(1)), Returned(0))
        look = Mincore(1, at(0), 4 * PAGE)
        assert told.law(look, Returned([True, True, False, True])) == ""
        assert told.law(look, Returned([True, False, False, False])) == ""
        assert told.law(look, Returned([True, True, True, True])) == "V12"
        assert told.law(look, Returned([False, True, False, True])) == "V12"
        assert told.law(look, Returned([True])) == "C1"
        assert told.law(look, Returned([1, 1, 1, 1])) == "C1"
        assert told.law(look, Returned(None)) == "C1"

    def test_eagerly_and_out(self):
        told = Telling(capabilities=attrs.evolve(EVERYTHING, eager=True, pages_out=True)).begun().mapped(0, 1)
        assert told.law(Mincore(1, at(0), PAGE), Returned([True])) == ""
        told(Write(1, at(0), 1))
        assert told.law(Mincore(1, at(0), PAGE), Returned([False])) == ""


class TestProcesses:
    def test_a_child_has_its_own(self):
        told = Telling().begun().mapped(0, 1)(Write(1, at(0), 7))(Fork(1, 2))(Write(2, at(0), 8))
        assert told.law(Read(1, at(0)), Returned(8)) == "V6"
        assert told.law(Read(1, at(0)), Returned(7)) == ""
        assert told.law(Read(2, at(0)), Returned(8)) == ""

    def test_what_is_shared_is_seen(self):
        told = Telling().begun().mapped(0, 1, shared=True)(Fork(1, 2))(Write(2, at(0), 8))
        assert told.law(Read(1, at(0)), Returned(8)) == ""
        told(Exit(2))
        assert told.law(Read(1, at(0)), Returned(0)) == "V17"

    def test_numbers(self):
        told = Telling().begun()
        assert told.law(Create(1), ILLEGAL) == ""
        assert told.law(Fork(1, 1), ILLEGAL) == ""
        assert told.law(Fork(2, 3), ILLEGAL) == ""
        assert told.law(Exit(2), ILLEGAL) == ""
        assert told.law(Create(2), Returned(1)) == "C1"


class TestFiles:
    def told(self):
        return Telling().begun()(File(4, 2 * PAGE - 96))

    def test_writing_memory_changes_the_file(self):
        """`hello` is in a file, `HELLO` is copied into its mapping, and reading the file gives `HELLO`."""
        told = self.told()
        for offset, letter in enumerate(b"hello"):
            told(Store(4, offset, letter))
        told.mapped(0, 1, shared=True, file=4)
        for offset, letter in enumerate(b"HELLO"):
            told(Write(1, at(0, offset), letter))
        for offset, letter in enumerate(b"HELLO"):
            assert told.law(Load(4, offset), Returned(letter)) == ""
            assert told.law(Load(4, offset), Returned(letter ^ 0x20)) == "V17"

    def test_a_private_mapping_keeps_its_own(self):
        told = self.told()(Store(4, PAGE, 3)).mapped(0, 2, file=4)
        assert told.law(Read(1, at(1)), Returned(3)) == ""
        told(Write(1, at(1, 1), 5))(Store(4, PAGE, 4))
        assert told.law(Read(1, at(1)), Returned(3)) == ""
        assert told.law(Load(4, PAGE + 1), Returned(0)) == ""
        assert told.law(Read(1, at(1)), Returned(4)) == "V6"
        told(Madvise(1, at(1), PAGE, "dontneed"))
        assert told.law(Read(1, at(1)), Returned(4)) == ""

    def test_past_the_end(self):
        told = self.told().mapped(0, 3, shared=True, file=4)
        assert told.law(Read(1, at(2)), Refused("bus-error")) == ""
        assert not told.contract.may_ask(told.memory, Read(1, at(1, PAGE - 1)))
        assert told.contract.may_ask(told.memory, Read(1, at(1, PAGE - 97)))

    def test_what_there_is_not(self):
        told = self.told()
        for call in (File(4, 1), Load(5, 0), Load(4, 2 * PAGE), Store(4, 0, 256), Load(4, -1)):
            assert told.law(call, ILLEGAL) == ""

    def test_a_mapping_moves_on_in_the_file(self):
        told = self.told().mapped(0, 1, "r", shared=True, file=4)(Store(4, PAGE, 9))
        told(Mremap(1, at(0), PAGE, 2 * PAGE, False), Returned(at(0)))
        assert told.law(Read(1, at(1)), Returned(9)) == ""


class TestFrames:
    def told(self, frames, **other):
        arena = SpaceArena("linux", 8, frames=frames)
        return Telling(arena, attrs.evolve(EVERYTHING, frames=True, **other)).begun()

    def test_memory_runs_out_at_a_write(self):
        """Five pages may be given with three frames; the fourth write finds none, whatever was promised."""
        told = self.told(3).mapped(0, 5)
        for page in range(3):
            assert told.law(Write(1, at(page), 1), OUT_OF_MEMORY) == "V12"
            told(Write(1, at(page), 1))
        assert told.law(Write(1, at(3), 1), OUT_OF_MEMORY) == ""
        assert told.law(Write(1, at(3), 1), DONE) == "F2"
        assert told.law(Read(1, at(3)), Returned(0)) == ""
        assert told.law(Read(1, at(3)), OUT_OF_MEMORY) == ""

    def test_paging_out_makes_room(self):
        told = self.told(1, pages_out=True).mapped(0, 2)(Write(1, at(0), 1))
        assert told.law(Write(1, at(1), 1), OUT_OF_MEMORY) == "V12"

    def test_files_take_frames_too(self):
        told = self.told(1)(File(4, PAGE)).mapped(0, 1)(Write(1, at(0), 1))
        assert told.law(Store(4, 0, 1), OUT_OF_MEMORY) == ""
        assert told.law(Store(4, 0, 1), DONE) == ""
        told.mapped(1, 1, shared=True, file=4)(Write(1, at(1), 2))
        assert told.law(Write(1, at(1), 2), OUT_OF_MEMORY) == ""

    def test_a_copy_of_a_files_page_may_take_two(self):
        told = self.told(1)(File(4, PAGE)).mapped(0, 1, file=4)
        assert told.law(Write(1, at(0), 1), OUT_OF_MEMORY) == ""


class TestStacks:
    """A stack of four pages at the top of eight, with a gap of two."""

    CAPABILITIES = attrs.evolve(EVERYTHING, stacks=True, gap=2)

    def told(self, *mapped: int, **arena: int) -> Telling:
        told = Telling(SpaceArena("linux", 8, **arena), attrs.evolve(self.CAPABILITIES, overcommit="never")).begun()
        for page in mapped:
            told.mapped(page, 1)
        return told(Stack(1, 4 * PAGE), Returned(at(4)))

    def test_only_the_highest_page_is_there(self):
        told = self.told()
        assert told.law(Maps(1), Returned([[at(7), at(8), "rw", False, -1, 0]])) == ""
        assert told.law(Read(1, at(7)), Returned(0)) == ""

    def test_grows_down_to_its_limit(self):
        told = self.told()
        assert told.law(Write(1, at(5), 1), DENIED) == "V14"
        assert told.law(Read(1, at(5)), Returned(1)) == "F7"
        told(Write(1, at(5), 1))
        assert told.law(Maps(1), Returned([[at(5), at(8), "rw", False, -1, 0]])) == ""
        assert told.law(Read(1, at(6)), Returned(0)) == ""
        assert told.law(Read(1, at(3)), Returned(0)) == "V10"
        assert told.law(Read(1, at(3)), DENIED) == ""

    def test_keeps_its_gap(self):
        told = self.told(3)
        assert told.law(Write(1, at(5), 1), DONE) == "V14"
        assert told.law(Write(1, at(5), 1), DENIED) == ""
        assert told.law(Write(1, at(6), 1), DONE) == ""

    def test_keeps_none_from_what_may_not_be_accessed(self):
        told = self.told(3)(Mprotect(1, at(3), PAGE, ""))
        assert told.law(Write(1, at(4), 1), DENIED) == "V14"
        assert told.law(Write(1, at(4), 1), DONE) == ""
        told(Mprotect(1, at(3), PAGE, "r"))
        assert told.law(Write(1, at(4), 1), DONE) == "V14"

    def test_keeps_none_from_another_stack(self):
        told = self.told()(Stack(1, 2 * PAGE), Returned(at(1)))
        told(Stack(1, PAGE), Returned(at(4)))
        assert told.contract.may_ask(told.memory, Munmap(1, at(4), PAGE))
        assert told.law(Write(1, at(5), 1), DONE) == ""
        assert told.law(Write(1, at(5), 1), DENIED) == "V14"

    @pytest.mark.parametrize("may_move", [True, False])
    def test_a_range_may_grow_into_the_gap_and_need_not(self, may_move):
        told = self.told().mapped(0, 5)
        grow = Mremap(1, at(0), 5 * PAGE, 6 * PAGE, may_move)
        assert told.law(grow, Returned(at(0))) == ""
        assert told.law(grow, OUT_OF_ADDRESSES) == ""
        assert told.law(grow, Returned(at(1))) == "V16"
        assert told.law(attrs.evolve(grow, new_length=8 * PAGE), Returned(at(0))) == "V16"
        assert told.law(attrs.evolve(grow, new_length=8 * PAGE), OUT_OF_ADDRESSES) == ""
        assert told.law(grow, NO_MAPPING) == "V16"

    def test_nobody_is_given_the_gap_unasked(self):
        told = self.told(1)
        anywhere = Mmap(1, 0, PAGE, "rw", False, False, -1, 0)
        assert told.law(anywhere, Returned(at(5))) == "V14"
        assert told.law(anywhere, Returned(at(4))) == ""
        assert told.law(mmap(6, 1, fixed=False), Returned(at(0))) == ""
        assert told.law(mmap(6, 1), Returned(at(6))) == ""
        assert told.law(attrs.evolve(anywhere, length=4 * PAGE), OUT_OF_ADDRESSES) == ""

    def test_ranges_leave_it_alone_or_take_all(self):
        told = self.told()(Write(1, at(6), 1))
        for call in (Munmap(1, at(7), PAGE), Mprotect(1, at(5), 2 * PAGE, "r"), mmap(6, 1), Execute(1, at(5))):
            assert not told.contract.may_ask(told.memory, call)
        told(Munmap(1, at(6), 2 * PAGE))
        assert told.law(Write(1, at(6), 1), DENIED) == ""

    def test_places(self):
        told = self.told()
        assert told.law(Stack(1, 0), ILLEGAL) == ""
        assert told.law(Stack(1, 7 * PAGE), OUT_OF_ADDRESSES) == ""
        assert told.law(Stack(1, 2 * PAGE), Returned(at(6))) == "V16"
        assert told.law(Stack(1, 2 * PAGE), Returned(at(1))) == ""
        assert told.law(Stack(2, PAGE), ILLEGAL) == ""

    def test_is_charged_as_it_grows(self):
        told = self.told(limit=2)
        assert told.law(Write(1, at(5), 1), DENIED) == ""
        assert told.law(Write(1, at(6), 1), DONE) == ""
        told(Write(1, at(6), 1))
        assert told.law(Stack(1, PAGE), OUT_OF_MEMORY) == ""

    def test_takes_frames_as_it_grows(self):
        told = Telling(SpaceArena("linux", 8, frames=1), attrs.evolve(self.CAPABILITIES, frames=True)).begun()
        told(Stack(1, 4 * PAGE), Returned(at(4)))(Write(1, at(7), 1))
        assert told.law(Write(1, at(6), 1), OUT_OF_MEMORY) == ""
        assert told.law(Write(1, at(6), 1), DONE) == "F2"


class TestListing:
    def told(self):
        return Telling().begun()(File(4, PAGE)).mapped(0, 2).mapped(2, 1, "r").mapped(4, 1, "r", shared=True, file=4)

    RIGHT = (
        [at(0), at(2), "rw", False, -1, 0],
        [at(2), at(3), "r", False, -1, 0],
        [at(4), at(5), "r", True, 4, 0],
    )

    def test_the_right_one(self):
        assert self.told().law(Maps(1), Returned(list(self.RIGHT))) == ""

    @pytest.mark.parametrize(
        ("listed", "law"),
        [
            (RIGHT[:2], "V2"),
            ((*RIGHT, [at(6), at(7), "r", False, -1, 0]), "V2"),
            (RIGHT[::-1], "V1"),
            ((*RIGHT[:2], [at(4), at(4), "r", True, 4, 0]), "V1"),
            ((*RIGHT[:2], [at(4), at(5, 1), "r", True, 4, 0]), "V1"),
            ((RIGHT[0], [at(1), at(3), "r", False, -1, 0], RIGHT[2]), "V1"),
            ((*RIGHT[:2], [at(4), at(5), "rw", True, 4, 0]), "V5"),
            ((*RIGHT[:2], [at(4), at(5), "r", False, 4, 0]), "V5"),
            ((*RIGHT[:2], [at(4), at(5), "r", True, 4, PAGE]), "V5"),
            ((*RIGHT[:2], [at(4), at(5), "", True, -1, 0]), "V5"),
            (([at(0), at(1), "rw", False, -1, 0], [at(1), at(2), "rw", False, -1, 0], *RIGHT[1:]), "V5.merged"),
            ("none", "C1"),
            (([1, 2],), "C1"),
            ((["0", at(2), "rw", False, -1, 0],), "C1"),
        ],
    )
    def test_another_one(self, listed, law):
        value = listed if isinstance(listed, str) else list(listed)
        assert self.told().law(Maps(1), Returned(value)) == law

    def test_in_an_unbounded_space_others_are_listed_too(self):
        told = Telling(capabilities=UNBOUNDED).begun().mapped(0, 1)
        mine, others = [at(0), at(1), "rw", False, -1, 0], [FAR, FAR + PAGE, "rx", False, -1, 0]
        assert told.law(Maps(1), Returned([mine, others])) == ""
        stray = [at(3), at(4), "rx", False, -1, 0]
        assert told.law(Maps(1), Returned([mine, stray, others])) == "V2"


@pytest.mark.parametrize(("how", "law"), [("crash", "C2"), ("memory", "C2"), ("hang", "C1"), ("garbage", "C1")])
def test_failures(how, law):
    assert Telling().begun().law(mmap(0, 1), Failed(how, "")) == law


def test_bytes_are_bytes():
    told = Telling().begun().mapped(0, 1)
    assert told.law(Read(1, at(0)), Returned(256)) == "C1"
    assert told.law(Read(1, at(0)), Returned(None)) == "C1"
    assert told.law(Write(1, at(0), 256), ILLEGAL) == ""
    assert told.law(Write(1, at(0), 255), Returned(0)) == "C1"


def test_a_process_that_there_is_not_is_not_asked_to_read():
    told = Telling()
    assert not told.contract.may_ask(told.memory, Read(1, at(0)))
    assert told.contract.may_ask(told.memory, Exit(1))


def test_snapshots_stay_as_they_are():
    told = Telling().begun()(File(4, PAGE)).mapped(0, 1, shared=True, file=4).mapped(1, 1)(Write(1, at(1), 1))
    kept = told.contract.copy(told.memory)
    again = told.contract.copy(told.memory)
    told(Write(1, at(0), 1))(Write(1, at(1), 2))(Munmap(1, at(0), PAGE))
    assert kept == again != told.memory


def test_a_call_refused_for_another_reason_than_the_allowed_ones():
    told = Telling(capabilities=UNBOUNDED).begun().mapped(0, 1)
    [breach] = told.breaches(Mremap(1, at(0), PAGE, 2 * PAGE, True), Refused("guard"))
    assert "may be done, or refused as no-mapping" in breach.because


def test_executing_is_asked_only_of_who_can():
    told = Telling(capabilities=attrs.evolve(EVERYTHING, executes=False)).begun().mapped(0, 1, "rx")
    assert not told.contract.may_ask(told.memory, Execute(1, at(0)))


def test_this_dialect_has_no_guards():
    """Nobody may ask for one, so no access ever meets one."""
    told = Telling().begun()
    plain, guarded = (Mmap(1, at(0), PAGE, rights, False, True, -1, 0) for rights in ("r", "rg"))
    assert told.contract.may_ask(told.memory, plain)
    assert not told.contract.may_ask(told.memory, guarded)
