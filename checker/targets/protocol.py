"""The line protocol: one JSON object a line, one answer a line, in order. `docs/targets.md` is its description.

{"call":"open","contract":"frames","frames":16,"max_order":4}   ->   {"return":{"probe":true}}
{"call":"allocate","order":1}                                   ->   {"return":4}  or  {"raise":"out-of-memory"}
{"call":"free","frame":4,"order":1}                             ->   {"return":null}  or  {"raise":"illegal"}
{"call":"free_blocks"}                                          ->   {"return":[[0,2],[6,1]]}
{"call":"close"}                                                ->   {"return":null}
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import attrs

from ...spec.contracts import CONTRACTS, Answer, Contract, ContractError, Failed, Returned
from ..trace import answer_from_json, arena_to_json, call_to_json
from .interface import interface_of
from .outcome import one_line

CLOSE = b'{"call":"close"}\n'
#: What a program may say of itself with `fail`; all else is seen from outside.
_ADMITTED = ("raise", "garbage")
_KEYS = {"return", "raise", "fail"}
#: Small answers come again and again, and values never change: they are made once.
_KNOWN: dict[bytes, Answer] = {}
_MOST_KNOWN = 1 << 16


class AnswerError(ValueError):
    """A line that the protocol does not allow as an answer; the message shows it."""


def opening(arena: Any, contract: Contract = CONTRACTS["frames"]) -> bytes:
    """The request that opens an arena; what may be left out is, where it is at its default."""
    interface = interface_of(contract.name)
    document = arena_to_json(arena)
    stated = {name: getattr(arena, name) for name in interface.stated}
    optional = {name: document[name] for name in interface.optional if name in document}
    return _line({"call": "open", "contract": contract.name, **stated, **optional, **contract.explained(arena)})


@lru_cache(maxsize=_MOST_KNOWN)
def request(call: Any) -> bytes:
    """The request for a call."""
    return _line(call_to_json(call))


def _line(document: dict[str, Any]) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode() + b"\n"


def answered(line: bytes) -> Answer:
    """The answer that a line gives; `AnswerError` where it gives none."""
    known = _KNOWN.get(line)
    if known is not None:
        return known
    answer = answer_of(document_of(line))
    if not (isinstance(answer, Returned) and isinstance(answer.value, list | dict)) and len(_KNOWN) < _MOST_KNOWN:
        _KNOWN[line] = answer
    return answer


def answer_of(document: dict[str, Any]) -> Answer:
    """The answer that a JSON object gives; `AnswerError` where it gives none."""
    answer = answer_from_json(document)
    if isinstance(answer, Failed) and answer.how not in _ADMITTED:
        raise AnswerError(f'"fail" may be one of {", ".join(_ADMITTED)}, not {answer.how!r}')
    return answer


def document_of(line: bytes) -> dict[str, Any]:
    """The JSON object of an answer, with just one of the keys `return`, `raise` and `fail`."""
    try:
        document = json.loads(line)
    except (ValueError, RecursionError):
        raise AnswerError(f"the line {shown(line)} is not JSON") from None
    if not isinstance(document, dict) or len(_KEYS & document.keys()) != 1:
        raise AnswerError(f'the line {shown(line)} is not an object with one of the keys "return" and "raise"')
    if not isinstance(document.get("raise", ""), str) or not isinstance(document.get("fail", ""), str):
        raise AnswerError(f"the line {shown(line)} gives a reason that is no text")
    return document


def capabilities_of(document: Any, contract: Contract = CONTRACTS["frames"]) -> Any:
    """What the answer to an opening declares; `ContractError` says what is wrong with it."""
    stated = {} if document is None else document
    fields = {field.name: str(field.type) for field in attrs.fields(contract.capabilities)}
    if not isinstance(stated, dict):
        raise ContractError(f"capabilities must be a JSON object, not {one_line(repr(stated))}")
    for name, value in stated.items():
        if name not in fields:
            raise ContractError(f"unknown capability {name!r}; pagelaw knows {', '.join(fields)}")
        _expect_kind(name, value, fields[name])
    try:
        return contract.capabilities(**stated)
    except ContractError:
        raise
    except ValueError as error:
        raise ContractError(str(error.args[0])) from error


#: What a capability may be in JSON, by its annotation.
_KINDS: dict[str, tuple[Any, str]] = {
    "bool": (bool, "true or false"),
    "int": (int, "a whole number"),
    "str": (str, "a text"),
}


def _expect_kind(name: str, value: Any, annotation: str) -> None:
    listed = annotation.startswith("tuple[")
    kind, wanted = (list, "a list") if listed else _KINDS[annotation]
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise ContractError(f"capability {name} must be {wanted}, not {one_line(repr(value))}")
    if listed:
        inner, _ = _KINDS[annotation.removeprefix("tuple[").removesuffix(", ...]")]
        strange = [item for item in value if not isinstance(item, inner) or isinstance(item, bool)]
        if strange:
            shown = one_line(repr(strange[0]))
            raise ContractError(f"capability {name} lists {shown}, which is no {inner.__name__}")


def described(arena: Any) -> str:
    """An arena in a few words."""
    document = arena_to_json(arena)
    document.pop("relative", None)
    return ", ".join(f"{name} {value}" for name, value in document.items())


def shown(line: bytes) -> str:
    """A line of unknown origin, as it fits into a report."""
    return one_line(repr(line[:400].decode("utf-8", "backslashreplace")))
