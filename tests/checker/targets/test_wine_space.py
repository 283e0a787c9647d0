"""Wine's address spaces: in agreement with the contract, and found out where it would lie."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from pagelaw.checker.check import check
from pagelaw.checker.command import main
from pagelaw.checker.targets import wine_agent, wine_space
from pagelaw.checker.targets.inside import InsideTarget
from pagelaw.checker.targets.load import load_target
from pagelaw.checker.targets.outcome import GarbageError
from pagelaw.checker.targets.target import TargetError
from pagelaw.checker.targets.wine_space import DIFFERENCES, WineSpace
from pagelaw.spec import access_laws, page_laws, region_laws, sharing_laws, space_laws, stack_laws  # noqa: F401
from pagelaw.spec.law import laws_of

LAWS = laws_of("space")
BASE, PAGE, GRANULARITY = 1 << 30, 4096, 1 << 16
NO_FILE = -1


@pytest.fixture(scope="module")
def _ready() -> Iterator[None]:
    """Where Wine is, agents can be started in this process; they end with the tests of this file."""
    if wine_space.why_not():
        pytest.skip(wine_space.why_not())
    with pytest.MonkeyPatch.context() as patch:
        for name, value in wine_space.environment().items():
            patch.setenv(name, value)
        yield
        for pool in wine_space._POOL:
            pool.close()
        wine_space._POOL.clear()


@pytest.fixture
def wine(_ready: None) -> Iterator[WineSpace]:
    """One process."""
    made = WineSpace(64, "windows")
    made.create(1)
    yield made
    made.close()


# -- agreement ----------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("_ready")
def test_wine_keeps_the_contract() -> None:
    """Long runs and drawn stories in a worker, and nothing that is answered otherwise."""
    target = load_target("wine:space", "space")
    try:
        judgements = check(target, LAWS, contract="space", budget=5.0, seed=1, judges=("random", "soak"))
    finally:
        target.close()
    assert [finding for judgement in judgements for finding in judgement.broken] == []
    assert sum(judgement.counts["calls"] for judgement in judgements) > 300
    notes = " ".join(judgements[-1].notes)
    assert "and no disagreement but what is allowed" in notes
    assert all(f"allowed: {name}: " in notes for name in DIFFERENCES)


class Quiet(WineSpace):
    """Guard pages are not told of."""

    def read(self, process: int, address: int) -> int:
        try:
            return super().read(process, address)
        except Warning:
            return super().read(process, address)

    def write(self, process: int, address: int, value: int) -> None:
        try:
            super().write(process, address, value)
        except Warning:
            super().write(process, address, value)


class Emptying(WineSpace):
    """What is committed once more is new."""

    def commit(self, process: int, address: int, size: int, rights: str) -> None:
        if size:
            self.decommit(process, address, size)
        super().commit(process, address, size, rights)


class Keeping(WineSpace):
    """What is decommitted stays."""

    def decommit(self, process: int, address: int, size: int) -> None:
        self.query(process, address)


class Private(WineSpace):
    """Every view is a private copy."""

    def map_view(self, process: int, section: int, offset: int, size: int, rights: str, address: int) -> int:
        return super().map_view(process, section, offset, size, "rc" if rights == "rw" else rights, address)


@pytest.mark.usefixtures("_ready")
@pytest.mark.parametrize(
    ("factory", "laws"),
    [
        (Quiet, {"V13"}),
        (Emptying, {"V17", "F7"}),
        (Keeping, {"V8", "V10", "V15", "V11", "V18"}),
        (Private, {"V6", "V17", "V5"}),
    ],
)
def test_a_system_that_lies_is_found_out(factory: type[WineSpace], laws: set[str]) -> None:
    """Each lie breaks a law that is about it."""
    target = InsideTarget(factory.__name__, factory, "space")
    [judgement] = check(target, LAWS, contract="space", budget=15.0, seed=0, judges=("enumerate",))
    assert judgement.broken
    assert {finding.law for finding in judgement.broken} <= laws, [found.because for found in judgement.broken]


# -- what differs -------------------------------------------------------------------------------------------------


def test_reserved_pages_are_told_in_pieces(wine: WineSpace) -> None:
    """`reserved in pieces`: a page that was committed is told apart; here the pieces are taken together."""
    wine.reserve(1, BASE, 3 * PAGE, "rw", False)
    wine.commit(1, BASE, PAGE, "r")
    wine.decommit(1, BASE, PAGE)
    assert wine.query(1, BASE) == [BASE, BASE, 3 * PAGE, "reserved", ""]
    assert wine._told(1, BASE) == (BASE, BASE, PAGE, "reserved", "")


def test_a_guard_before_nothing_warns(wine: WineSpace) -> None:
    """`guard before nothing`: once; here it is a denial."""
    wine.reserve(1, BASE, PAGE, "rwg", False)
    with pytest.raises(Warning, match="0x80000001 at 0x40000000"):
        wine._running[1].access("r", BASE)
    wine.commit(1, BASE, PAGE, "rwg")
    with pytest.raises(Warning, match="0x80000001"):
        wine.read(1, BASE)
    assert wine.read(1, BASE) == 0
    wine.protect(1, BASE, PAGE, "rg")
    wine.decommit(1, BASE, PAGE)
    with pytest.raises(PermissionError, match="not committed"):
        wine.write(1, BASE, 1)


# -- words --------------------------------------------------------------------------------------------------------


def test_what_windows_calls_come_to(wine: WineSpace) -> None:
    """Places, rights and accesses in the words of the contract."""
    assert wine.reserve(1, BASE + GRANULARITY + 5, PAGE, "rw", True) == BASE + GRANULARITY
    at = BASE + GRANULARITY
    wine.write(1, at, 9)
    assert wine.protect(1, at, PAGE, "rx") == "rw"
    wine.execute(1, at)
    assert wine.query(1, at) == [at, at, PAGE, "committed", "rx"]
    wine.lock(1, at, PAGE)
    wine.unlock(1, at, PAGE)
    for kind, refused in (
        (PermissionError, lambda: wine.write(1, at, 1)),
        (OverflowError, lambda: wine.reserve(1, at, PAGE, "rw", False)),
        (ValueError, lambda: wine.reserve(1, 0, PAGE, "xw", False)),
        (ValueError, lambda: wine.release(1, at, PAGE)),
        (ValueError, lambda: wine.create(1)),
        (ValueError, lambda: wine.exit(2)),
        (ValueError, lambda: wine.write(1, at, 256)),
        (ValueError, lambda: wine.map_view(1, 7, 0, 0, "r", 0)),
        (ValueError, lambda: wine.section(1, PAGE, 7)),
        (LookupError, lambda: wine.commit(1, BASE, PAGE, "rw")),
        (ValueError, lambda: wine.load(1, 0)),
    ):
        with pytest.raises(kind):
            refused()
    wine.release(1, at, 0)
    assert wine.query(1, at)[3] == "free"
    with pytest.raises(ValueError, match="speaks the dialect windows"):
        WineSpace(64, "linux")


def test_a_file_is_what_its_views_are(wine: WineSpace) -> None:
    """What is written through a view is in the file, in another process, and not in a private copy before."""
    wine.file(1, PAGE)
    wine.store(1, 0, 5)
    wine.section(1, PAGE, 1)
    wine.create(2)
    first, second = (wine.map_view(process, 1, 0, 0, "rw", 0) for process in (1, 2))
    copy = wine.map_view(1, 1, 0, 0, "rc", 0)
    wine.write(1, copy, 8)
    wine.write(2, second, 6)
    assert (wine.read(1, first), wine.read(1, copy), wine.load(1, 0)) == (6, 8, 6)
    wine.unmap_view(1, first)
    with pytest.raises(PermissionError):
        wine.read(1, first)
    wine.exit(2)
    with pytest.raises(ValueError, match="there is no process 2"):
        wine.read(2, second)


def test_an_agent_that_ends_is_missed(wine: WineSpace) -> None:
    """Nobody waits for its answer."""
    agent = wine._running[1]
    agent._running.kill()
    with pytest.raises(GarbageError, match="an agent ended with exit code -9 when it was to r 40000000"):
        wine.read(1, BASE)


@pytest.mark.usefixtures("_ready")
def test_an_agent_serves_anew() -> None:
    """All that it was given is free, and all that it wrote is gone."""
    for _ in range(3):
        made = WineSpace(64, "windows")
        made.create(1)
        assert made.query(1, BASE)[3] == "free"
        assert made.reserve(1, BASE, PAGE, "rw", True) == BASE
        assert made.read(1, BASE) == 0
        made.write(1, BASE, 1)
        made.section(1, PAGE, NO_FILE)
        made.map_view(1, 1, 0, 0, "rw", BASE + GRANULARITY)
        made.close()


# -- where there is no Wine ---------------------------------------------------------------------------------------


def test_where_there_is_no_wine(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """It is not judged, and the remedy is told in one line; the exit code says that nothing was judged."""
    which: Any = shutil.which
    monkeypatch.setattr("shutil.which", lambda name, *rest: None if "mingw" in name else which(name, *rest))
    message = "x86_64-w64-mingw32-gcc not found: apt install wine64 gcc-mingw-w64-x86-64"
    with pytest.raises(TargetError, match=f"wine:space is not judged: .*{message}"):
        load_target("wine:space", "space")
    with pytest.raises(TargetError, match="is not judged"):
        wine_agent.environment()
    monkeypatch.setattr("sys.argv", ["pagelaw", "check", "wine:space"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert message in capsys.readouterr().err
    monkeypatch.setattr(wine_agent, "_LOADERS", ())
    monkeypatch.setattr("shutil.which", lambda *_rest: None)
    assert wine_space.why_not().startswith("Wine and x86_64-w64-mingw32-gcc not found: apt install")


@pytest.mark.usefixtures("_ready")
def test_an_agent_that_cannot_be_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """Source that is none, and a Wine that starts nothing, are told in one line."""
    source = tmp_path / "agent.c"
    source.write_text("this is no C\n", encoding="ascii")
    monkeypatch.setattr(wine_agent, "_SOURCE", source)
    with pytest.raises(TargetError, match=r"agent\.c was not compiled: "):
        wine_agent._compile(tmp_path / "agent.exe")
    with pytest.raises(TargetError, match=r"Wine does not run the agent \(exit code 1\)"):
        wine_agent._try_out({**os.environ, wine_agent.WINE: shutil.which("false") or "", wine_agent.AGENT: "agent"})


def test_an_agent_that_ended_while_it_started_is_passed_over(wine: WineSpace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another one is taken; where none starts, it is told."""
    spare = wine._pool._spare
    spare[0]._running.kill()
    wine.create(2)
    assert wine.query(2, BASE)[3] == "free"
    for agent in spare:
        agent._running.kill()
    start = wine_agent.Agent

    def stillborn() -> wine_agent.Agent:
        agent = start()
        agent._running.kill()
        return agent

    monkeypatch.setattr(wine_agent, "Agent", stillborn)
    with pytest.raises(GarbageError, match="5 agents in turn"):
        wine._pool.take()
    while spare:
        spare.pop().kill()
    spare.append(start())
