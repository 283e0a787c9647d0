"""The judge `run`: clean on the specification, and a changed rule is found, named and told as a short trace."""

import functools
import sys
import types

import pytest

from pagelaw.checker import run as judge
from pagelaw.checker.run import run
from pagelaw.checker.verdict import Judgement, Verdict, exit_code
from pagelaw.model.fast import allocator, backend
from pagelaw.spec import buddy, buddy_laws
from pagelaw.spec.frames import NONE, Memory
from pagelaw.spec.law import laws_of, select_laws

LAWS = laws_of(buddy_laws.CONTRACT)


@pytest.fixture
def uncompiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """The judge on plain integers, with kernels of its own: there a rule is changed by changing the function."""
    for module in (backend, judge):
        monkeypatch.setattr(module, "is_compiled", lambda: False)
    monkeypatch.setattr(judge, "law_kernels", functools.cache(judge.law_kernels.__wrapped__))
    own = functools.cache(allocator.kernels.__wrapped__)
    for module in (allocator, judge):
        monkeypatch.setattr(module, "kernels", own)


def change(monkeypatch: pytest.MonkeyPatch, module: types.ModuleType, name: str, rule: object) -> None:
    """Another rule in the place of a function, wherever that was imported to."""
    old = getattr(module, name)
    for other in list(sys.modules.values()):
        if other.__name__.startswith("pagelaw.") and vars(other).get(name) is old:
            monkeypatch.setattr(other, name, rule)


def broken(judgement: Judgement) -> set[str]:
    """The laws found broken."""
    return {finding.law for finding in judgement.broken}


@pytest.mark.expensive
def test_a_clean_run() -> None:
    """Every law that can be judged holds on a real number of cases; the rest is not judged, with the reason."""
    said: list[str] = []
    judgement = run(LAWS, calls=40_000, frames=3000, max_order=7, seed=3, progress=said.append)
    verdicts = {finding.law: finding.verdict for finding in judgement.findings}
    assert [finding.law for finding in judgement.findings] == [law.id for law in LAWS]
    assert {law for law, verdict in verdicts.items() if verdict is Verdict.NOT_JUDGED} == {"A13.lowest", "C1", "C2"}
    assert all(finding.because for finding in judgement.findings)
    assert all(f.cases for f in judgement.findings if f.verdict is Verdict.HOLDS)
    assert sum(verdict is Verdict.HOLDS for verdict in verdicts.values()) == 16
    assert exit_code([judgement]) == 0
    assert judgement.counts["audits"] >= 4
    assert (judgement.judge, judgement.subject, judgement.seed) == ("run", "model:compiled", 3)
    assert said
    assert bool(judgement.notes) != backend.is_compiled()


@pytest.mark.expensive
def test_the_same_seed_is_the_same_run() -> None:
    """Counts are equal for equal seeds, and not for others."""
    first, again, other = (run(LAWS, calls=4000, frames=500, seed=seed).counts for seed in (1, 1, 2))
    assert first == again != other


@pytest.mark.expensive
@pytest.mark.usefixtures("uncompiled")
def test_without_numba() -> None:
    """Fewer calls on plain integers, said in the notes; no verdict is worse for it."""
    judgement = run(LAWS, calls=200_000)
    assert exit_code([judgement]) == 0
    assert 100 <= judgement.counts["calls"] < 200_000
    assert judgement.notes == (backend.why_not_compiled(),)


@pytest.mark.expensive
def test_without_checks_large_arenas_are_audited_only() -> None:
    """Laws hold by the small arenas and the audits."""
    judgement = run(LAWS, calls=20_000, frames=2000, checks=False)
    assert exit_code([judgement]) == 0
    assert all("touched" not in finding.because for finding in judgement.findings)


@pytest.mark.usefixtures("uncompiled")
@pytest.mark.expensive
def test_nothing_holds_where_a_kind_of_call_was_never_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Vacuity: without misaligned frees the run proves nothing, and says which call was missing."""
    monkeypatch.setattr(judge, "_ILLEGAL", 0.0)
    judgement = run(LAWS, calls=20_000)
    assert {finding.verdict for finding in judgement.findings} == {Verdict.UNKNOWN, Verdict.NOT_JUDGED}
    assert judgement.findings[0].because == "never seen: double free refused"
    assert exit_code([judgement]) == 2


def admit_anything(memory: Memory, frame: int, usable: bool) -> object:
    """Initialisation that does not ask whether a frame exists."""
    memory = buddy.mark(usable, memory, frame, NONE)
    return buddy.release(usable, memory, frame, 0)


RULES = [
    ("admit", admit_anything, {"A1", "A10"}),
    ("buddy_of", lambda frame, order: frame + (1 << order), {"A12"}),
    ("can_merge", lambda memory, frame, order: False, {"A4"}),
    ("given_half", lambda order, source, source_order, upper: source, {"A13.upper"}),
    ("page_is_buddy", lambda memory, frame, buddy_, order: memory.heads[buddy_] == order, {"A14"}),
    ("is_live_block", lambda memory, frame, order: frame < memory.frames and memory.heads[frame] != 255, {"A8"}),
    (
        "is_empty",
        lambda link, room, order: order < 1 or link[2 * (room + order)] == room + order,
        {"A6", "A13.smallest"},
    ),
    ("given_half", lambda order, source, source_order, upper: source + 1, {"A1"}),
    ("give_back", lambda going, memory, frame, level: (memory, level + 1), {"A3"}),
    ("unlink", lambda going, link, node: link, {"A5"}),
]


@pytest.mark.usefixtures("uncompiled")
@pytest.mark.parametrize(("name", "rule", "laws"), RULES)
def test_a_changed_rule_is_found(name: str, rule: object, laws: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """One rule changed in the specification: a law is named, with a trace that is short and ends in the breach."""
    home = sys.modules[getattr(buddy, name).__module__]
    change(monkeypatch, home, name, rule)
    judgement = run(LAWS, calls=20_000)
    assert exit_code([judgement]) == 1
    assert laws & broken(judgement)
    assert all(finding.verdict is not Verdict.HOLDS for finding in judgement.findings)
    for finding in judgement.broken:
        assert finding.because
        assert finding.trace is not None or finding.law == "A12"
        if finding.trace is None:
            continue
        assert finding.trace.law == finding.law
        assert len(finding.trace.steps) <= 40


@pytest.mark.usefixtures("uncompiled")
def test_wrong_arithmetic_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A12 over vectors names the frame, the order and what came out."""
    addresses = sys.modules["pagelaw.spec.addresses"]
    change(monkeypatch, addresses, "parent_of", lambda frame, order: frame)
    judgement = run(select_laws("frames", ["A12"]), calls=1000)
    assert broken(judgement) == {"A12"}
    assert judgement.findings[0].because.startswith("the buddy of the block of order 0 at frame 0 is 1")


@pytest.mark.usefixtures("uncompiled")
@pytest.mark.expensive
def test_a_breach_that_only_large_arenas_show(monkeypatch: pytest.MonkeyPatch) -> None:
    """A frame that is never freed far from the beginning: found by touched points, with call and seed."""
    honest = buddy.free

    def forgetful(memory: Memory, frame: int, order: int) -> object:
        if 200 < frame < memory.frames and buddy.is_live_block(memory, frame, order):
            return memory, True, frame, order
        return honest(memory, frame, order)

    change(monkeypatch, buddy, "free", forgetful)
    judgement = run(LAWS, calls=400_000)
    assert broken(judgement)
    assert all(finding.trace is None for finding in judgement.broken)
    assert all("call" in finding.because and "seed 0" in finding.because for finding in judgement.broken)
