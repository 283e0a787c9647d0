"""What is found out machine by machine: sums, the shortest story of a breach, and what is left open."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

import attrs
import pytest

from pagelaw.checker.explore.exploration import Exploration
from pagelaw.checker.explore.inquiry import (
    Inquiry,
    inquire,
    require_settings,
    uncompiled_notes,
    up_to,
)
from pagelaw.checker.verdict import INTERRUPTED, Judgement, Verdict, require_known
from pagelaw.model.fast import backend
from pagelaw.spec import buddy_laws  # noqa: F401 - registers the laws
from pagelaw.spec.law import Law, find_law

LAWS = (find_law("A1"), find_law("A2"))


class System:
    """A machine is a number: that many states, the last of which breaks A1 where it is 30."""

    def __init__(self, machine: int, ended: str = "") -> None:
        self.machine = machine
        self.ended = ended

    def search(self, *, stop_on: int, threads: int, limit: int, progress: Any) -> Exploration:
        assert (stop_on, threads) == (3, 2)
        broken = {0: 29} if self.machine == 30 else {}
        states = min(limit, self.machine)
        return Exploration(states, 2 * states, 1, 0, broken, self.ended, lambda state: state - 1, str)


@attrs.define
class Numbers(Inquiry):
    """Tells every breach twice, the longer way first."""

    about = "numbers"
    unit = "number"
    law_bits: ClassVar[Mapping[str, int]] = {"A1": 1, "A2": 2}
    never: Sequence[str] = ()

    def stop_on(self) -> int:
        return 3

    def stories(self, system: System, outcome: Exploration, law: Law) -> Iterator[list[str]]:
        if law.id == "A1" and 0 in outcome.broken:
            yield ["up", "up", "down"]
            yield ["up", "over"]

    def unseen(self) -> Iterator[str]:
        yield from self.never


def asked(machines: Sequence[int], *, ended: str = "", never: Sequence[str] = ()) -> Judgement:
    """The judgement on A1 and A2 after these machines, all of which end for the same reason."""
    return inquire(
        Numbers(LAWS, never=never),
        machines,
        lambda machine, code: System(machine, code),  # type: ignore[arg-type, return-value]
        lambda _changes: ended,
        largest=machines[-1],
        threads=2,
    )


def test_every_state_of_every_machine() -> None:
    """Sums, and how many states each machine has."""
    judgement = asked([10, 20])
    assert [finding.verdict for finding in judgement.findings] == [Verdict.HOLDS] * 2
    assert judgement.findings[0].because == "10 states of 10; 20 states of 20"
    assert judgement.counts == {"number states": 30, "number transitions": 60}
    assert (judgement.judge, judgement.subject, judgement.size) == ("explore", "specification", "numbers of 20")


def test_a_breach_is_told_at_its_smallest() -> None:
    """On the first machine that has it, by the shortest way; what comes after it is not explored."""
    judgement = asked([10, 30, 40])
    broken, unknown = judgement.findings
    assert (broken.verdict, broken.because) == (Verdict.BROKEN, "on 30: up; over")
    assert (unknown.verdict, unknown.because) == (Verdict.UNKNOWN, "ended at a breach on 30")
    assert judgement.counts["number states"] == 40


@pytest.mark.parametrize(
    ("ended", "never", "because"),
    [
        ("given up", (), "given up after 10 states of 10"),
        (INTERRUPTED, ("a move",), INTERRUPTED),
        ("", ("a move", "another"), "a move; another"),
    ],
)
def test_what_is_left_open_is_unknown(ended: str, never: Sequence[str], because: str) -> None:
    """A machine that was not visited to its end, an interruption, what never came about."""
    findings = asked([10], ended=ended, never=never).findings
    assert {(finding.verdict, finding.because) for finding in findings} == {(Verdict.UNKNOWN, because)}


def test_strange_laws_and_settings_are_refused() -> None:
    """With what was expected."""
    with pytest.raises(ValueError, match="A2: not about numbers, which A1, A3 are"):
        require_known(LAWS, frozenset({"A3", "A1"}), "numbers")
    for threads, limit in ((3, None), (1, 0)):
        with pytest.raises(ValueError, match=f"threads must be 1 or 2 and limit at least 1, not {threads} and {limit}"):
            require_settings(threads, limit)
    require_known(LAWS, ["A1", "A2"], "numbers")
    require_settings(2, 1)


def test_what_is_different_for_want_of_a_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing where there is one."""
    monkeypatch.setattr(backend, "is_compiled", lambda: True)
    assert list(uncompiled_notes(2)) == []
    monkeypatch.setattr(backend, "is_compiled", lambda: False)
    monkeypatch.setattr(backend, "why_not_compiled", lambda: "there is none")
    assert list(uncompiled_notes(1, further="; fewer")) == ["there is none; fewer"]
    assert list(uncompiled_notes(2)) == ["there is none", "uncompiled, one thread does all the work"]


def test_smaller_machines_come_first() -> None:
    """Those that are larger in any size are left out, and the largest comes once, last."""
    small = (1 + 1j, 2 + 5j, 3 + 3j, 4 + 1j)
    assert list(up_to(3 + 3j, small, "real", "imag")) == [1 + 1j, 3 + 3j]
    assert list(up_to(9 + 3j, small, "imag")) == [1 + 1j, 3 + 3j, 4 + 1j, 9 + 3j]
