"""The solver as a backend: the specification's own functions, run on terms instead of numbers.

`symbolic` binds a module of the specification so that its words are bit vectors, its truths are formulas and its
arrays are arrays of the solver. What makes that faithful:

* every operator on a `Term` is the *unsigned* one (`<` is ULT, `>>` shifts zeros in, `//` is UDiv), as on the
  words of all other backends; the solver's own operators are signed and are never used;
* an array element is narrower than a word, as in compiled code: a load extends with zeros, a store truncates;
* a `Formula` raises when Python branches on it, so a law that branches on data cannot be judged by accident on one
  of its sides only. Loops are unrolled: `stop` never leaves one unless the answer is known without the solver.

What can be computed without the solver is: a term of two constants is a constant again, and a `where` with a known
condition is one of its sides. That keeps the terms small, and loop bounds usable by `range`.
"""

from __future__ import annotations

import operator
import types
from collections.abc import Callable, Mapping
from typing import Any

import z3

from ..spec.algebra import Backend, rebind

#: Bits of an element of `heads` and `zones`, as in compiled code. Elements of `link` are whole words.
ELEMENT_BITS = 8


class SymbolicBranchError(TypeError):
    """Python had to decide about a formula: a law or step branches on data instead of using `where`."""


class Term:
    """An unsigned word of `width` bits: a bit-vector term, and its value where that is known.

    The term has only as many bits as may be set, at least one; all others are zero. A sum of a few truths is then an
    addition of a few bits, not of a whole word, which is what lets a solver count blocks at 64 bits.
    """

    __slots__ = ("known", "term", "width")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, term: z3.BitVecRef, width: int, known: int | None = None) -> None:
        self.width = width
        self.known = known
        self.term = term

    @property
    def size(self) -> int:
        """How many bits may be set."""
        return int(self.term.size())

    def extended(self, size: int) -> z3.BitVecRef:
        """The term with `size` bits, at least as many as it has."""
        missing = size - self.size
        return z3.ZeroExt(missing, self.term) if missing else self.term

    def truncated(self, size: int) -> z3.BitVecRef:
        """The low `size` bits."""
        return self.extended(size) if self.size <= size else z3.Extract(size - 1, 0, self.term)

    def __index__(self) -> int:
        if self.known is None:
            raise SymbolicBranchError("a loop bound or a Python index depends on data; the solver cannot unroll it")
        return self.known

    def __repr__(self) -> str:
        return f"Term({self.term})"


class Formula:
    """A truth: a formula, and whether it holds where that is known."""

    __slots__ = ("known", "term")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, term: z3.BoolRef | None, known: bool | None = None) -> None:
        self.known = known
        self.term = z3.BoolVal(known) if term is None else term

    def __bool__(self) -> bool:
        if self.known is None:
            raise SymbolicBranchError(f"a law or step branches on data, use `where`: {str(self.term)[:80]}")
        return self.known

    def __and__(self, other: Any) -> Formula:
        other = truth(other)
        if self.known is not None:
            return other if self.known else self
        if other.known is not None:
            return self if other.known else other
        return Formula(z3.And(self.term, other.term))

    __rand__ = __and__

    def __or__(self, other: Any) -> Formula:
        other = truth(other)
        if self.known is not None:
            return self if self.known else other
        if other.known is not None:
            return other if other.known else self
        return Formula(z3.Or(self.term, other.term))

    __ror__ = __or__

    def __eq__(self, other: object) -> Formula:  # type: ignore[override]
        other = truth(other)
        if self.known is not None and other.known is not None:
            return Formula(None, self.known is other.known)
        return Formula(self.term == other.term)

    def __ne__(self, other: object) -> Formula:  # type: ignore[override]
        return invert(self == other)

    def __repr__(self) -> str:
        return f"Formula({self.term})"


def truth(value: Any) -> Formula:
    """A formula, or a Python truth value as one."""
    if isinstance(value, Formula):
        return value
    if isinstance(value, bool):
        return Formula(None, value)
    raise TypeError(f"expected a truth, not {value!r}: a word has to be compared with something first")


def constant(value: int, width: int) -> Term:
    """A number as a word of `width` bits; higher bits are cut off."""
    value &= (1 << width) - 1
    return Term(z3.BitVecVal(value, max(value.bit_length(), 1)), width, value)


def _operand(value: Any, width: int) -> Term:
    term = value if isinstance(value, Term) else constant(operator.index(value), width)
    if term.width != width:
        raise TypeError(f"words of {width} and {term.width} bits meet in one operation")
    return term


def _shift_left(word: int, by: int) -> int:
    return word << by if by < 64 else 0


def _whole(left: Term, _right: Term) -> int:
    return left.width


def _wider(left: Term, right: Term) -> int:
    return max(left.size, right.size)


def _narrower(left: Term, right: Term) -> int:
    return min(left.size, right.size)


def _sum(left: Term, right: Term) -> int:
    return min(max(left.size, right.size) + 1, left.width)


def _shifted(word: Term, by: int) -> Term:
    """The word shifted left by a known number of bits: zeros are appended, nothing is computed."""
    size = min(word.size + by, word.width)
    if by >= word.width:
        return constant(0, word.width)
    return Term(z3.Concat(word.truncated(size - by), z3.BitVecVal(0, by)), word.width)


_Binary = Callable[[Any, Any], Any]
#: For each operator: on numbers, on terms, and how many bits of the result may be set.
_ARITHMETIC: dict[str, tuple[_Binary, _Binary, Callable[[Term, Term], int]]] = {
    "and": (operator.and_, operator.and_, _narrower),
    "or": (operator.or_, operator.or_, _wider),
    "xor": (operator.xor, operator.xor, _wider),
    "add": (operator.add, operator.add, _sum),
    "sub": (operator.sub, operator.sub, _whole),
    "mul": (operator.mul, operator.mul, _whole),
    "lshift": (_shift_left, operator.lshift, _whole),
    "rshift": (operator.rshift, z3.LShR, _wider),
    "floordiv": (operator.floordiv, z3.UDiv, _wider),
    "mod": (operator.mod, z3.URem, _wider),
}
_COMPARISON: dict[str, tuple[_Binary, _Binary]] = {
    "lt": (operator.lt, z3.ULT),
    "le": (operator.le, z3.ULE),
    "gt": (operator.gt, z3.UGT),
    "ge": (operator.ge, z3.UGE),
    "eq": (operator.eq, operator.eq),
    "ne": (operator.ne, operator.ne),
}


def _arithmetic(
    on_numbers: _Binary, on_terms: _Binary, size_of_result: Callable[[Term, Term], int], *, swapped: bool
) -> Callable[[Term, Any], Term]:
    def apply(self: Term, other: Any) -> Term:
        left, right = self, _operand(other, self.width)
        if swapped:
            left, right = right, left
        if left.known is not None and right.known is not None:
            return constant(on_numbers(left.known, right.known), self.width)
        if right.known == 0 and on_terms in _NEUTRAL_ZERO:
            return left
        if left.known == 0 and on_terms in _NEUTRAL_ZERO_LEFT:
            return right
        if on_terms is operator.lshift and right.known is not None:
            return _shifted(left, right.known)
        size = size_of_result(left, right)
        if on_terms is operator.and_:
            return Term(left.truncated(size) & right.truncated(size), self.width)
        return Term(on_terms(left.extended(size), right.extended(size)), self.width)

    return apply


#: x + 0, x - 0, x | 0, x ^ 0 and shifts by 0 are x.
_NEUTRAL_ZERO = (operator.add, operator.sub, operator.or_, operator.xor, operator.lshift, z3.LShR)
_NEUTRAL_ZERO_LEFT = (operator.add, operator.or_, operator.xor)


def _comparison(on_numbers: _Binary, on_terms: _Binary) -> Callable[[Term, Any], Formula]:
    def apply(self: Term, other: Any) -> Formula:
        other = _operand(other, self.width)
        if self.known is not None and other.known is not None:
            return Formula(None, on_numbers(self.known, other.known))
        size = max(self.size, other.size)
        return Formula(on_terms(self.extended(size), other.extended(size)))

    return apply


for _name, (_on_numbers, _on_terms, _size) in _ARITHMETIC.items():
    setattr(Term, f"__{_name}__", _arithmetic(_on_numbers, _on_terms, _size, swapped=False))
    setattr(Term, f"__r{_name}__", _arithmetic(_on_numbers, _on_terms, _size, swapped=True))
for _name, _pair in _COMPARISON.items():
    setattr(Term, f"__{_name}__", _comparison(*_pair))


_Read = Callable[[z3.BitVecRef], z3.BitVecRef]


class TermArray:
    """An array of words, indexed by words, as the history of its stores over an unknown function.

    A load looks through the stores at once: `where(index == stored, value, older)`. So no term has a theory of arrays
    in it, only functions and bits, which every solver decides by comparing the few indices that occur.

    `touched` collects every index that is read or written, with the condition of the access: a load happens in any
    case, a store only where its condition is true.
    """

    __slots__ = ("_read", "element", "touched", "width")

    def __init__(self, read: _Read, width: int, element: int, touched: list[tuple[Formula, Term]]) -> None:
        self._read = read
        self.width = width
        self.element = element
        self.touched = touched

    def load(self, index: Any) -> Term:
        """The element at `index`, extended with zeros to a word."""
        index = _operand(index, self.width)
        self.touched.append((Formula(None, True), index))
        return Term(self._read(index.extended(self.width)), self.width)

    def store_if(self, condition: Any, index: Any, value: Any) -> TermArray:
        """The array with `value`, truncated to an element, at `index` where the condition is true."""
        condition = truth(condition)
        index, value = _operand(index, self.width), _operand(value, self.width)
        self.touched.append((condition, index))
        if condition.known is False:
            return self
        place, older = index.extended(self.width), self._read
        element = value.truncated(self.element)

        def read(at: z3.BitVecRef) -> z3.BitVecRef:
            here = z3.BoolVal(True) if at.eq(place) else at == place
            if condition.known is None:
                here = z3.And(condition.term, here)
            return element if z3.is_true(here) else z3.If(here, element, older(at))

        return TermArray(read, self.width, self.element, self.touched)

    def unless(self, condition: Any, other: TermArray) -> TermArray:
        """This array, or the other one where the condition is true."""
        condition, mine = truth(condition), self._read

        def read(at: z3.BitVecRef) -> z3.BitVecRef:
            return z3.If(condition.term, other._read(at), mine(at))

        return TermArray(read, self.width, self.element, self.touched)


def where(condition: Any, chosen: Any, otherwise: Any) -> Any:
    """`chosen` where the condition is true, else `otherwise`; words or truths, both the same."""
    condition = truth(condition)
    if condition.known is not None:
        return chosen if condition.known else otherwise
    if isinstance(chosen, Term) or isinstance(otherwise, Term):
        width = chosen.width if isinstance(chosen, Term) else otherwise.width
        chosen, otherwise = _operand(chosen, width), _operand(otherwise, width)
        size = max(chosen.size, otherwise.size)
        return Term(z3.If(condition.term, chosen.extended(size), otherwise.extended(size)), width)
    return Formula(z3.If(condition.term, truth(chosen).term, truth(otherwise).term))


def load(words: TermArray, index: Any) -> Term:
    """The element at `index`."""
    return words.load(index)


def store_if(condition: Any, words: TermArray, index: Any, value: Any) -> TermArray:
    """The array with `value` at `index` where the condition is true."""
    return words.store_if(condition, index, value)


def stop(going: Any) -> bool:
    """Whether a loop may be left: only where it is known, without the solver, that nothing goes on."""
    return truth(going).known is False


def invert(condition: Any) -> Formula:
    """Logical negation."""
    condition = truth(condition)
    if condition.known is not None:
        return Formula(None, not condition.known)
    return Formula(z3.Not(condition.term))


PRIMITIVES: dict[str, Any] = {
    "where": where,
    "load": load,
    "store_if": store_if,
    "stop": stop,
    "invert": invert,
}


def symbolic(module: types.ModuleType, width: int = 64, overrides: Mapping[str, Any] | None = None) -> Backend:
    """`module` on terms of `width` bits, from the same code objects as every other backend."""
    return rebind(module, primitives=PRIMITIVES, constant=lambda value: constant(value, width), overrides=overrides)


def word(name: str, width: int, size: int | None = None) -> Term:
    """A fresh word of any value, or of any value below 2**size."""
    return Term(z3.BitVec(name, width if size is None else size), width)


def words(name: str, width: int, element: int = ELEMENT_BITS) -> TermArray:
    """A fresh array of any contents, one element of `element` bits for each word."""
    function = z3.Function(name, z3.BitVecSort(width), z3.BitVecSort(element))
    return TermArray(function, width, element, [])


def formula(name: str) -> Formula:
    """A fresh truth of either value."""
    return Formula(z3.Bool(name))
