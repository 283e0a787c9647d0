"""Calls told again as steps: lawful answers, in the numbering of the arena, with the calls that gave the blocks."""

import numpy as np
import pytest

from pagelaw.checker import story
from pagelaw.checker.run import SMALL
from pagelaw.checker.story import offered, story_of
from pagelaw.checker.trace import Step
from pagelaw.model.fast import churn, mix
from pagelaw.spec.contracts import Allocate, Arena, Capabilities, FramesContract, Free, Returned


@pytest.mark.parametrize("arena", SMALL)
def test_stories_are_told_in_the_targets_numbering(arena: Arena) -> None:
    """A trace of calls in words is a lawful story by the contract, and frees refer to the call that gave the block."""
    calls = mix.draw(np.random.default_rng(1), 60, slots=5, largest=arena.max_order + 1, illegal=0.2)
    for upper in (False, True):
        contract = FramesContract(arena, Capabilities())
        memory = contract.initial()
        steps = story_of(arena, calls, slots=5, upper=upper)
        assert len(steps) == 60
        for step in steps:
            assert step.answer is not None
            assert contract.breaches(memory, step.call, step.answer) == []
            memory = contract.after(memory, step.call, step.answer)
            if step.of is not None:
                assert isinstance(step.call, Free)
                assert isinstance(steps[step.of].call, Allocate)
                assert isinstance(steps[step.of].answer, Returned)


def test_frames_that_do_not_exist_are_offered() -> None:
    """Initialisation must turn down what lies beyond the end; holes are not offered."""
    assert offered(Arena(5, 2, reserved=(1,))).tolist() == [1, 0, 1, 1, 1, 1, 1, 1]


@pytest.mark.parametrize("name", ["allocate", "free"])
def test_a_story_ends_where_memory_was_left(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule that reaches beyond memory leaves its call as the last one, without an answer."""

    def leaves(*_arguments: object) -> None:
        raise IndexError

    monkeypatch.setattr(story.buddy, name, leaves)
    calls = np.array([1 << churn.ORDER_AT, churn.DOUBLE << churn.KIND_AT, 0], np.uint32)
    steps = story_of(Arena(8, 3), calls, slots=1, upper=False)
    call = Allocate(1) if name == "allocate" else Free(0, 0)
    assert steps[-1] == Step(call)
    assert len(steps) == (1 if name == "allocate" else 2)
