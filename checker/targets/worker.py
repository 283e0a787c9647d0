"""Targets that run in a process of their own: Python and C code in our worker, or any program of the line protocol.

Opening an arena is lazy: the end of the arena before, the opening and the first calls travel in one write, so that
one process serves thousands of small arenas a second. When it fails, the answers before the failure are kept, the
process is ended, and the next opening starts a fresh one.
"""

from __future__ import annotations

import os
import shlex
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

from ...spec.contracts import Answer, ContractError, Failed, contract_named
from . import protocol
from .process import Ended, Process
from .protocol import AnswerError
from .target import TargetError

#: How many bytes loading a target may take at least; only what it grows after that is limited by the caller.
_LOADING = 1 << 30
#: After so many arenas the process is looked at, and replaced if it has leaked half of what it may use.
_INSPECTION = 256


class WorkerTarget:
    """A target behind pipes."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        contract: str = "frames",
        deadline: float = 5.0,
        memory_limit: int = 1 << 30,
        starting: float = 30.0,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Start the program and learn what it declares; `TargetError` where it cannot be used.

        `deadline` is how long an answer may take and `starting` the first of all, in seconds; `memory_limit` is how
        many bytes the process may grow.
        """
        self._name, self._command = name, tuple(command)
        self._contract = contract_named(contract)
        self._deadline, self._environment = deadline, environment
        self._growth = self._half_full = memory_limit
        self._memory_limit = max(memory_limit, _LOADING)
        self._process: Process | None = None
        self._arena_is_open = False
        self._current: WorkerInstance | None = None
        self._opened = 0
        #: What a report should say of the target besides.
        self.notes: tuple[str, ...] = ()
        #: Failures at the end of an arena, which no call can be blamed for.
        self.complaints: list[str] = []
        self._starting = max(starting, deadline)  # seconds, first a bound and then what was measured
        self._greeting, self._capabilities = self._learn()

    @property
    def name(self) -> str:
        """The target as on the command line."""
        return self._name

    @property
    def capabilities(self) -> Any:
        """What the program declared when it was first opened."""
        return self._capabilities

    @property
    def pid(self) -> int | None:
        """Number of the running process, or None where there is none."""
        return self._process.pid if self._process else None

    def open(self, arena: Any) -> WorkerInstance:
        """A fresh instance; the one that was open is let go. `TargetError` where the arena asks for the undeclared."""
        lacking = self._contract.lacking(arena, self._capabilities)
        if lacking:
            shown = protocol.described(arena)
            raise TargetError(f"{self._name} does not declare {lacking}, which the arena needs ({shown})")
        self._opened += 1
        if self._opened % _INSPECTION == 0 and self._process and self._process.memory() > self._half_full:
            self._end()
        self._current = WorkerInstance(self, arena)
        return self._current

    def close(self) -> None:
        """End the process; never raises."""
        self._current = None
        process = self._process
        if process is None:
            return
        if self._arena_is_open:
            _, ended = process.exchange(protocol.CLOSE, 1, deadline=min(self._deadline, 1.0))
            if ended:
                self._complain(ended)
        self._end(patience=0.5)

    # -- learning ---------------------------------------------------------------------------------------------

    def _learn(self) -> tuple[bytes, Any]:
        """The answer to an opening, as a line, and what it declares."""
        refusals = []
        for sample in self._contract.samples():
            began = time.monotonic()
            process = self._start()
            request = protocol.opening(sample, self._contract) + protocol.CLOSE
            lines, ended = process.exchange(request, 2, deadline=self._starting)
            took = time.monotonic() - began
            refusal = self._refusal(lines, ended)
            if refusal is None and (ended is None or ended.how == "crash"):
                self._starting = 4 * took
                baseline = process.memory()
                self._memory_limit = process.memory_limit = baseline + self._growth
                self._half_full = baseline + self._growth // 2
                return lines[0], self._understood(lines[0])
            self._end()
            if ended and ended.how == "garbage":
                raise TargetError(f"{self._name} does not speak the line protocol: {ended.detail}; see docs/targets.md")
            if ended and ended.how != "crash":
                raise TargetError(f"{self._name} is not usable: at its first opening {ended.detail}")
            refusals.append(f"({protocol.described(sample)}) {refusal}")
        raise TargetError(f"{self._name} opens no arena: {'; '.join(refusals)}")

    def _refusal(self, lines: Sequence[bytes], ended: Ended | None) -> str | None:
        """Why a sample was not opened, or None; `TargetError` where no other arena would be."""
        if not lines:
            return ended.detail if ended else "it gave no answer"
        try:
            document = protocol.document_of(lines[0])
        except AnswerError as error:
            self._end()
            raise TargetError(f"{self._name} does not speak the line protocol: {error}; see docs/targets.md") from None
        if document.get("raise") == "unusable":
            self._end()
            raise TargetError(str(document.get("detail", f"{self._name} says that it is unusable")))
        return None if "return" in document else _told(document)

    def _understood(self, line: bytes) -> Any:
        try:
            return protocol.capabilities_of(protocol.document_of(line)["return"], self._contract)
        except ContractError as error:
            self._end()
            raise TargetError(f"{self._name}: {error}") from None

    # -- talking ----------------------------------------------------------------------------------------------

    def perform(self, instance: WorkerInstance, calls: Sequence[Any]) -> list[Answer]:
        """Make the calls of the instance that is open."""
        if instance is not self._current:
            raise RuntimeError(f"this arena of {self._name} has failed or been let go; open another")
        if not calls:
            return []
        requests = b"".join(map(protocol.request, calls))
        if instance.is_open:
            assert self._process
            lines, ended = self._process.exchange(requests, len(calls), deadline=self._deadline)
        else:
            lines, ended = self._exchange_opening(
                protocol.opening(instance.arena, self._contract) + requests, 1 + len(calls)
            )
            refused = self._opening_failure(instance.arena, lines, ended)
            if refused:
                return [refused]
            instance.is_open, lines = True, lines[1:]
        return self._answers(lines, ended)

    def _exchange_opening(self, request: bytes, count: int) -> tuple[list[bytes], Ended | None]:
        """Send an opening with its first calls, after the end of the arena before.

        A process that did not survive the arena before is replaced: a new arena is not blamed for what is over.
        """
        if self._process:
            closing = protocol.CLOSE * self._arena_is_open
            self._arena_is_open = True
            expected = count + bool(closing)
            lines, ended = self._process.exchange(closing + request, expected, deadline=self._deadline)
            closed = not closing or (bool(lines) and _is_nothing(lines[0]))
            answers = lines[bool(closing) :]
            if closed and (answers or ended is None or ended.how != "crash"):
                return answers, ended
            self._complain(ended or Ended("garbage", f"it answered {protocol.shown(lines[0])}"))
            self._end()
        process = self._start()
        self._arena_is_open = True
        return process.exchange(request, count, deadline=self._deadline, starting=self._starting)

    def _opening_failure(self, arena: Any, lines: Sequence[bytes], ended: Ended | None) -> Failed | None:
        """The answer of an instance that did not come to be, or None."""
        shown = f"opening an arena ({protocol.described(arena)})"
        if not lines:
            assert ended
            self._lose()
            return Failed(ended.how, f"{shown}: {ended.detail}")
        if lines[0] == self._greeting:
            return None
        try:
            document = protocol.document_of(lines[0])
            if "return" not in document:
                self._current, self._arena_is_open = None, False
                return Failed("open", f"{shown} was refused: {_told(document)}")
            if protocol.capabilities_of(document["return"], self._contract) == self._capabilities:
                return None
            reason = "it declared other capabilities than when it was first opened"
        except (AnswerError, ContractError) as error:
            reason = str(error)
        self._lose()
        return Failed("open", f"{shown}: {reason}")

    def _answers(self, lines: Sequence[bytes], ended: Ended | None) -> list[Answer]:
        answers: list[Answer] = []
        try:
            for line in lines:
                answers.append(protocol.answered(line))  # noqa: PERF401 - those before a bad line are kept
        except AnswerError as error:
            ended = Ended("garbage", str(error))
        if ended:
            self._lose()
            answers.append(Failed(ended.how, ended.detail))
        return answers

    # -- the process ------------------------------------------------------------------------------------------

    def _start(self) -> Process:
        self._process = Process(self._command, memory_limit=self._memory_limit, environment=self._environment)
        self._arena_is_open = False
        return self._process

    def _end(self, *, patience: float = 0.0) -> None:
        if self._process:
            self._process.stop(patience=patience)
        self._process, self._arena_is_open = None, False

    def _lose(self) -> None:
        """The open arena has failed, and its process with it."""
        self._current = None
        self._end()

    def _complain(self, ended: Ended) -> None:
        self.complaints.append(f"{self._name} failed at the end of an arena ({ended.how}): {ended.detail}")


class WorkerInstance:
    """One arena of a target behind pipes; it is opened with its first calls."""

    def __init__(self, target: WorkerTarget, arena: Any) -> None:
        self._target = target
        self.arena = arena
        self.is_open = False

    def perform(self, calls: Sequence[Any]) -> list[Answer]:
        """Make the calls in order and give their answers, ending with a `Failed` where the process did not survive."""
        return self._target.perform(self, calls)

    def close(self) -> None:
        """Let the arena go. The process is told so together with the next opening."""


def worker_of(
    spec: str,
    contract: str = "frames",
    *,
    deadline: float = 5.0,
    memory_limit: int = 1 << 30,
    starting: float = 30.0,
    name: str = "",
    environment: Mapping[str, str] | None = None,
) -> WorkerTarget:
    """Python or C code in our own worker; `name` is how the target is called if not by `spec`."""
    command = (sys.executable, "-m", f"{__package__}.serve", spec, contract)
    environment = {"PYTHONHASHSEED": "0", **(environment or os.environ)}  # the same seed gives the same run
    return WorkerTarget(
        name or spec,
        command,
        contract=contract,
        deadline=deadline,
        memory_limit=memory_limit,
        starting=starting,
        environment=environment,
    )


def program(
    name: str,
    contract: str = "frames",
    *,
    deadline: float = 5.0,
    memory_limit: int = 1 << 30,
    starting: float = 30.0,
) -> WorkerTarget:
    """A program that speaks the line protocol, as `cmd:PROGRAM ARGUMENTS`; no shell is involved."""
    try:
        command = shlex.split(name.removeprefix("cmd:"))
    except ValueError as error:
        raise TargetError(f"{name!r} cannot be split into words ({error}): close the quotation") from None
    if not command:
        raise TargetError("cmd: names no program: write cmd:PROGRAM ARGUMENTS")
    return WorkerTarget(
        name, command, contract=contract, deadline=deadline, memory_limit=memory_limit, starting=starting
    )


def _is_nothing(line: bytes) -> bool:
    """Whether a line answers that nothing is returned."""
    try:
        document = protocol.document_of(line)
    except AnswerError:
        return False
    return "return" in document and document["return"] is None


def _told(document: Mapping[str, object]) -> str:
    """What a refusal says of itself."""
    return str(document.get("detail") or document.get("raise") or document.get("fail"))
