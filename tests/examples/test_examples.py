"""The examples do what their first lines promise, judged by the contract itself."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pagelaw.checker.targets.load import load_target
from pagelaw.checker.targets.target import Target
from pagelaw.spec.contracts import Allocate, Arena, Breach, Call, FramesContract, Free, Probe, Refused, Returned

EXAMPLES = Path(__file__).parents[2] / "examples"
FORMS = {
    "python": f"{EXAMPLES}/buddy_allocator.py:BuddyAllocator",
    "program": f"cmd:{sys.executable} {EXAMPLES}/line_protocol.py",
    "c": "",
}


@pytest.fixture(params=FORMS)
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Target]:
    """Each example that is meant to be clean."""
    spec = FORMS[request.param]
    if not spec:
        compiler = shutil.which("cc")
        if compiler is None:
            pytest.skip("no C compiler")
        spec = str(tmp_path / "buddy_allocator.so")
        flags = ("-O2", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-shared", "-fPIC")
        subprocess.run([compiler, *flags, "-o", spec, EXAMPLES / "buddy_allocator.c"], check=True)
    loaded = load_target(spec)
    yield loaded
    loaded.close()


def judged(
    target: Target, arena: Arena, seed: int, calls: int, greed: float = 0.5
) -> tuple[list[Breach], dict[str, int]]:
    """The first breaches of random calls, legal and illegal, and how often each outcome was seen."""
    chance = random.Random(seed)
    contract = FramesContract(arena, target.capabilities)
    memory, instance = contract.initial(), target.open(arena)
    seen: dict[str, int] = {}
    for _ in range(calls):
        batch = [_chosen(chance, contract, contract.live_blocks(memory), greed), Probe()]
        batch = batch if target.capabilities.probe else batch[:1]
        for call, answer in zip(batch, instance.perform(batch), strict=True):
            breaches = contract.breaches(memory, call, answer)
            if breaches:
                return breaches, seen
            memory = contract.after(memory, call, answer)
            outcome = answer.reason if isinstance(answer, Refused) else type(answer).__name__
            name = f"{type(call).__name__} {outcome}"
            seen[name] = seen.get(name, 0) + 1
    instance.close()
    return [], seen


def _chosen(chance: random.Random, contract: FramesContract, live: list[tuple[int, int]], greed: float) -> Call:
    arena = contract.arena
    if chance.random() < greed:
        return Allocate(min(int(chance.expovariate(1)), arena.max_order + 1))
    if live and chance.random() < 0.8:
        return Free(*chance.choice(live))
    return Free(chance.randrange(arena.start, arena.end + 2), chance.randrange(arena.max_order + 2))


@pytest.mark.parametrize("arena", [Arena(1, 0), Arena(16, 4), Arena(13, 2), Arena(5, 10), Arena(64, 3)], ids=str)
def test_the_allocators_keep_the_contract(target: Target, arena: Arena) -> None:
    """No breach in arenas of every kind, with every outcome seen."""
    breaches, seen = judged(target, arena, 1, 150)
    assert breaches == []
    outcomes = "Allocate Returned", "Allocate out-of-memory", "Free Returned", "Free illegal", "Probe Returned"
    assert all(seen.get(outcome) for outcome in outcomes)


def test_starts_and_holes(target: Target) -> None:
    """Where an example declares them, arenas begin anywhere and have holes."""
    if not target.capabilities.start:
        pytest.skip("declares neither start nor reserved")
    arena = Arena(21, 3, start=11, reserved=frozenset({12, 20, 21}))
    breaches, seen = judged(target, arena, 2, 200)
    assert breaches == []
    assert seen["Allocate Returned"] > 20


def test_the_judge_of_these_examples_can_fail(target: Target) -> None:
    """An example that is given other memory than the contract believes is caught."""

    class Shrunk:
        capabilities = target.capabilities

        def open(self, arena: Arena) -> object:
            return target.open(Arena(arena.frames - 1, arena.max_order))

    breaches, _ = judged(Shrunk(), Arena(16, 4), 1, 150)  # type: ignore[arg-type]
    assert breaches


def test_cocotb_is_clean_for_powers_of_two_only() -> None:
    """A published allocator: sizes that are no powers of two are rounded up, beyond the end of memory."""
    pytest.importorskip("cocotbext.axi", reason="cocotbext-axi is not installed", exc_type=ImportError)
    target = load_target(f"{EXAMPLES}/cocotb_buddy.py:CocotbBuddy")
    try:
        for frames in (1, 2, 16, 64):
            assert judged(target, Arena(frames, 4), 3, 200)[0] == []
        for frames in (3, 12, 48):
            assert judged(target, Arena(frames, 4), 3, 200, 0.9)[0][0].law == "A1"
        answers = target.open(Arena(3, 1)).perform([Allocate(1), Allocate(1)])
        assert answers == [Returned(0), Returned(2)]
    finally:
        target.close()
