"""The solver's backend means what the numbers mean, bit for bit, for every function of the specification."""

import inspect
import random
import types
from collections.abc import Callable
from typing import Any

import pytest
import z3

from pagelaw.proofs import symbolic
from pagelaw.proofs.symbolic import Formula, SymbolicBranchError, Term, TermArray, constant, formula, word, words
from pagelaw.spec import addresses, buddy, frames, freelist
from pagelaw.spec.algebra import rebind
from pagelaw.spec.frames import LIVE, MAX_ORDER, NONE, ORDERS, RESERVED, Memory

WIDTHS = (32, 64)
HEADS = (*range(MAX_ORDER + 1), RESERVED, *range(LIVE, LIVE + MAX_ORDER + 1), NONE)


def whole_frames(width: int) -> list[int]:
    """Frame numbers at every edge, the first bit and the last page among them."""
    last = (1 << width) - 1
    return [0, 1, 2, 1023, 1024, 1025, 1 << (width - 1), (1 << (width - 1)) - 1, last, last - 1023, last - 1]


def sound_memory(seed: int) -> Memory:
    """A state of a small arena after some calls, on plain integers."""
    rng = random.Random(seed)
    top = rng.randrange(4)
    count = rng.randrange(1, 14)
    room = -(-count >> top) << top
    link = [0] * (2 * (room + ORDERS))
    for node in range(room, room + ORDERS):
        link[2 * node] = link[2 * node + 1] = node
    zones = [int(frame >= room // 2) if seed % 3 else 0 for frame in range(room)]
    memory = Memory([RESERVED] * room, link, zones, count, room, top, 0)
    for frame in range(count):
        memory, _, _ = buddy.admit(memory, frame, rng.random() < 0.9)
    for _ in range(rng.randrange(8)):
        memory, _, _ = buddy.allocate(memory, rng.randrange(top + 1), rng.random() < 0.5)
    return memory


def as_terms(memory: Memory, width: int) -> Memory:
    """The same memory as the solver sees it, its contents as a chain of comparisons, its size as variables."""

    def array(values: list[int], element: int) -> TermArray:
        def read(at: z3.BitVecRef) -> z3.BitVecRef:
            chain = z3.BitVecVal(0, element)
            for index, value in enumerate(values):
                chain = z3.If(at == index, z3.BitVecVal(value, element), chain)
            return chain

        return TermArray(read, width, element, [])

    sizes = [word(name, width) for name in ("frames", "room", "top", "grain")]
    return Memory(array(memory.heads, 8), array(memory.link, width), array(memory.zones, 8), *sizes)


class Calls:
    """One call of each function, with the same arguments as numbers and as terms."""

    def __init__(self, width: int, memory: Memory, rng: random.Random) -> None:
        self.width = width
        self.memory = memory
        self.rng = rng

    def value(self, name: str) -> Any:
        """A value for a parameter, by its name."""
        memory, rng = self.memory, self.rng
        inside = rng.randrange(memory.room)
        orders = rng.randrange(memory.top + 1)
        values: dict[str, Callable[[], Any]] = {
            "memory": lambda: memory._replace(heads=list(memory.heads), link=list(memory.link)),
            "heads": lambda: list(memory.heads),
            "link": lambda: list(memory.link),
            "room": lambda: memory.room,
            "frame": lambda: inside,
            "buddy": lambda: rng.randrange(memory.room),
            "source": lambda: rng.randrange(memory.room),
            "node": lambda: inside,
            "sentinel": lambda: memory.room + orders,
            "order": lambda: orders,
            "level": lambda: orders,
            "source_order": lambda: rng.randrange(orders, memory.top + 1),
            "head": lambda: rng.choice(HEADS),
            "going": lambda: rng.random() < 0.7,
            "upper": lambda: rng.random() < 0.5,
            "usable": lambda: rng.random() < 0.5,
        }
        return values[name]()

    def agree(self, module: types.ModuleType, name: str) -> None:
        """Run a function on numbers and on terms of free variables, and compare every bit of the results."""
        names = tuple(inspect.signature(getattr(module, name)).parameters)
        numbers = [self.value(parameter) for parameter in names]
        terms, known = self.terms(names, numbers)
        answer = getattr(symbolic.symbolic(module, self.width), name)(*terms)
        try:
            expected = getattr(_copying(module), name)(*numbers)
        except IndexError:
            return  # an index that no caller passes; the terms have no end
        assert self.numbers(answer, known) == self.plain(expected), (name, numbers)

    def terms(self, names: tuple[str, ...], numbers: list[Any]) -> tuple[list[Any], list[Any]]:
        """Free variables for the arguments, and what to put in their place."""
        terms: list[Any] = []
        known: list[Any] = []
        for parameter, number in zip(names, numbers, strict=True):
            if isinstance(number, bool):
                terms.append(formula(parameter))
                known.append((terms[-1].term, z3.BoolVal(number)))
            elif isinstance(number, int):
                terms.append(word(f"_{parameter}", self.width))
                known.append((terms[-1].term, z3.BitVecVal(number, self.width)))
            else:
                memory = as_terms(self.memory, self.width)
                sizes = zip(memory[3:], self.memory[3:], strict=True)
                known += [(term.term, z3.BitVecVal(size, self.width)) for term, size in sizes]
                terms.append(memory if parameter == "memory" else getattr(memory, parameter))
        return terms, known

    def numbers(self, answer: Any, known: list[Any]) -> Any:
        """An answer in terms, with the values put in, in numbers."""
        if isinstance(answer, Memory):
            return tuple(self.numbers(part, known) for part in (answer.heads, answer.link, *answer[3:]))
        if isinstance(answer, tuple):
            return tuple(self.numbers(part, known) for part in answer)
        if isinstance(answer, TermArray):
            entries = self.memory.room if answer.element == 8 else 2 * (self.memory.room + ORDERS)
            return [self.numbers(answer.load(index), known) for index in range(entries)]
        if isinstance(answer, bool):
            return answer
        value = z3.simplify(z3.substitute(answer.term, *known))
        return z3.is_true(value) if isinstance(answer, Formula) else value.as_long()

    def plain(self, answer: Any) -> Any:
        """An answer on plain integers, in the same form."""
        if isinstance(answer, Memory):
            return (answer.heads, answer.link, *answer[3:])
        if isinstance(answer, tuple):
            return tuple(self.plain(part) for part in answer)
        return answer


def _copying(module: types.ModuleType) -> Any:
    """The module on plain integers, with stores that leave the array that they were given alone."""

    def store_if(condition: bool, values: list[int], index: int, value: int) -> list[int]:
        return [*values[:index], value, *values[index + 1 :]] if condition and values[index] != value else values

    plain = {"where", "load", "stop", "invert"}
    from pagelaw.spec import algebra

    return rebind(module, primitives={**{name: getattr(algebra, name) for name in plain}, "store_if": store_if})


def public(module: types.ModuleType) -> list[str]:
    """The functions that a module defines."""
    return [
        name
        for name, value in vars(module).items()
        if isinstance(value, types.FunctionType) and value.__module__ == module.__name__ and not name.startswith("_")
    ]


FUNCTIONS = [(module, name) for module in (frames, freelist, buddy) for name in public(module)]


@pytest.mark.expensive
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(("module", "name"), FUNCTIONS, ids=lambda value: value if isinstance(value, str) else "")
def test_functions_of_memory_agree_with_numbers(module: types.ModuleType, name: str, width: int) -> None:
    """Every function of `frames`, `freelist` and `buddy`, on states of small arenas."""
    for seed in range(4):
        rng = random.Random(f"{name} {seed}")
        Calls(width, sound_memory(seed), rng).agree(module, name)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", public(addresses))
def test_addresses_agree_with_numbers(name: str, width: int) -> None:
    """Every function of `addresses`, at the first frame, the highest bit and the last page."""
    function = getattr(symbolic.symbolic(addresses, width), name)
    names = tuple(inspect.signature(function).parameters)
    variables = [word(parameter, width) for parameter in names]
    answer = function(*variables)
    rng = random.Random(name)
    frames_here = whole_frames(width) + [rng.randrange(1 << width) for _ in range(20)]
    for frame in frames_here:
        for order in range(MAX_ORDER + 1):
            numbers = [frame if parameter == "frame" else order for parameter in names]
            put = [(v.term, z3.BitVecVal(n, width)) for v, n in zip(variables, numbers, strict=True)]
            value = z3.simplify(z3.substitute(answer.term, *put))
            got = z3.is_true(value) if isinstance(answer, Formula) else value.as_long()
            expected = getattr(addresses, name)(*numbers)
            assert got == (expected if isinstance(expected, bool) else expected & ((1 << width) - 1)), numbers
            folded = function(*[constant(number, width) for number in numbers])
            assert folded.known == got


def test_operators_are_unsigned() -> None:
    """The highest bit is a large number, not a sign, for comparisons, shifts, quotients and remainders."""
    high, one = word("high", 64), constant(1, 64)
    claims = [
        high > one,
        (high >> 63) == 1,
        (high // 2) == 1 << 62,
        (high % 3) == (1 << 63) % 3,
        one < high,
        high >= one,
    ]
    solver = z3.Solver()
    solver.add(high.term == z3.BitVecVal(1 << 63, 64), z3.Not(z3.And(*[claim.term for claim in claims])))
    assert solver.check() == z3.unsat


def test_arithmetic_wraps_at_the_width() -> None:
    """The last word plus one is zero, in a term and in a constant alike."""
    last = word("last", 32)
    solver = z3.Solver()
    solver.add(last.term == 0xFFFF_FFFF, (last + 1).extended(32) != 0)
    assert solver.check() == z3.unsat
    assert (constant(0xFFFF_FFFF, 32) + 1).known == 0
    assert (constant(0, 32) - 1).known == 0xFFFF_FFFF


def test_a_small_sum_stays_small() -> None:
    """Adding truths needs a few bits, never a whole word; the value is the sum all the same."""
    flags = [formula(f"flag{number}") for number in range(5)]
    total = constant(0, 64)
    for flag in flags:
        total = total + symbolic.where(flag, constant(1, 64), constant(0, 64))
    assert total.size <= 6
    solver = z3.Solver()
    solver.add(*[flag.term for flag in flags], total.extended(64) != 5)
    assert solver.check() == z3.unsat


def test_a_branch_on_data_is_an_error() -> None:
    """A law that used `if` or `and` would be judged on one side only; it is refused instead."""
    with pytest.raises(SymbolicBranchError, match="use `where`"):
        bool(word("a", 64) == 3)
    with pytest.raises(SymbolicBranchError, match="loop bound"):
        range(word("a", 64))


def test_a_word_is_no_truth() -> None:
    """A word where a truth is wanted, or words of two widths in one operation, are mistakes and are told."""
    with pytest.raises(TypeError, match="compared with something"):
        symbolic.truth(word("a", 64))
    with pytest.raises(TypeError, match="32 and 64"):
        word("a", 32) + word("b", 64)


def test_loads_extend_and_stores_truncate() -> None:
    """An element has eight bits: what is stored loses the others, and what is loaded has zeros there."""
    array = words("array", 64)
    stored = array.store_if(formula("going"), word("i", 64), constant(0x1FF, 64))
    solver = z3.Solver()
    solver.add(z3.Bool("going"), stored.load(word("i", 64)).extended(64) != 0xFF)
    assert solver.check() == z3.unsat


def test_a_store_is_seen_only_where_it_was_made() -> None:
    """Reading through a conditional store gives the new value there and the old one elsewhere."""
    array = words("array", 64)
    here, there, going = word("here", 64), word("there", 64), formula("going")
    stored = array.store_if(going, here, constant(7, 64))
    made, elsewhere = stored.load(here).term == 7, stored.load(there).term == array.load(there).term
    solver = z3.Solver()
    solver.add(z3.Not(z3.And(z3.Implies(going.term, made), z3.Implies(there.term != here.term, elsewhere))))
    assert solver.check() == z3.unsat
    assert [index.term.decl().name() for _, index in array.touched] == ["here", "here", "there", "there"]


def test_stop_leaves_a_loop_only_where_it_is_known() -> None:
    """An unknown truth never ends a loop early."""
    assert not symbolic.stop(formula("going"))
    assert symbolic.stop(False)
    assert not symbolic.stop(Formula(None, True))


def test_terms_print_themselves() -> None:
    """For error messages."""
    assert repr(word("a", 8)) == "Term(a)"
    assert repr(formula("p")) == "Formula(p)"
    assert isinstance(Term(z3.BitVec("a", 8), 64).extended(64), z3.BitVecRef)
