"""Traces: the calls that show something, in a form that outlives the tool that found them.

A trace keeps each call with its answer. A free of a block that an earlier call gave also keeps *which* call (`of`),
so that the same story can be told to an implementation that hands out other frames: there the frame and order are
those of the block that call gives, displaced as in the recording.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import attrs

from ..spec.contracts import Answer, Contract, ContractError, Failed, Refused, Returned, contract_named
from ..spec.geometries import GeometryError

FORMAT = "pagelaw-trace"
VERSION = 1


class TraceError(ValueError):
    """A file that is not a trace, or not one that this version can read; the message names the remedy."""


@attrs.frozen
class Step:
    """One call of a trace.

    Attributes:
        call: what was called.
        answer: what came back, or None where that is not known.
        of: index of the earlier step that the call refers to (whose block a free gives back), or None.
    """

    call: Any
    answer: Answer | None = None
    of: int | None = None


def _in_order(steps: Iterable[Step]) -> tuple[Step, ...]:
    return tuple(steps)


@attrs.frozen
class Trace:
    """The calls that show a breach, from opening on.

    Attributes:
        arena: what the target was opened with.
        steps: the calls; the last one shows the breach.
        law: id of the law that is broken, or empty.
        because: the argument in words.
        target: name of the target, as on the command line.
        judge: who found it.
        seed: the seed of the run that found it.
        contract: name of the contract.
        capabilities: what the target had declared.
    """

    arena: Any
    steps: tuple[Step, ...] = attrs.field(converter=_in_order)
    law: str = ""
    because: str = ""
    target: str = ""
    judge: str = ""
    seed: int | None = None
    contract: str = "frames"
    capabilities: Any = attrs.field(
        default=attrs.Factory(lambda self: contract_named(self.contract).capabilities(), takes_self=True)
    )

    def to_json(self) -> str:
        """The trace as a JSON document, one call a line."""
        head = {
            "format": FORMAT,
            "version": VERSION,
            "contract": self.contract,
            "target": self.target,
            "judge": self.judge,
            "seed": self.seed,
            "law": self.law,
            "because": self.because,
            "arena": arena_to_json(self.arena),
            **contract_named(self.contract).explained(self.arena),
            "capabilities": attrs.asdict(self.capabilities),
        }
        lines = ",\n".join("    " + json.dumps(_step_to_json(step)) for step in self.steps)
        return json.dumps(head, indent=2)[:-2] + ',\n  "calls": [\n' + lines + "\n  ]\n}\n"


def arena_to_json(arena: Any) -> dict[str, Any]:
    """The arena of any contract as a JSON object; what is at its default is left out."""
    stated = {field.name: (getattr(arena, field.name), field.default) for field in attrs.fields(type(arena))}
    return {name: _plain(value) for name, (value, default) in stated.items() if value != default}


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, frozenset) else list(value) if isinstance(value, tuple) else value


def call_to_json(call: Any) -> dict[str, Any]:
    """The call of any contract as the JSON object of the line protocol."""
    return {"call": call.name, **attrs.asdict(call)}


def answer_to_json(answer: Answer) -> dict[str, Any]:
    """The answer as the JSON object of the line protocol; a failure has no place there and gets a key of its own."""
    if isinstance(answer, Returned):
        return {"return": answer.value}
    if isinstance(answer, Refused):
        return {"raise": answer.reason}
    return {"fail": answer.how, "detail": answer.detail}


def _step_to_json(step: Step) -> dict[str, Any]:
    document = call_to_json(step.call)
    if step.of is not None:
        document["of"] = step.of
    if step.answer is not None:
        document["answer"] = answer_to_json(step.answer)
    return document


def read_trace(path: Path) -> Trace:
    """The trace in a file; `TraceError` says in one line what is wrong with it."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise TraceError(f"cannot read {path}: {error.strerror}") from error
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise TraceError(f"{path} is not a whole JSON document ({error}); was it cut short?") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise TraceError(f'{path} is not a trace: it must be a JSON object with "format": "{FORMAT}"')
    version = document.get("version")
    if version != VERSION:
        raise TraceError(f"{path} has trace version {version!r}, and this pagelaw reads version {VERSION}: upgrade it")
    try:
        return _trace_from_json(document)
    except GeometryError as error:
        raise TraceError(f"the geometry that {path} speaks of cannot be used: {error}") from error
    except (ContractError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise TraceError(f"{path} is damaged: {type(error).__name__}: {error}") from error


def _trace_from_json(document: dict[str, Any]) -> Trace:
    contract = contract_named(document["contract"])
    contract.understand(document)
    steps = tuple(_step_from_json(contract, index, entry) for index, entry in enumerate(document["calls"]))
    return Trace(
        arena=arena_from_json(document["arena"], contract),
        steps=steps,
        law=document.get("law", ""),
        because=document.get("because", ""),
        target=document.get("target", ""),
        judge=document.get("judge", ""),
        seed=document.get("seed"),
        contract=contract.name,
        capabilities=contract.capabilities(**document.get("capabilities", {})),
    )


def arena_from_json(document: dict[str, Any], contract: Contract) -> Any:
    """The arena of a JSON object."""
    return contract.arena(**document)


def call_from_json(document: dict[str, Any], contract: Contract) -> Any:
    """The call of a JSON object; an unknown one, or one with a field of another kind, is a `ValueError`."""
    kind = contract.call_named(document["call"])
    return kind(**{field.name: _of_kind(field, document[field.name]) for field in attrs.fields(kind)})


def answer_from_json(document: dict[str, Any]) -> Answer:
    """The answer of a JSON object; one that is no answer is a `ValueError`."""
    if "return" in document:
        return Returned(document["return"])
    if "raise" in document:
        return Refused(str(document["raise"]))
    if "fail" in document:
        return Failed(str(document["fail"]), str(document.get("detail", "")))
    raise ValueError("an answer has one of the keys return, raise")


def _step_from_json(contract: Contract, index: int, document: dict[str, Any]) -> Step:
    of = document.get("of")
    if of is not None and not 0 <= _whole(of) < index:
        raise ValueError(f"call {index} refers to call {of}, which is not before it")
    answer = document.get("answer")
    return Step(call_from_json(document, contract), None if answer is None else answer_from_json(answer), of)


def _of_kind(field: Any, value: Any) -> Any:
    """The value, if it is what the annotation of the field says."""
    if field.type in ("int", int):
        return _whole(value)
    wanted = {"str": str, "bool": bool}.get(field.type, field.type)
    if not isinstance(value, wanted):
        raise ValueError(f"{field.name} must be a {wanted.__name__}, not {value!r}")
    return value


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"expected a whole number, not {value!r}")
    return value
