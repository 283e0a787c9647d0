"""Discharging an obligation: it is proved, its premises can be met, and without one of them it fails.

Three things can make a proof worthless, and each is checked: the solver may be wrong (a second one must agree), the
premises may contradict each other (they must be satisfiable), and the goal may be too weak to fail (a *broken twin*,
the same obligation without one premise, must be refuted). The counter-model of the twin is run on plain integers:
the premises that are left hold there and the goal does not, so the solver's terms mean what the numbers mean.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import attrs
import z3

from ..spec.frames import NONE, RESERVED, Memory, is_free, is_live, order_of
from ..spec.geometries import Geometry
from .numbers import Numbers
from .obligations import OBLIGATIONS
from .obligations.obligation import Obligation, Query
from .portfolio import SAT, UNSAT, Answer, Pending, Portfolio, Question
from .symbolic import Formula, Term, TermArray, truth
from .theory import Setting, Theory, in_numbers, settings_of

WIDTHS = (32, 64)
#: A counter-model is looked for in an arena of so many frames first, so that it can be read.
READABLE_FRAMES = 16


class Outcome(enum.Enum):
    """What became of an obligation."""

    PROVED = "proved"
    REFUTED = "refuted"
    UNKNOWN = "unknown"


@attrs.frozen(eq=False)
class Counterexample:
    """A state in numbers in which the premises hold and the goal does not.

    Attributes:
        values: the value of each free variable.
        replayed: whether the obligation, run on plain integers, shows the same; None for a composition, whose
            callees stand for what is proved about them and cannot be run.
    """

    values: Mapping[str, Any]
    replayed: bool | None

    def __str__(self) -> str:
        return ", ".join(f"{name} = {_shown(value)}" for name, value in self.values.items())


@attrs.frozen(eq=False)
class Part:
    """One goal of an obligation, proved or not.

    Attributes:
        laws: ids of the laws that it speaks about.
        answers: one for each conjunct that was proved apart, else one.
        counterexample: where it was refuted.
    """

    laws: tuple[str, ...]
    answers: tuple[Answer, ...]
    counterexample: Counterexample | None = None

    @property
    def outcome(self) -> Outcome:
        """Proved if every conjunct is, refuted if one is."""
        agreed = [answer.agreed for answer in self.answers]
        if SAT in agreed:
            return Outcome.REFUTED
        return Outcome.PROVED if agreed and set(agreed) == {UNSAT} else Outcome.UNKNOWN


@attrs.frozen(eq=False)
class Certificate:
    """All that was found out about one obligation in one setting.

    Attributes:
        obligation: the obligation.
        setting: bits of a word, and the geometry where there is one.
        parts: its goals.
        premises: whether the premises can be met.
        twin: whether the goals fail without one premise.
        twin_example: the counter-model of the twin.
        error: why the obligation could not be stated at all, or empty.
    """

    obligation: Obligation
    setting: Setting
    parts: tuple[Part, ...] = ()
    premises: Answer | None = None
    twin: Answer | None = None
    twin_example: Counterexample | None = None
    error: str = ""

    @property
    def is_vacuous(self) -> bool:
        """Whether the premises were not shown to be satisfiable."""
        return self.premises is None or self.premises.agreed != SAT

    @property
    def is_toothless(self) -> bool:
        """Whether the broken twin was not refuted, or its counter-model does not hold in numbers."""
        refuted = self.twin is not None and self.twin.agreed == SAT
        return not refuted or self.twin_example is None or self.twin_example.replayed is False

    @property
    def outcome(self) -> Outcome:
        """Refuted if one goal is; proved if all are, on premises that can be met, with a twin that fails."""
        outcomes = {part.outcome for part in self.parts}
        if Outcome.REFUTED in outcomes:
            return Outcome.REFUTED
        sound = not (self.error or self.is_vacuous or self.is_toothless)
        return Outcome.PROVED if sound and outcomes == {Outcome.PROVED} else Outcome.UNKNOWN

    @property
    def because(self) -> str:
        """The reason why it is not proved, in words."""
        if self.error:
            return self.error
        for part in self.parts:
            if part.outcome is Outcome.REFUTED:
                return f"counterexample: {part.counterexample}"
        for part in self.parts:
            if part.outcome is Outcome.UNKNOWN:
                return next(answer.why_unknown for answer in part.answers if answer.agreed != UNSAT)
        if self.is_vacuous:
            return f"its premises were not shown to be satisfiable ({_said(self.premises)})"
        if not self.is_toothless:
            return ""
        known = self.twin_example is not None and self.twin_example.replayed is False
        why = f"its counter-model does not hold in numbers: {self.twin_example}" if known else _said(self.twin)
        return f"its twin without {self.obligation.without!r} was not refuted ({why})"


def _said(answer: Answer | None) -> str:
    return "not asked" if answer is None else answer.why_unknown


@attrs.frozen(eq=False)
class _Asked:
    """An obligation whose questions are under way."""

    obligation: Obligation
    theory: Theory
    query: Query
    parts: tuple[tuple[tuple[str, ...], tuple[Pending, ...]], ...]


def discharge(
    obligations: Iterable[Obligation] = OBLIGATIONS,
    *,
    widths: Iterable[int] = WIDTHS,
    geometries: Iterable[Geometry] | None = None,
    portfolio: Portfolio,
    ahead: int = 4,
) -> Iterator[Certificate]:
    """A certificate for each obligation in each setting, as they come.

    An obligation about page tables is proved for each of `geometries`, without them for those that it names; any
    other at each of `widths`.

    The second solver is kept busy with the goals of up to `ahead` obligations, while Z3 works on the first of them.
    """
    waiting: list[_Asked | Certificate] = []
    for obligation, setting in jobs(obligations, widths, geometries):
        waiting.append(_ask(obligation, setting, portfolio))
        if len(waiting) > ahead:
            yield _finish(waiting.pop(0), portfolio)
    while waiting:
        yield _finish(waiting.pop(0), portfolio)


def jobs(
    obligations: Iterable[Obligation], widths: Iterable[int], geometries: Iterable[Geometry] | None = None
) -> Iterator[tuple[Obligation, Setting]]:
    """Every obligation in every setting: all of them at one width, or for one geometry, then at the next."""
    sizes, shapes = tuple(widths), None if geometries is None else tuple(geometries)
    every = [(one, tuple(settings_of(one, sizes, shapes))) for one in obligations]
    for turn in range(max((len(settings) for _, settings in every), default=0)):
        yield from ((one, settings[turn]) for one, settings in every if turn < len(settings))


def goal_questions(obligation: Obligation, query: Query) -> Iterator[tuple[tuple[str, ...], tuple[Question, ...]]]:
    """For each goal the laws that it speaks about, and the questions of which each must have no model."""
    premises = [truth(premise).term for premise in query.premises.values()]
    for keys, goal in _goals(obligation, query):
        conjuncts = _conjuncts(goal) if obligation.apart else [goal]
        yield _laws(keys), tuple(Question((*premises, z3.Not(part)), UNSAT, obligation.lazily) for part in conjuncts)


def _goals(obligation: Obligation, query: Query) -> Iterator[tuple[tuple[str, ...], z3.BoolRef]]:
    """Each goal with its key, or all of them with theirs."""
    if obligation.together:
        yield tuple(query.goals), _all(query.goals.values())
    else:
        yield from (((key,), truth(goal).term) for key, goal in query.goals.items())


def _laws(keys: Iterable[str]) -> tuple[str, ...]:
    """The ids of the laws in the keys of goals, each once."""
    return tuple(dict.fromkeys(law for key in keys for law in key.split()))


def premise_question(query: Query) -> Question:
    """Whether the premises can be met at all."""
    return Question(tuple(truth(premise).term for premise in query.premises.values()), SAT)


def twin_question(obligation: Obligation, query: Query) -> Question:
    """Whether the goals fail where one premise is left out."""
    if obligation.without not in query.premises:
        raise ValueError(f"{obligation.id} has no premise {obligation.without!r} that its twin could do without")
    left = [truth(premise).term for name, premise in query.premises.items() if name != obligation.without]
    return Question((*left, z3.Not(_all(query.goals.values()))), SAT, obligation.lazily)


def _all(truths: Iterable[Any]) -> z3.BoolRef:
    whole = Formula(None, True)
    for value in truths:
        whole = whole & truth(value)
    return whole.term


def _conjuncts(goal: z3.BoolRef) -> list[z3.BoolRef]:
    """The parts that together make up a goal: of a conjunction, and of one behind an implication."""
    if z3.is_and(goal):
        return [part for child in goal.children() for part in _conjuncts(child)]
    if z3.is_or(goal) and goal.num_args() == 2:
        return [z3.Or(goal.arg(0), part) for part in _conjuncts(goal.arg(1))]
    return [goal]


def _ask(obligation: Obligation, setting: Setting, portfolio: Portfolio) -> _Asked | Certificate:
    theory = Theory(setting.width, setting.geometry)
    try:
        query = theory.state(obligation)
        twin_question(obligation, query)
    except Exception as error:  # a step that cannot even be run on terms is reported, never passed over
        return Certificate(obligation, setting, error=f"cannot be stated: {type(error).__name__}: {error}")
    parts = tuple(
        (laws, tuple(portfolio.ask(question) for question in asked))
        for laws, asked in goal_questions(obligation, query)
    )
    return _Asked(obligation, theory, query, parts)


def _finish(asked: _Asked | Certificate, portfolio: Portfolio) -> Certificate:
    if isinstance(asked, Certificate):
        return asked
    obligation, theory, query = asked.obligation, asked.theory, asked.query
    parts = _parts(asked, portfolio)
    if obligation.together and parts[0].outcome is not Outcome.PROVED:
        one_by_one = _ask(attrs.evolve(obligation, together=False), Setting(theory.width, theory.geometry), portfolio)
        assert isinstance(one_by_one, _Asked)
        parts = _parts(one_by_one, portfolio)
    premises = _satisfy(premise_question(query), theory, portfolio)
    twin = _satisfy(twin_question(obligation, query), theory, portfolio)
    left = [name for name in query.premises if name != obligation.without]
    example = None if twin.model is None else _example(asked, twin.model, left, query.goals)
    setting = Setting(theory.width, theory.geometry)
    return Certificate(obligation, setting, tuple(parts), premises, twin, example)


def _parts(asked: _Asked, portfolio: Portfolio) -> list[Part]:
    """The answers to the goals, with counter-models where there are any."""
    parts = []
    for (laws, pending), (keys, _) in zip(asked.parts, _goals(asked.obligation, asked.query), strict=True):
        part = Part(laws, tuple(question.wait() for question in pending))
        if part.outcome is Outcome.REFUTED:
            refuted = next(answer for answer in part.answers if answer.agreed == SAT)
            model = _satisfy(refuted.question, asked.theory, portfolio).model or refuted.model
            example = None if model is None else _example(asked, model, asked.query.premises, keys)
            part = attrs.evolve(part, counterexample=example)
        parts.append(part)
    return parts


def _satisfy(question: Question, theory: Theory, portfolio: Portfolio) -> Answer:
    """Z3's answer to a question that should have a model, preferably one in a small arena."""
    small = [z3.ULE(room.term, READABLE_FRAMES) for name, room in theory.fresh.items() if name.endswith(".room")]
    answer = portfolio.ask(attrs.evolve(question, formulas=(*question.formulas, *small)), alone=True).wait()
    return answer if answer.agreed == SAT or not small else portfolio.ask(question, alone=True).wait()


def _example(asked: _Asked, model: z3.ModelRef, premises: Iterable[str], goals: Iterable[str]) -> Counterexample:
    """The counter-model in numbers."""
    if asked.obligation.composed:
        shown = {name: _value(model, value) for name, value in asked.theory.fresh.items() if isinstance(value, Term)}
        return Counterexample(shown, None)
    values = {name: _value(model, value) for name, value in asked.theory.arguments.items()}
    return Counterexample(values, _replays(asked, values, premises, goals))


def _replays(asked: _Asked, values: Mapping[str, Any], premises: Iterable[str], goals: Iterable[str]) -> bool:
    """Whether the obligation on plain integers has true premises and a false goal at these values."""
    try:
        query = in_numbers(asked.obligation, values, asked.theory.geometry, width=asked.theory.width)
    except (ArithmeticError, LookupError, TypeError, ValueError):
        return False
    held = all(bool(query.premises[name]) for name in premises)
    return held and not all(bool(query.goals[name]) for name in goals)


def _shown(value: Any) -> str:
    """A value as a reader wants it: of a memory its size and the heads that the obligation looked at."""
    if not isinstance(value, Memory):
        return str(value)
    heads = " ".join(f"{frame}:{_head_name(head)}" for frame, head in sorted(value.heads.entries.items()))
    return f"{value.frames} frames (room {value.room}, largest order {value.top}), heads {heads}"


def _head_name(head: int) -> str:
    if is_free(head):
        return f"free{head}"
    if is_live(head):
        return f"live{order_of(head)}"
    return {RESERVED: "reserved", NONE: "-"}.get(head, str(head))


def _value(model: z3.ModelRef, value: Any) -> Any:
    """A term, formula, array or whole state as numbers."""
    if isinstance(value, tuple):
        return type(value)(*[_value(model, field) for field in value])
    if isinstance(value, Term):
        return model.eval(value.term, model_completion=True).as_long()
    if isinstance(value, Formula):
        return z3.is_true(model.eval(value.term, model_completion=True))
    if isinstance(value, TermArray):
        indices = {model.eval(index.term, model_completion=True).as_long() for _, index in value.touched}
        read = {index: value.load(_index(value, index)) for index in sorted(indices)}
        return Numbers({index: _value(model, element) for index, element in read.items()}, 0, value.element)
    raise TypeError(f"no numbers for {value!r}")


def _index(array: TermArray, index: int) -> Term:
    return Term(z3.BitVecVal(index, array.width), array.width, index)
