"""The worker: foreign Python or C code behind the line protocol.

    python -m pagelaw.checker.targets.serve SPEC CONTRACT

It is an ordinary program of the line protocol; whoever calls it need not know that it is ours. What the target prints
goes to standard error, and what it reads is empty: the protocol keeps the real streams to itself. Each answer is
written as soon as it is known, so that a crash loses none of the answers before it.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any

from .interface import interface_of
from .outcome import described, one_line, outcome
from .python import check_methods, declared, locate
from .target import TargetError

_NOT_OPEN = {"fail": "raise", "detail": "no arena is open"}
#: Parsed requests that are kept; a run repeats few different ones.
_MOST_KNOWN = 1 << 16
_CHUNK = 1 << 16
#: A remedy may need more room than the detail of an answer.
_LONGEST_REMEDY = 600


class Server:
    """One target and the arena that is open, if any."""

    def __init__(self, spec: str, contract: str = "frames") -> None:
        """Load the target; `TargetError` where that cannot be done."""
        self._spec = spec
        self._interface = interface = interface_of(contract)
        self._factory: Callable[..., Any]
        self._declared: Callable[[object], dict[str, Any]]
        if is_library(spec):
            from .libraries import LIBRARIES

            library = LIBRARIES[contract](spec)
            self._factory, self._declared = library, library.declared
        else:
            factory = locate(spec, interface)
            self._factory, self._declared = factory, lambda made: declared(factory, made, interface)
        self._made: Any = None
        self._opened: dict[str, Any] = {}
        self._capabilities: dict[str, Any] | None = None
        self._known: dict[bytes, tuple[str, tuple[Any, ...]]] = {}

    def answer(self, line: bytes) -> bytes:
        """The answer to one line of the protocol, as a line."""
        request = self._known.get(line)
        if request is None:
            request = self._parsed(line)
        name, arguments = request
        if name == "open":
            return _line(self._open(arguments[0]))
        if self._made is None:
            return _line(_NOT_OPEN)
        if name == "close":
            return _line(self._close())
        look = self._interface.looks.get(name)
        if look is not None:
            return _line(outcome(look, self._made, self._opened, refusals=self._interface.refusals))
        form = self._interface.forms.get(name)
        if form is not None:
            return _line(outcome(form, self._made, *arguments, refusals=self._interface.refusals))
        method = getattr(self._made, name, None)
        if method is None:
            return _line({"fail": "raise", "detail": f"{type(self._made).__name__} has no method {name}"})
        return _line(outcome(method, *arguments, refusals=self._interface.refusals))

    def _parsed(self, line: bytes) -> tuple[str, tuple[Any, ...]]:
        call = json.loads(line)
        name = call["call"]
        if name == "open":
            return name, (call,)
        arguments = self._interface.parameters_of(name) or ()
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        request = self._known[line] = name, tuple(call[key] for key in arguments)
        return request

    def _open(self, call: dict[str, Any]) -> dict[str, Any]:
        self._made = None
        interface = self._interface
        stated = {name: tuple(v) if isinstance(v, list) else v for name, v in call.items()}
        asked = {name: stated[name] for name, usual in interface.optional.items() if stated.get(name, usual) != usual}
        try:
            interface.understand(call)
            made = self._factory(*(stated[name] for name in interface.parameters), **asked)
            if self._capabilities is None:
                check_methods(self._spec, made, interface)
                self._capabilities = self._declared(made)
        except TargetError as error:
            return {"raise": "unusable", "detail": one_line(error, _LONGEST_REMEDY)}
        except (Exception, SystemExit) as error:
            reason = "out-of-memory" if isinstance(error, MemoryError) else "illegal"
            return {"raise": reason, "detail": described(error)}
        self._made, self._opened = made, {name: stated[name] for name in interface.stated if name in stated}
        return {"return": self._capabilities}

    def _close(self) -> dict[str, Any]:
        close = getattr(self._made, "close", None)
        self._made = None
        return outcome(close) if callable(close) else {"return": None}


_encode = json.JSONEncoder(separators=(",", ":")).encode


def is_library(spec: str) -> bool:
    """Whether a target names a shared library, as `./mine.so` or `./mine.so.1`."""
    name = os.path.basename(spec)
    return ":" not in name and (name.endswith((".so", ".dylib")) or ".so." in name)


def _line(document: dict[str, Any]) -> bytes:
    value = document.get("return")
    if type(value) is int:
        return b'{"return":%d}\n' % value
    return _encode(document).encode() + b"\n"


def _own_streams() -> tuple[int, int]:
    """The protocol's streams, moved out of the target's reach: it reads nothing and prints to standard error."""
    requests, answers = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return requests, answers


def _write(stream: int, line: bytes) -> None:
    while line:
        line = line[os.write(stream, line) :]


def main(spec: str, contract: str = "frames") -> int:
    """Answer lines until there are no more; 2 where the target cannot be used."""
    requests, answers = _own_streams()
    server: Server | None = None
    try:
        server = Server(spec, contract)
    except TargetError as error:
        unusable = _line({"raise": "unusable", "detail": one_line(error, _LONGEST_REMEDY)})
    rest = b""
    while chunk := os.read(requests, _CHUNK):
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            if server is None:
                _write(answers, unusable)
                return 2
            _write(answers, server.answer(line))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
