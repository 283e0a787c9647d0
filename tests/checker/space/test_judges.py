"""The judges at work: correct managers hold every law, and planted bugs are found with short stories."""

import json

import pytest

from pagelaw.checker.check import check
from pagelaw.checker.replay import retell
from pagelaw.checker.targets.target import TargetError
from pagelaw.checker.trace import read_trace
from pagelaw.checker.verdict import Verdict, exit_code
from pagelaw.spec import access_laws, page_laws, region_laws, sharing_laws, space_laws, stack_laws
from pagelaw.spec.contracts.space.arena import SpaceCapabilities
from pagelaw.spec.law import laws_of

MODULES = (access_laws, page_laws, region_laws, sharing_laws, space_laws, stack_laws)
LAWS = laws_of("space")


def judged(target, judge, *, budget=1.5, **options):
    (judgement,) = check(target, LAWS, contract="space", budget=budget, judges=(judge,), **options)
    return judgement


def test_laws_are_those_of_the_contract() -> None:
    """All modules of laws are of one contract, the last of which register theirs by being imported."""
    assert {module.CONTRACT for module in MODULES} == {"space"}
    assert {"V1", "V5.merged", "V14", "V18", "F9", "C1"} <= {law.id for law in LAWS}


@pytest.mark.expensive
@pytest.mark.parametrize("judge", ["enumerate", "random", "soak"])
@pytest.mark.parametrize("dialect", ["linux", "windows"])
def test_a_correct_target_passes(make_target, dialect, judge) -> None:
    """Every law that can be judged holds, none is merely unknown, and each has its cases."""
    judgement = judged(make_target(dialect=dialect), judge, budget=1.5)
    assert [(finding.law, finding.because) for finding in judgement.broken] == []
    of = {"linux": {"V1", "V5.merged", "V6"}, "windows": {"V8", "V13"}}[dialect]
    wanted = {"V2", "V3", "V4", "V5", "V10", "V11", "V12", "V15", "V16", "V17", "V18", "F7", "C1", "C2"} | of
    held = {finding.law for finding in judgement.findings if finding.verdict is Verdict.HOLDS}
    assert held == wanted
    assert all(finding.cases for finding in judgement.findings if finding.law in held)
    assert all(finding.verdict is not Verdict.UNKNOWN for finding in judgement.findings)
    assert judgement.counts["calls"] > 1000


LINUX_BUGS = {
    "all-resident": "V12",
    "brk-keeps": "F7",
    "dontneed-keeps": "V12",
    "exhausts-early": "V16",
    "faults-map": "V11",
    "fork-shares": "V6",
    "fork-splits-shared": "V17",
    "half-protected": "V18",
    "keeps-bytes": "F7",
    "last-page": "V15",
    "moves-without-bytes": "V12",
    "never-merges": "V5.merged",
    "odd-answer": "C1",
    "overlaps": "V16",
    "private-writes-file": "V17",
    "protects-one-more": "V5",
    "shrink-keeps": "V2",
    "store-unseen": "V17",
    "unmaps-one-less": "V2",
    "write-ignores-rights": "V3",
    "zero-length": "V15",
}
WINDOWS_BUGS = {
    "across-regions": "V5",
    "charges-nothing": "V4",
    "decommit-keeps": "F7",
    "guard-silent": "V13",
    "guard-stays": "V13",
    "half-committed": "V18",
    "protect-tells-new": "V5",
    "query-one-more": "V2",
    "recommit-clears": "V17",
    "release-first-only": "V2",
    "reserves-anywhere": "V16",
}
BUGS = [("linux", *entry) for entry in LINUX_BUGS.items()] + [("windows", *entry) for entry in WINDOWS_BUGS.items()]


@pytest.mark.parametrize(("dialect", "bug", "law"), BUGS, ids=[bug for _, bug, _ in BUGS])
def test_enumerate_finds_every_planted_bug(make_target, dialect, bug, law, tmp_path) -> None:
    """The law that it breaks is named, with a story of a few calls that replays, and not on the correct target."""
    judgement = judged(make_target(bug, dialect=dialect), "enumerate", budget=6.0)
    (finding,) = judgement.broken
    assert finding.law == law
    assert len(finding.trace.steps) <= 7
    path = tmp_path / "trace.json"
    path.write_text(finding.trace.to_json(), encoding="utf-8")
    told = read_trace(path)
    assert json.loads(told.to_json()) == json.loads(finding.trace.to_json())
    assert retell(told, make_target(bug, dialect=dialect)).outcome == "same"
    assert retell(told, make_target(dialect=dialect)).outcome == "none"
    assert exit_code([judgement]) == 1


@pytest.mark.parametrize("judge", ["random", "soak"])
@pytest.mark.parametrize("bug", ["unmaps-one-less", "fork-shares"])
def test_random_and_soak_find_bugs_too(make_target, judge, bug) -> None:
    """Drawn calls and long runs come across what is wrong as well."""
    judgement = judged(make_target(bug), judge, budget=3.0)
    assert judgement.broken, judgement.notes
    assert len(judgement.broken[0].trace.steps) <= 7


@pytest.mark.parametrize("judge", ["random", "soak"])
def test_drawn_calls_find_what_the_first_stories_do_not(make_target, judge, monkeypatch) -> None:
    """Without the stories that every judge begins with, what is wrong is found nonetheless."""
    monkeypatch.setattr(f"pagelaw.checker.space.{'hunt' if judge == 'random' else 'soak'}.go", lambda *_: None)
    for bug, dialect in (("unmaps-one-less", "linux"), ("recommit-clears", "windows"), ("protects-one-more", "linux")):
        assert judged(make_target(bug, dialect=dialect), judge, budget=6.0).broken, bug


def test_every_call_in_every_state_finds_it_too(make_target, monkeypatch) -> None:
    """The search breadth first does not rest on the first stories either."""
    monkeypatch.setattr("pagelaw.checker.space.ways.go", lambda *_: None)
    for bug, dialect in (("fork-shares", "linux"), ("release-first-only", "windows")):
        assert judged(make_target(bug, dialect=dialect), "enumerate", budget=6.0).broken, bug


def test_what_is_not_declared_is_not_judged(make_target) -> None:
    """Without listings, limits and files their laws are told as not judged, and the others still are."""
    lacking = dict.fromkeys(("maps", "mincore", "fork", "file", "brk", "madvise", "mremap", "execute"), None)
    judgement = judged(make_target(overcommit="always", **lacking), "enumerate", budget=1.0)
    verdicts = {finding.law: finding.verdict for finding in judgement.findings}
    unseen = {"V1", "V2", "V5", "V5.merged", "V4", "V6", "V8", "V13", "V14", "F2", "F9"}
    assert {law for law, verdict in verdicts.items() if verdict is Verdict.NOT_JUDGED} == unseen
    assert {verdict for law, verdict in verdicts.items() if law not in unseen} == {Verdict.HOLDS}
    assert all(finding.because for finding in judgement.findings)


def test_a_target_without_a_dialect_is_told_so(make_target) -> None:
    """One line, with what it must have; so is one that declares more than it has."""
    with pytest.raises(TargetError, match=r"speaks no dialect: it must have .* or mmap, munmap, mprotect"):
        make_target(mmap=None, dialects=(), __init__=lambda *_: None)
    with pytest.raises(TargetError, match="declares the dialect linux and lacks mmap"):
        make_target(mmap=None)
    target = make_target()
    target._capabilities = SpaceCapabilities()
    with pytest.raises(TargetError, match=r'must declare "dialects": \["windows"\]'):
        judged(target, "enumerate")


def test_the_same_seed_does_the_same(make_target) -> None:
    """Calls and breach depend on nothing but the seed."""
    runs = [judged(make_target("moves-without-bytes"), "random", budget=4.0, seed=5) for _ in range(2)]
    assert runs[0].counts == runs[1].counts
    assert [finding.law for finding in runs[0].broken] == [finding.law for finding in runs[1].broken]


def test_pages_of_the_windows_can_be_fixed(make_target) -> None:
    """By the option that fixes frames elsewhere."""
    for judge in ("enumerate", "random", "soak"):
        assert "; 16 pages" in judged(make_target(), judge, budget=0.6, frames=16).size
