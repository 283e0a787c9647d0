"""Targets in a process of their own: what they answer, how they fail, and that the next arena never notices."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pagelaw.checker.targets.target import TargetError
from pagelaw.checker.targets.worker import WorkerTarget
from pagelaw.spec.contracts import ILLEGAL, OUT_OF_MEMORY, Allocate, Arena, Capabilities, Failed, Free, Probe, Returned

ARENA = Arena(16, 4)
THREE = [Allocate(0)] * 3
SIX = [Allocate(0)] * 6
Use = Callable[..., Any]
Make = Callable[..., str]


# -- Python -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "answer"),
    [
        ("return 2.0", Returned(2.0)),
        ("return True", Returned(True)),
        ("return None", Returned(None)),
        ("return '3'", Returned("3")),
        ("return -3", Returned(-3)),
        ("return 2**80", Returned(2**80)),
        ("return 2**63", Returned(2**63)),
        ("return float('inf')", Returned(float("inf"))),
        ("return [1]", Returned([1])),
        ("import numpy; return numpy.uint64(9)", Returned(9)),
        ("import numpy; return numpy.float64(9)", Returned(9.0)),
        ("return {1: 2}", Failed("garbage", "{1: 2}")),
        ("import decimal; return decimal.Decimal(3)", Failed("garbage", "Decimal('3')")),
        ("raise MemoryError", OUT_OF_MEMORY),
        ("raise ValueError", ILLEGAL),
        ("raise TypeError('a\\nb')", Failed("raise", "TypeError: a b")),
        ("sys.exit(1)", Failed("raise", "SystemExit: 1")),
        ("assert False, 'never'", Failed("raise", "AssertionError: never")),
        ("print('{\"return\":7}', flush=True)", Returned(3)),
        ("os.write(1, b'{\"return\":7}\\n')", Returned(3)),
        ("print(sys.stdin.read(), end='')", Returned(3)),
    ],
)
def test_an_answer_arrives_as_it_was_given(use: Use, allocating: Make, action: str, answer: Any) -> None:
    """Types and values survive the pipe, and nothing of this ends the worker."""
    target = use(allocating(action))
    pid = target.pid
    answers = target.open(ARENA).perform(SIX[:5])
    assert answers == [Returned(1), Returned(2), answer, Returned(4), Returned(5)]
    assert isinstance(answer, Failed) or type(getattr(answers[2], "value", None)) is type(
        getattr(answer, "value", None)
    )
    assert target.pid == pid


@pytest.mark.parametrize(
    ("action", "how", "detail"),
    [
        ("os.kill(os.getpid(), signal.SIGSEGV)", "crash", "it was ended by SIGSEGV"),
        ("print('last words', file=sys.stderr); os.abort()", "crash", "it was ended by SIGABRT; it said: last words"),
        ("os._exit(4)", "crash", "it ended with exit code 4"),
        ("while True: pass", "hang", "no answer within 0.3 s"),
        ("time.sleep(60)", "hang", "no answer within 0.3 s"),
        ("os.closerange(0, 100); time.sleep(60)", "crash", "it closed its output without ending"),
        ("os.write(4, b'boo\\n')", "garbage", "the line 'boo' is not JSON"),
    ],
)
def test_a_failure_in_a_batch_keeps_what_came_before(
    use: Use, allocating: Make, action: str, how: str, detail: str
) -> None:
    """Two answers and the failure of the third call; the next opening gets a fresh process."""
    target = use(allocating(action), deadline=0.3)
    pid = target.pid
    instance = target.open(ARENA)
    *before, failed = instance.perform(SIX)
    assert before == [Returned(1), Returned(2)]
    assert failed == Failed(how, detail)
    instance.close()
    with pytest.raises(RuntimeError, match="has failed or been let go"):
        instance.perform(THREE)
    assert target.open(ARENA).perform(THREE[:2]) == [Returned(1), Returned(2)]
    assert target.pid not in (None, pid)
    assert not Path(f"/proc/{pid}").exists()


def test_runaway_memory(use: Use, allocating: Make) -> None:
    """The limit is what the process may grow, whatever it needed to load."""
    target = use(
        allocating("[(b'x' * (1 << 20), time.sleep(.001)) for _ in iter(int, 1)]"),
        memory_limit=24 << 20,
    )
    *before, failed = target.open(ARENA).perform(THREE)
    assert before == [Returned(1), Returned(2)]
    assert failed.how == "memory"
    assert "MiB of memory" in failed.detail


def test_arenas_share_one_process(use: Use, allocating: Make) -> None:
    """A thousand small arenas need no second process, whether closed, left open or never used."""
    target = use(allocating("pass"))
    pid = target.pid
    for turn in range(1000):
        instance = target.open(ARENA)
        if turn % 3:
            assert instance.perform(THREE) == [Returned(1), Returned(2), Returned(3)]
            assert instance.perform([]) == []
            assert instance.perform([Free(0, 0)]) == [Returned(None)]
        if turn % 2:
            instance.close()
    assert target.pid == pid


def test_a_new_arena_lets_the_old_one_go(use: Use, allocating: Make) -> None:
    """One arena is open at a time; calls on an older one are a mistake of the judge."""
    target = use(allocating("pass"))
    old = target.open(ARENA)
    old.perform(THREE)
    target.open(ARENA)
    with pytest.raises(RuntimeError, match="has failed or been let go"):
        old.perform(THREE)


def test_capabilities_decide_what_may_be_opened(use: Use, python: Make) -> None:
    """What was declared arrives as keywords; what was not is refused before it is asked."""
    target = use(
        python(
            """
            illegal_free = "ignored"
            def __init__(self, frames, max_order, *, start=0, reserved=()):
                self.seen = [frames, max_order, start, list(reserved)]
            def allocate(self, order):
                return self.seen
            def free(self, frame, order):
                pass
            def free_blocks(self):
                return ((frame, 0) for frame in range(2))
            """
        )
    )
    assert target.capabilities == Capabilities(start=True, reserved=True, probe=True, illegal_free="ignored")
    arena = Arena(16, 4, start=3, reserved=frozenset({5, 4}))
    calls = [Allocate(0), Probe()]
    assert target.open(arena).perform(calls) == [Returned([16, 4, 3, [4, 5]]), Returned([[0, 0], [1, 0]])]
    assert target.open(Arena(1, 0)).perform(calls[:1]) == [Returned([1, 0, 0, []])]
    with pytest.raises(TargetError, match=r"does not declare barriers, which the arena needs \(frames 4"):
        target.open(Arena(4, 2, barriers=(2,)))


OPENING = """
def __init__(self, frames, max_order):
    if frames == 3:
        {action}
def allocate(self, order):
    return 0
def free(self, frame, order):
    pass
"""


@pytest.mark.parametrize(
    ("action", "how", "detail"),
    [
        ("raise ValueError('three')", "open", "was refused: ValueError: three"),
        ("raise KeyError(3)", "open", "was refused: KeyError: 3"),
        ("os.abort()", "crash", ": it was ended by SIGABRT"),
        ("while True: pass", "hang", ": no answer within 0.3 s"),
        ("self.free_blocks = 1", "", ""),
    ],
)
def test_a_legal_arena_that_is_not_opened(use: Use, python: Make, action: str, how: str, detail: str) -> None:
    """That is the first answer of its instance, with the arena; others are opened as ever."""
    target = use(python(OPENING.format(action=action), before="import os"), deadline=0.3)
    assert target.open(ARENA).perform(THREE) == [Returned(0)] * 3
    answers = target.open(Arena(3, 2)).perform(THREE)
    if how:
        shown = "opening an arena (frames 3, max_order 2)"
        assert [(answer.how, answer.detail) for answer in answers] == [(how, f"{shown}{' ' * (how == 'open')}{detail}")]
    else:
        assert answers == [Returned(0)] * 3
    assert target.open(ARENA).perform(THREE) == [Returned(0)] * 3


def test_a_target_that_fails_on_the_first_sample_only(use: Use, python: Make) -> None:
    """What it declares is then learnt from an arena of one frame."""
    body = "policies = ['lower-half']" + OPENING.format(action="raise ValueError").replace("== 3", "!= 1")
    target = use(python(body))
    assert target.capabilities.policies == ("lower-half",)
    assert target.open(ARENA).perform(THREE)[0].how == "open"
    assert target.open(Arena(1, 0)).perform(THREE) == [Returned(0)] * 3


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("def __init__(self, frames, max_order): raise KeyError(frames)", r"\(frames 16, max_order 4\) KeyError: 16; "),
        ("def __init__(self, frames): pass", r"must be callable as factory\(frames, max_order\): too many positional"),
        ("def __init__(self, f, o): pass\ndef free(self, f, o): pass", r"makes a T, which lacks allocate\(order\)"),
        ("def __init__(self, f, o):\n  while True: pass", r"is not usable: at its first opening no answer within 1 s"),
        ("def __init__(self, f, o): pass\nallocate = free = print\nmerging = 'never'", r"must be one of eager, lazy"),
        ("def __init__(self, f, o): pass\nallocate = free = print\npolicies = ['x']", r"unknown policy 'x'"),
        (
            "def __init__(self, f, o): pass\nallocate = free = print\nkeeps = {1}",
            r"'keeps' declares .* cannot be \{1\}",
        ),
        ("def __init__(self, f, o): import os; os.abort()", r"opens no arena: .* it was ended by SIGABRT; "),
    ],
)
def test_python_that_cannot_be_used(use: Use, python: Make, body: str, message: str) -> None:
    """A usage error of one line, and no process left."""
    with pytest.raises(TargetError, match=message) as caught:
        use(python(body), deadline=0.3, starting=1.0)
    assert "\n" not in str(caught.value)


def test_imports_that_fail_are_usage_errors(use: Use) -> None:
    """What the worker finds out arrives as it was said there."""
    with pytest.raises(TargetError, match=r"^no module named 'nothing_of_that_name': is it installed"):
        use("nothing_of_that_name:T")
    with pytest.raises(TargetError, match=r"^file not found: ./nowhere.py"):
        use("./nowhere.py:T")


# -- programs ---------------------------------------------------------------------------------------------------


def test_a_program_answers(use: Use, program: Make) -> None:
    """Any program that speaks the protocol is a target."""
    target = use(program())
    assert target.capabilities == Capabilities()
    for _ in range(2):
        assert target.open(ARENA).perform([Allocate(0), Free(0, 0)])[1] == Returned(None)


@pytest.mark.parametrize(
    ("answer", "how", "detail"),
    [
        ("hello", "garbage", "the line 'hello' is not JSON"),
        ("[1]", "garbage", 'the line \'[1]\' is not an object with one of the keys "return" and "raise"'),
        ('{"fail":"crash"}', "garbage", "\"fail\" may be one of raise, garbage, not 'crash'"),
    ],
)
def test_garbage_on_the_pipe(use: Use, program: Make, answer: str, how: str, detail: str) -> None:
    """A line that is no answer fails its call."""
    target = use(program(f"say('{answer}' if count == 3 else '{{\"return\":%d}}' % count)"))
    answers = target.open(ARENA).perform(SIX)
    assert answers[:2] == [Returned(1), Returned(2)]
    assert answers[2:] == [Failed(how, detail)]
    assert target.open(ARENA).perform(THREE[:2]) == [Returned(1), Returned(2)]


def test_one_line_too_many(use: Use, program: Make) -> None:
    """A second answer to one call is not taken for the answer to the next."""
    target = use(program("say('{\"return\":1}' + (count == 6) * '\\n{\"return\":2}')"))
    failed = Failed("garbage", "it wrote '{\"return\":2}' after its answer")
    assert target.open(ARENA).perform(SIX) == [Returned(1)] * 5 + [failed]


def test_a_late_answer_is_not_taken_for_another(use: Use, program: Make) -> None:
    """After the deadline the process is gone, and so is what it would have said."""
    target = use(program("time.sleep(.5 * (count == 2)); say('{\"return\":%d}' % count)"), deadline=0.2)
    assert target.open(ARENA).perform(THREE) == [Returned(1), Failed("hang", "no answer within 0.2 s")]
    time.sleep(0.5)
    assert target.open(ARENA).perform(THREE[:1]) == [Returned(1)]


def test_a_closed_pipe(use: Use, program: Make) -> None:
    """A program that ends, or only closes its output, has crashed."""
    target = use(program("say('{\"return\":1}') if count == 1 else sys.exit('bye')"))
    failed = Failed("crash", "it ended with exit code 1; it said: bye")
    assert target.open(ARENA).perform(THREE) == [Returned(1), failed]


def test_a_program_that_ends_after_every_arena(use: Use, program: Make) -> None:
    """It is started again; that it did not answer the close is told, not blamed on a call."""
    target = use(program(open="say('{\"return\":{}}'); sys.stdin.readline(); say('{\"return\":1}'); os._exit(0)"))
    for _ in range(3):
        assert target.open(ARENA).perform(THREE[:1]) == [Returned(1)]
    assert len(target.complaints) == 3
    assert target.complaints[0].endswith("failed at the end of an arena (crash): it ended with exit code 0")


def test_other_capabilities_later(use: Use, program: Make) -> None:
    """What a target declares must not depend on the arena."""
    spec = program(open="say('{\"return\":{\"probe\":%s}}' % ('true' if call['frames'] == 3 else 'false'))")
    (failed,) = use(spec).open(Arena(3, 2)).perform(THREE)
    assert failed.how == "open"
    assert failed.detail.endswith("it declared other capabilities than when it was first opened")


@pytest.mark.parametrize(
    ("opened", "message"),
    [
        ("say('hello')", r"does not speak the line protocol: the line 'hello' is not JSON; see docs/targets.md"),
        ("sys.exit(3)", r"opens no arena: \(frames 16, max_order 4\) it ended with exit code 3; \(frames 1"),
        ('say(\'{"return":{"starts":true}}\')', r"unknown capability 'starts'; pagelaw knows start, reserved"),
        ('say(\'{"raise":"unusable","detail":"no licence"}\')', r"^no licence$"),
        ('say(\'{"raise":"out-of-memory"}\')', r"opens no arena: .* out-of-memory; .* out-of-memory"),
        ("time.sleep(60)", r"is not usable: at its first opening no answer within 0.6 s"),
    ],
)
def test_programs_that_cannot_be_used(use: Use, program: Make, opened: str, message: str) -> None:
    """Whatever happens at the first opening is a usage error of one line."""
    with pytest.raises(TargetError, match=message):
        use(program(open=opened), deadline=0.3, starting=0.6)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("cmd:", "names no program"),
        ("cmd:'open quote", "cannot be split into words"),
        ("cmd:no-such-program --x", "command not found: no-such-program"),
        ("cmd:echo hello", "does not speak the line protocol: .*'hello'.*; see docs/targets.md"),
        ("cmd:cat", r"does not speak the line protocol: the line '\{\"call\":\"open\".* is not an object"),
        ("cmd:true", "opens no arena: .* it ended with exit code 0"),
    ],
)
def test_commands_that_are_none(use: Use, spec: str, message: str) -> None:
    """Mistyped commands and programs of another kind are told apart."""
    with pytest.raises(TargetError, match=message):
        use(spec)


def test_no_shell_is_involved(use: Use) -> None:
    """What a shell would expand stays as it is."""
    with pytest.raises(TargetError, match=r"'\$HOME; ls'"):
        use("cmd:echo '$HOME;' ls")


# -- what is left behind ----------------------------------------------------------------------------------------


def test_nothing_is_left_behind(allocating: Make) -> None:
    """After good and bad ends there is neither a process nor an open file more than before."""
    before = len(os.listdir("/proc/self/fd"))
    seen = []
    for action in ("pass", "os.abort()", "while True: pass"):
        command = (sys.executable, "-m", "pagelaw.checker.targets.serve", allocating(action))
        target = WorkerTarget("x", command, deadline=0.2)
        seen.append(target.pid)
        for _ in range(2):
            target.open(ARENA).perform(SIX)
            seen.append(target.pid)
        target.close()
        target.close()
        assert target.pid is None
    assert len(os.listdir("/proc/self/fd")) == before
    assert not [pid for pid in seen if pid and Path(f"/proc/{pid}").exists()]


def test_it_is_fast_enough(use: Use, allocating: Make) -> None:
    """Small arenas by the thousand: a tenth of what is measured is demanded, for a machine under load."""
    target = use(allocating("pass"))
    began = time.perf_counter()
    for _ in range(300):
        target.open(ARENA).perform(SIX)
    assert time.perf_counter() - began < 1.0
    instance = target.open(ARENA)
    began = time.perf_counter()
    assert len(instance.perform([Allocate(0)] * 10_000)) == 10_000
    assert time.perf_counter() - began < 1.0
