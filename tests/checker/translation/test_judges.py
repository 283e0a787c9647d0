"""The judges of managers of page tables: a correct one passes, and every planted bug is found under its law."""

import json

import pytest

from pagelaw.checker.check import check
from pagelaw.checker.replay import retell
from pagelaw.checker.trace import read_trace
from pagelaw.checker.verdict import Verdict, exit_code
from pagelaw.spec import table_laws, tlb_laws, translation_laws
from pagelaw.spec.law import laws_of

LAWS = laws_of(table_laws.CONTRACT)
assert tlb_laws.CONTRACT == translation_laws.CONTRACT == table_laws.CONTRACT == "translation"


def judged(target, judge, *, budget=1.5, **options):
    (judgement,) = check(target, LAWS, contract="translation", budget=budget, judges=(judge,), **options)
    return judgement


@pytest.mark.expensive
@pytest.mark.parametrize("judge", ["enumerate", "random", "soak"])
def test_a_correct_target_passes(make_target, judge) -> None:
    """Every law that can be judged holds, none is merely unknown, and each has its cases."""
    judgement = judged(make_target(), judge, budget=3.0)
    assert [(finding.law, finding.because) for finding in judgement.broken] == []
    held = {finding.law for finding in judgement.findings if finding.verdict is Verdict.HOLDS}
    assert held >= {"T1", "T2", "T3", "T4", "T5", "T6.mapped", "T6.unmapped", "T13", "F6", "F8", "L2", "L5", "C1", "C2"}
    assert all(finding.cases for finding in judgement.findings if finding.law in held)
    assert judgement.counts["calls"] > 200


@pytest.mark.parametrize(
    ("bug", "law"),
    [
        ("forgets-no-execute", "T3"),
        ("user-may-all", "T3"),
        ("any-address", "T4"),
        ("huge-offset", "T2"),
        ("splits-to-one", "T6.mapped"),
        ("unmaps-one-less", "T6.unmapped"),
        ("half-mapped", "T13"),
        ("half-protected", "T8"),
        ("leaks-on-failure", "T13"),
        ("maps-over", "T13"),
        ("maps-tables", "T13"),
        ("marks-faults", "T9"),
        ("keeps-empty-tables", "F6"),
        ("copy-keeps-write", "T3"),
        ("core-0-not-flushed", "L2"),
        ("never-flushes", "L2"),
        ("release-before-flush", "L3"),
        ("same-identifier", "L5"),
    ],
)
def test_enumerate_finds_every_planted_bug(make_target, bug, law, tmp_path) -> None:
    """The law that it breaks is named, with a story of a few calls that replays, and not on the correct target."""
    judgement = judged(make_target(bug), "enumerate", budget=6.0)
    (finding,) = judgement.broken
    assert finding.law == law
    assert len([step for step in finding.trace.steps if step.call.name not in ("events", "look")]) <= 8
    path = tmp_path / "trace.json"
    path.write_text(finding.trace.to_json(), encoding="utf-8")
    told = read_trace(path)
    assert json.loads(told.to_json()) == json.loads(finding.trace.to_json())
    assert retell(told, make_target(bug)).outcome == "same"
    assert retell(told, make_target()).outcome == "none"
    assert exit_code([judgement]) == 1


@pytest.mark.parametrize("judge", ["random", "soak"])
@pytest.mark.parametrize("bug", ["unmaps-one-less", "never-flushes"])
def test_random_and_soak_find_bugs_too(make_target, judge, bug) -> None:
    """Drawn calls and long runs come across what is wrong as well."""
    judgement = judged(make_target(bug), judge, budget=3.0)
    assert judgement.broken, judgement.notes
    assert judgement.broken[0].trace is not None


def test_what_is_not_declared_is_not_judged(make_target) -> None:
    """Without probes, events and huge leaves their laws are told as not judged, and the others still are."""
    nothing = {"roots": None, "events": None, "copy": None, "split": None, "levels": 0}
    judgement = judged(make_target(**nothing), "enumerate", budget=1.0)
    verdicts = {finding.law: finding.verdict for finding in judgement.findings}
    for law in ("T5", "T7", "T7.split", "T8", "T9", "F8", "L1", "L2", "L3", "L4", "L5", "F3", "T12"):
        assert verdicts[law] is Verdict.NOT_JUDGED, law
    assert verdicts["T3"] is verdicts["T6.mapped"] is verdicts["C1"] is Verdict.HOLDS
    assert all(finding.because for finding in judgement.findings)


def test_a_bug_that_only_a_look_shows_needs_the_look(make_target) -> None:
    """Rights that are too wide in the tables alone go unseen by a target that shows no tables."""
    blind = {"roots": None, "events": None, "levels": 0}
    assert not judged(make_target("keeps-empty-tables", **blind), "enumerate", budget=0.6, frames=16).broken
    assert judged(make_target("keeps-empty-tables"), "enumerate", budget=0.6, frames=16).broken


def test_the_same_seed_does_the_same(make_target) -> None:
    """Calls and breach depend on nothing but the seed."""
    runs = [judged(make_target("maps-over"), "soak", budget=3.0, seed=5) for _ in range(2)]
    assert runs[0].counts == runs[1].counts
    assert [finding.law for finding in runs[0].broken] == [finding.law for finding in runs[1].broken] == ["T13"]
