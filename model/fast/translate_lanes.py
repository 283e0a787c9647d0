"""Many words at a time: the specification's functions on *lanes*, as vector instructions of the machine.

A walk through page tables is a chain of loads, each of which waits for the one before. One walk after another leaves
the memory idle, so a word is replaced by a bundle of 64 words, and one load by 64 loads that wait together::

    word of the specification    entry & PRESENT
    here                         eight vectors of eight entries, each with PRESENT, all before the next operator

Left to itself the optimiser vectorises the loop over addresses too, but with eight addresses at a time, which is half
as fast on tables larger than the caches (measured).

`Lanes` are unsigned 64-bit words, `Truths` their conditions. Operators mix them with single words and truths, which
then count for every lane. What is here exists in compiled code alone, where no coverage is measured.
"""

from __future__ import annotations

import operator
from typing import Any

from llvmlite import ir
from numba import types
from numba.core.datamodel import PrimitiveModel
from numba.core.imputils import lower_builtin
from numba.core.typing.templates import ConcreteTemplate, infer_global, signature
from numba.extending import intrinsic, register_model

#: Words in one vector, and vectors in a bundle.
_VECTOR = 8
_VECTORS = 8
#: Words in a bundle.
LANES = _VECTOR * _VECTORS

_WORD = ir.IntType(64)
_BIT = ir.IntType(1)


class _Bundle(types.Type):  # type: ignore[misc]
    """A bundle of words or of truths."""


LANES_TYPE = _Bundle("pagelaw.lanes")
TRUTHS_TYPE = _Bundle("pagelaw.truths")


@register_model(_Bundle)
class _BundleModel(PrimitiveModel):  # type: ignore[misc]
    """An array of vectors, which the optimiser keeps in registers."""

    def __init__(self, manager: Any, kind: Any) -> None:  # pragma: no cover
        super().__init__(manager, kind, _layout(kind))


def _layout(kind: Any) -> Any:  # pragma: no cover
    element = _WORD if kind is LANES_TYPE else _BIT
    return ir.ArrayType(ir.VectorType(element, _VECTOR), _VECTORS)


def _vectors(builder: Any, kind: Any, value: Any) -> list[Any]:  # pragma: no cover
    """The vectors of a bundle; of a single word or truth, as many copies of it."""
    if kind in (LANES_TYPE, TRUTHS_TYPE):
        return [builder.extract_value(value, number) for number in range(_VECTORS)]
    return [_spread(builder, value)] * _VECTORS


def _spread(builder: Any, value: Any) -> Any:  # pragma: no cover
    lane = ir.VectorType(value.type, _VECTOR)
    first = builder.insert_element(ir.Constant(lane, ir.Undefined), value, ir.Constant(ir.IntType(32), 0))
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), _VECTOR), [0] * _VECTOR)
    return builder.shuffle_vector(first, ir.Constant(lane, ir.Undefined), zeros)


def _bundled(builder: Any, kind: Any, vectors: list[Any]) -> Any:  # pragma: no cover
    bundle = ir.Constant(_layout(kind), ir.Undefined)
    for number, vector in enumerate(vectors):
        bundle = builder.insert_value(bundle, vector, number)
    return bundle


def _define(symbol: Any, result: Any, pairs: list[tuple[Any, Any]], emit: Any) -> None:
    """An operator on bundles, by what it does to two vectors."""

    class Cases(ConcreteTemplate):  # type: ignore[misc]
        cases = [signature(result, left, right) for left, right in pairs]  # noqa: RUF012

    infer_global(symbol)(Cases)

    def lowered(_context: Any, builder: Any, sig: Any, arguments: Any) -> Any:  # pragma: no cover
        left, right = (_vectors(builder, kind, value) for kind, value in zip(sig.args, arguments, strict=True))
        return _bundled(builder, result, [emit(builder, *both) for both in zip(left, right, strict=True)])

    for left, right in pairs:
        lower_builtin(symbol, left, right)(lowered)


_ON_WORDS = [(LANES_TYPE, LANES_TYPE), (LANES_TYPE, types.uint64), (types.uint64, LANES_TYPE)]
_ON_TRUTHS = [(TRUTHS_TYPE, TRUTHS_TYPE), (TRUTHS_TYPE, types.boolean), (types.boolean, TRUTHS_TYPE)]

for _symbol, _name in {
    operator.add: "add",
    operator.sub: "sub",
    operator.and_: "and_",
    operator.or_: "or_",
    operator.xor: "xor",
    operator.lshift: "shl",
    operator.rshift: "lshr",
}.items():
    _define(_symbol, LANES_TYPE, _ON_WORDS, lambda b, x, y, name=_name: getattr(b, name)(x, y))
for _symbol, _sign in {
    operator.eq: "==",
    operator.ne: "!=",
    operator.lt: "<",
    operator.le: "<=",
    operator.gt: ">",
    operator.ge: ">=",
}.items():
    _define(_symbol, TRUTHS_TYPE, _ON_WORDS, lambda b, x, y, sign=_sign: b.icmp_unsigned(sign, x, y))
for _symbol, _name in {operator.and_: "and_", operator.or_: "or_", operator.ne: "xor"}.items():
    _define(_symbol, TRUTHS_TYPE, _ON_TRUTHS, lambda b, x, y, name=_name: getattr(b, name)(x, y))


@intrinsic
def where(_context, condition, chosen, otherwise):  # type: ignore[no-untyped-def]  # pragma: no cover
    """`chosen` where the condition is true, each of the three single or a bundle."""
    kinds = (condition, chosen, otherwise)
    words = types.uint64 in kinds or LANES_TYPE in kinds
    single = not {LANES_TYPE, TRUTHS_TYPE} & set(kinds)
    result = (types.uint64 if words else types.boolean) if single else (LANES_TYPE if words else TRUTHS_TYPE)

    def generate(_target, builder, sig, arguments):  # type: ignore[no-untyped-def]
        if single:
            return builder.select(*arguments)
        columns = [_vectors(builder, kind, value) for kind, value in zip(sig.args, arguments, strict=True)]
        return _bundled(builder, result, [builder.select(*three) for three in zip(*columns, strict=True)])

    return result(condition, chosen, otherwise), generate


@intrinsic
def invert(_context, condition):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Negation, in every lane."""

    def generate(_target, builder, sig, arguments):  # type: ignore[no-untyped-def]
        if sig.args[0] is not TRUTHS_TYPE:
            return builder.not_(arguments[0])
        return _bundled(builder, TRUTHS_TYPE, [builder.not_(part) for part in _vectors(builder, *sig.args, *arguments)])

    return condition(condition), generate


def _intrinsic_name(operation: str, element: Any) -> str:  # pragma: no cover
    return f"llvm.masked.{operation}.v{_VECTOR}i{element.width}.v{_VECTOR}p0"


@intrinsic
def load(_context, pointer, index):  # type: ignore[no-untyped-def]  # pragma: no cover
    """The elements at the indices of all lanes."""

    def generate(_target, builder, sig, arguments):  # type: ignore[no-untyped-def]
        base, element = builder.ptrtoint(arguments[0], _WORD), arguments[0].type.pointee
        vector, pointers = ir.VectorType(element, _VECTOR), ir.VectorType(arguments[0].type, _VECTOR)
        all_lanes = ir.Constant(ir.VectorType(_BIT, _VECTOR), [1] * _VECTOR)
        size = ir.Constant(_WORD, (element.width // 8).bit_length() - 1)
        kind = ir.FunctionType(vector, [pointers, ir.IntType(32), all_lanes.type, vector])
        gather = builder.module.declare_intrinsic(
            f"llvm.masked.gather.v{_VECTOR}i{element.width}.v{_VECTOR}p0", fnty=kind
        )
        parts = []
        for places in _vectors(builder, sig.args[1], arguments[1]):
            places = builder.add(_spread(builder, base), builder.shl(places, _spread(builder, size)))
            places = builder.inttoptr(places, pointers)
            part = builder.call(
                gather,
                [places, ir.Constant(ir.IntType(32), element.width // 8), all_lanes, ir.Constant(vector, ir.Undefined)],
            )
            parts.append(builder.zext(part, ir.VectorType(_WORD, _VECTOR)) if element.width < 64 else part)
        return _bundled(builder, LANES_TYPE, parts)

    return LANES_TYPE(pointer, index), generate


@intrinsic
def lanes_from(_context, pointer, index):  # type: ignore[no-untyped-def]  # pragma: no cover
    """As many elements as there are lanes, from `index` on."""

    def generate(_target, builder, _signature, arguments):  # type: ignore[no-untyped-def]
        element = arguments[0].type.pointee
        parts = []
        for number in range(_VECTORS):
            place = builder.gep(arguments[0], [builder.add(arguments[1], ir.Constant(_WORD, number * _VECTOR))])
            place = builder.bitcast(place, ir.VectorType(element, _VECTOR).as_pointer())
            part = builder.load(place, align=element.width // 8)
            parts.append(builder.zext(part, ir.VectorType(_WORD, _VECTOR)) if element.width < 64 else part)
        return _bundled(builder, LANES_TYPE, parts)

    return LANES_TYPE(pointer, types.uint64), generate


@intrinsic
def put_lanes(_context, pointer, index, value):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Write all lanes to the elements from `index` on."""

    def generate(target, builder, sig, arguments):  # type: ignore[no-untyped-def]
        element = arguments[0].type.pointee
        kind = ir.VectorType(element, _VECTOR)
        for number, part in enumerate(_vectors(builder, sig.args[2], arguments[2])):
            place = builder.gep(arguments[0], [builder.add(arguments[1], ir.Constant(_WORD, number * _VECTOR))])
            part = builder.trunc(part, kind) if element.width < 64 else part
            builder.store(part, builder.bitcast(place, kind.as_pointer()), align=element.width // 8)
        return target.get_dummy_value()

    return types.void(pointer, types.uint64, value), generate


@intrinsic
def lanes(_context, value):  # type: ignore[no-untyped-def]  # pragma: no cover
    """A word or a truth in every lane; a bundle as it is."""
    result = {types.uint64: LANES_TYPE, types.boolean: TRUTHS_TYPE}.get(value, value)

    def generate(_target, builder, sig, arguments):  # type: ignore[no-untyped-def]
        return _bundled(builder, result, _vectors(builder, sig.args[0], arguments[0]))

    return result(value), generate


#: What stands in for the primitives of `spec.algebra`, and for the names of `translate_walks`.
PRIMITIVES = {"where": where, "invert": invert, "load": load}
PLACES = {"LANES": LANES, "lanes": lanes, "lanes_from": lanes_from, "put_lanes": put_lanes}
