"""The random judge of stacks: the specification's own steps on plain integers, on stacks of sizes drawn as well.

Hypothesis draws a stack and pages to touch as bytes; after each touch the law is asked at every page. A failure is
shrunk by Hypothesis and told in words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Unpack

from ...model.fast import stack_moves
from ...model.fast.stack_machine import Machine, begin_lists
from ...spec.law import Law
from ...spec.stacks import SMALLEST_SIZE, Stack, touch
from ..drawing import LawBrokenError
from ..drawn_runs import Drawn, Noted, Settings
from ..verdict import Judgement

_LAW = "V14"
_TOUCHES = 24
#: Stacks have so many sizes, from the smallest on, and so many pages may be below and above.
_SIZES, _MARGINS = 7, 3
_BEGUN = "the stack begins"


def _decode_machine(data: bytes) -> Machine:
    size, bottom, above = data
    return Machine(SMALLEST_SIZE + size % _SIZES, bottom=1 + bottom % _MARGINS, above=1 + above % _MARGINS)


def _decode_page(stack: Stack, byte: int, count: int) -> int:
    """Most bytes stand for the page below those in use, the others for any."""
    return int(stack.limit) - 1 if byte % 4 else byte // 4 % count


def _play(dimensions: bytes, data: bytes, noted: Noted) -> None:
    """Begin a stack, and touch a page for each byte that is not zero; a `LawBrokenError` where the law is broken."""
    machine = _decode_machine(dimensions)
    count, story = machine.pages, [_BEGUN]
    try:
        stack = begin_lists(machine)
        _require(not stack_moves.broken_at_begin(stack, count), machine, story)
        for byte in data:
            if byte:
                page = _decode_page(stack, byte, count)
                before = stack._replace(kinds=list(stack.kinds))
                story.append(f"page {page} is touched")
                stack, outcome = touch(stack, page)
                story[-1] = stack_moves.STORIES[outcome].format(page)
                noted.seen[outcome] += 1
                noted.points[_LAW] += 1
                _require(not stack_moves.broken_by_touch(before, stack, page, outcome, count), machine, story)
    except IndexError:
        story.append("and that reaches a page that there is not")
        _require(False, machine, story)


def _require(holds: bool, machine: Machine, story: Sequence[str]) -> None:
    if not holds:
        raise LawBrokenError(_LAW, f"on a stack of {machine}: {'; '.join(story)}")


def unseen(seen: Counter[int]) -> Iterator[str]:
    """What no touch came to."""
    yield from (story.format("n") for outcome, story in enumerate(stack_moves.STORIES) if not seen[outcome])


_DRAWN = Drawn(
    about="stacks",
    unit="stack",
    moves="touches",
    law_bits=stack_moves.LAW_BITS,
    machine_bytes=3,
    run_bytes=_TOUCHES,
    play=_play,
    never_seen=lambda _law, seen: unseen(seen),
    made=Counter.total,
    size=f"{SMALLEST_SIZE + _SIZES - 1} pages",
    rests_on="every page of every stack drawn",
    reported=100,
)


def judge_stacks(laws: Sequence[Law], *, examples: int = 400, **settings: Unpack[Settings]) -> Judgement:
    """Hold the steps on stacks against `laws` on `examples` runs of touches, on stacks of sizes drawn as well.

    Raises:
        ValueError: where a law is not about stacks.
    """
    return _DRAWN.judge(laws, examples=examples, **settings)
