"""The solvers: every question goes to Z3 and to a second solver, and counts only if both say the same.

Z3 runs in this process, with its strategy pinned (left to itself it may pick one that gives up). Bitwuzla or cvc5
read the same question as SMT-LIB text in a process of their own, at the same time, and are ended if they do not
answer. `unknown`, a time limit or a contradiction is never a proof; a model is its own evidence.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Any

import attrs
import z3

from . import TIME_LIMIT

#: Z3's strategy, pinned; its core alone answers what is asked lazily.
STRATEGY = "QF_AUFBV"
#: Second solvers, the first one that is installed judges by default.
FOREIGN = ("bitwuzla", "cvc5")
#: Seconds beyond the limit after which a solver that has not answered is ended.
GRACE = 5.0

SAT, UNSAT, UNKNOWN = "sat", "unsat", "unknown"


@functools.cache
def version_of(name: str) -> str:
    """The version of an installed solver."""
    return z3.get_version_string() if name == "z3" else version(name)


def installed() -> tuple[str, ...]:
    """The second solvers that are installed, best first."""
    return tuple(name for name in FOREIGN if importlib.util.find_spec(name) is not None)


#: A subterm's label in a script of Z3, which counts all terms of the process.
_LABEL = re.compile(r"[?$]x[0-9]+")


def _in_order() -> Callable[[re.Match[str]], str]:
    """Labels numbered as they come, so that the same question is the same text in every run."""
    known: dict[str, str] = {}
    return lambda found: known.setdefault(found[0], f"{found[0][0]}x{len(known)}")


@attrs.frozen
class Opinion:
    """What one solver said.

    Attributes:
        solver: its name.
        version: its version.
        answer: `sat`, `unsat` or `unknown`.
        seconds: how long it took.
        detail: why the answer is unknown.
    """

    solver: str
    version: str
    answer: str
    seconds: float
    detail: str = ""


@attrs.frozen(eq=False)
class Question:
    """A set of formulas that may or may not be satisfiable together.

    Attributes:
        formulas: the formulas.
        expected: the answer that the argument needs, `sat` or `unsat`.
        lazily: whether Z3 had better compare the indices of arrays as it goes, and not all of them before.
    """

    formulas: tuple[z3.BoolRef, ...] = attrs.field(converter=tuple)
    expected: str
    lazily: bool = False

    @functools.cached_property
    def text(self) -> str:
        """The question as an SMT-LIB 2.6 script with its logic and the expected answer."""
        # A context of its own: what a script names depends on what else is known in the context.
        alone = z3.Context()
        solver = z3.Solver(ctx=alone)
        solver.add(*[formula.translate(alone) for formula in self.formulas])
        body = [line for line in solver.to_smt2().splitlines() if not line.startswith(("(set-info", ";"))]
        body = _LABEL.sub(_in_order(), "\n".join(body)).splitlines()
        functions = any(line.startswith("(declare-fun") and "() " not in line for line in body)
        head = ["(set-info :smt-lib-version 2.6)", f"(set-logic {'QF_UFBV' if functions else 'QF_BV'})"]
        return "\n".join([*head, f"(set-info :status {self.expected})", *body]) + "\n"

    @property
    def digest(self) -> str:
        """SHA-256 of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


@attrs.frozen(eq=False)
class Answer:
    """What all solvers said to one question.

    Attributes:
        question: the question.
        opinions: one for each solver that was asked.
        model: a model that Z3 found, or None.
    """

    question: Question
    opinions: tuple[Opinion, ...]
    model: z3.ModelRef | None = None

    @property
    def agreed(self) -> str:
        """`unsat` if all said so, `sat` if one found a model and none denies it, else `unknown`."""
        answers = {opinion.answer for opinion in self.opinions}
        if answers == {UNSAT}:
            return UNSAT
        return SAT if SAT in answers and UNSAT not in answers else UNKNOWN

    @property
    def why_unknown(self) -> str:
        """Who said what, where they did not agree on an answer."""
        said = [f"{opinion.solver}: {opinion.answer} {opinion.detail}".strip() for opinion in self.opinions]
        contradict = {SAT, UNSAT} <= {opinion.answer for opinion in self.opinions}
        return ("the solvers contradict each other: " if contradict else "") + ", ".join(said)


class ForeignSolver:
    """A solver in a process of its own, asked one question after the other; ended when it does not answer."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._queue = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._process: subprocess.Popen[str] | None = None

    def submit(self, text: str, limit: float) -> Future[Opinion]:
        """Ask; the answer comes in its time."""
        return self._queue.submit(self._ask, text, limit)

    def close(self) -> None:
        """End the process; open questions are dropped."""
        self._queue.shutdown(cancel_futures=True)
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _ask(self, text: str, limit: float) -> Opinion:
        started = time.perf_counter()
        process = self._running()
        late = threading.Timer(limit + GRACE, process.kill)
        late.start()
        try:
            reply = self._exchange(process, {"text": text, "limit": limit})
        finally:
            late.cancel()
        if reply is None:
            self._process = None
            process.communicate()
            seconds = time.perf_counter() - started
            return Opinion(self.name, version_of(self.name), UNKNOWN, seconds, "the process ended or had to be ended")
        return Opinion(self.name, version_of(self.name), reply["answer"], reply["seconds"], reply["detail"])

    @staticmethod
    def _exchange(process: subprocess.Popen[str], question: dict[str, Any]) -> dict[str, Any] | None:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(json.dumps(question) + "\n")
            process.stdin.flush()
            reply: dict[str, Any] = json.loads(process.stdout.readline())
        except (OSError, ValueError):
            return None
        return reply

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None:
            script = Path(__file__).with_name("foreign.py")
            self._process = subprocess.Popen(
                [sys.executable, "-P", str(script), self.name],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        return self._process


@attrs.frozen(eq=False)
class Pending:
    """A question that Z3 has not been asked yet, and other solvers have."""

    question: Question
    limit: float
    foreign: tuple[Future[Opinion], ...] = ()

    def wait(self) -> Answer:
        """Ask Z3 and wait for the others."""
        mine, model = ask_z3(self.question.formulas, self.limit, lazily=self.question.lazily)
        return Answer(self.question, (mine, *[future.result() for future in self.foreign]), model)


class Portfolio:
    """The solvers of one run.

    Used as a context; leaving it ends their processes. `solvers` names the second solvers, all of which must agree;
    by default it is the first of `FOREIGN` that is installed. Asking for one that is not is a `ValueError`.
    """

    def __init__(self, solvers: Sequence[str] | None = None, *, time_limit: float = TIME_LIMIT) -> None:
        chosen = installed()[:1] if solvers is None else tuple(name for name in solvers if name != "z3")
        missing = [name for name in chosen if name not in installed()]
        if missing:
            raise ValueError(
                f"no solver {missing[0]!r} here; installed: {', '.join(('z3', *installed()))} "
                "(pip install 'pagelaw[solvers]' adds bitwuzla and cvc5)"
            )
        self.time_limit = time_limit
        self.foreign = tuple(ForeignSolver(name) for name in chosen)

    @property
    def names(self) -> tuple[str, ...]:
        """All solvers that judge, each with its version."""
        return tuple(f"{name} {version_of(name)}" for name in ("z3", *[solver.name for solver in self.foreign]))

    def ask(self, question: Question, *, alone: bool = False) -> Pending:
        """Put a question to the second solvers now, unless Z3 is to judge `alone`; Z3 is asked on `wait`."""
        if alone:
            return Pending(question, self.time_limit)
        others = tuple(solver.submit(question.text, self.time_limit) for solver in self.foreign)
        return Pending(question, self.time_limit, others)

    def __enter__(self) -> Portfolio:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        for solver in self.foreign:
            solver.close()


def ask_z3(formulas: Sequence[z3.BoolRef], limit: float, *, lazily: bool = False) -> tuple[Opinion, z3.ModelRef | None]:
    """Z3's answer, and a model if there is one.

    It is asked in a context of its own: whatever else has been said in a context gets in the way of the search (the
    same question took it a third of a second alone, and half a minute after hundreds of others).
    """
    alone = z3.Context()
    solver = z3.SimpleSolver(ctx=alone) if lazily else z3.SolverFor(STRATEGY, ctx=alone)
    solver.set("timeout", max(1, int(limit * 1000)))
    solver.add(*[formula.translate(alone) for formula in formulas])
    started = time.perf_counter()
    answer = str(solver.check())
    seconds = time.perf_counter() - started
    detail = solver.reason_unknown() if answer == UNKNOWN else ""
    opinion = Opinion("z3", version_of("z3"), answer, seconds, detail)
    return opinion, solver.model().translate(z3.main_ctx()) if answer == SAT else None
