"""The line protocol: one JSON object a line, one answer a line, in order. `docs/targets.md` is its description.

{"call":"open","contract":"frames","frames":16,"max_order":4}   ->   {"return":{"probe":true}}
{"call":"allocate","order":1}                                   ->   {"return":4}  or  {"raise":"out-of-memory"}
{"call":"free","frame":4,"order":1}                             ->   {"return":null}  or  {"raise":"illegal"}
{"call":"free_blocks"}                                          ->   {"return":[[0,2],[6,1]]}
{"call":"close"}                                                ->   {"return":null}
"""

from __future__ import annotations

import json
from typing import Any

import attrs

from ...spec.contracts import Allocate, Answer, Arena, Call, Capabilities, ContractError, Failed, Free, Returned
from ..trace import answer_from_json, arena_to_json
from .outcome import one_line

CLOSE = b'{"call":"close"}\n'
_PROBE = b'{"call":"free_blocks"}\n'
#: What a program may say of itself with `fail`; all else is seen from outside.
_ADMITTED = ("raise", "garbage")
_KEYS = {"return", "raise", "fail"}
#: Small answers come again and again, and values never change: they are made once.
_KNOWN: dict[bytes, Answer] = {}
_MOST_KNOWN = 1 << 16


class AnswerError(ValueError):
    """A line that the protocol does not allow as an answer; the message shows it."""


def opening(arena: Arena) -> bytes:
    """The request that opens an arena; what is at its default is left out."""
    document = arena_to_json(arena)
    document.pop("relative", None)  # an alignment is declared by the target, not asked of it
    return json.dumps({"call": "open", "contract": "frames", **document}, separators=(",", ":")).encode() + b"\n"


def request(call: Call) -> bytes:
    """The request for a call."""
    if isinstance(call, Allocate):
        return b'{"call":"allocate","order":%d}\n' % call.order
    if isinstance(call, Free):
        return b'{"call":"free","frame":%d,"order":%d}\n' % (call.frame, call.order)
    return _PROBE


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


def capabilities_of(document: Any) -> Capabilities:
    """What the answer to an opening declares; `ContractError` says what is wrong with it."""
    stated = {} if document is None else document
    fields = {field.name: field.default for field in attrs.fields(Capabilities)}
    if not isinstance(stated, dict):
        raise ContractError(f"capabilities must be a JSON object, not {one_line(repr(stated))}")
    for name, value in stated.items():
        if name not in fields:
            raise ContractError(f"unknown capability {name!r}; pagelaw knows {', '.join(fields)}")
        if not isinstance(value, type(fields[name]) if not isinstance(fields[name], tuple) else list):
            wanted = {bool: "true or false", str: "a text", tuple: "a list"}[type(fields[name])]
            raise ContractError(f"capability {name} must be {wanted}, not {one_line(repr(value))}")
    for name, kind in (("policies", str), ("keeps", int)):
        strange = [item for item in stated.get(name, ()) if not isinstance(item, kind) or isinstance(item, bool)]
        if strange:
            raise ContractError(f"capability {name} lists {one_line(repr(strange[0]))}, which is no {kind.__name__}")
    return Capabilities(**stated)


def lacking(arena: Arena, capabilities: Capabilities) -> str:
    """What of the arena the target does not declare that it can do, in words; empty where it can do all."""
    asked = [name for name in ("start", "reserved", "barriers") if getattr(arena, name)]
    return ", ".join(name for name in asked if not getattr(capabilities, name))


def described(arena: Arena) -> str:
    """An arena in a few words."""
    document = arena_to_json(arena)
    document.pop("relative", None)
    return ", ".join(f"{name} {value}" for name, value in document.items())


def shown(line: bytes) -> str:
    """A line of unknown origin, as it fits into a report."""
    return one_line(repr(line[:400].decode("utf-8", "backslashreplace")))
