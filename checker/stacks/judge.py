"""The random judge of stacks: the specification's own steps on plain integers, on stacks of sizes drawn as well.

Hypothesis draws a stack and pages to touch as bytes; after each touch the law is asked at every page. A failure is
shrunk by Hypothesis and told in words.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from hypothesis import strategies as st

from ...model.fast import stack_moves
from ...model.fast.stack_machine import Machine, begin_lists
from ...spec.law import Law
from ...spec.stacks import SMALLEST_SIZE, Stack, touch
from ..drawing import LawBrokenError, broken_by, finding
from ..verdict import Judgement

_ABOUT = "stacks"
_LAW = "V14"
_TOUCHES = 24
#: Always as many bytes; a zero byte is no touch at all, so that a failure shrinks to few.
_DRAWN = st.binary(min_size=_TOUCHES, max_size=_TOUCHES)
#: Stacks have so many sizes, from the smallest on, and so many pages may be below and above.
_SIZES, _MARGINS = 7, 3
_EVERYWHERE = "every page of every stack drawn"
_BEGUN = "the stack begins"


def _decode_machine(data: bytes) -> Machine:
    size, bottom, above = data
    return Machine(SMALLEST_SIZE + size % _SIZES, bottom=1 + bottom % _MARGINS, above=1 + above % _MARGINS)


def _decode_page(stack: Stack, byte: int, count: int) -> int:
    """Most bytes stand for the page below those in use, the others for any."""
    return int(stack.limit) - 1 if byte % 4 else byte // 4 % count


def _play(machine: Machine, data: bytes, points: Counter[str], seen: Counter[int]) -> None:
    """Begin a stack, and touch a page for each byte that is not zero; a `LawBrokenError` where the law is broken."""
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
                seen[outcome] += 1
                points[_LAW] += 1
                _require(not stack_moves.broken_by_touch(before, stack, page, outcome, count), machine, story)
    except IndexError:
        story.append("and that reaches a page that there is not")
        _require(False, machine, story)


def _require(holds: bool, machine: Machine, story: Sequence[str]) -> None:
    if not holds:
        raise LawBrokenError(_LAW, f"on a stack of {machine}: {'; '.join(story)}")


def judge_stacks(
    laws: Sequence[Law],
    *,
    examples: int = 400,
    seed_number: int = 0,
    progress: Callable[[str], None] | None = None,
) -> Judgement:
    """Hold the steps on stacks against `laws` on `examples` runs of touches, on stacks of sizes drawn as well.

    Raises:
        ValueError: where a law is not about stacks.
    """
    strange = [law.id for law in laws if law.id not in stack_moves.LAW_BITS]
    if strange:
        raise ValueError(f"{', '.join(strange)}: not about {_ABOUT}, which {', '.join(stack_moves.LAW_BITS)} is")
    started, points, seen = time.perf_counter(), Counter[str](), Counter[int]()
    runs = 0

    def drawn(dimensions: bytes, touches: bytes) -> None:
        nonlocal runs
        _play(_decode_machine(dimensions), touches, points, seen)
        runs += 1
        if progress is not None and runs % 100 == 0:
            progress(f"random: {runs} of {examples} runs on {_ABOUT}")

    dimensions = st.binary(min_size=3, max_size=3)
    broken = broken_by(drawn, dimensions, _DRAWN, examples=examples, seed_number=seed_number) if laws else None
    missing = next(unseen(seen), "")
    return Judgement(
        "random",
        "specification",
        [finding(law, points[law.id], broken, missing=missing, rests_on=_EVERYWHERE) for law in laws],
        seconds=time.perf_counter() - started,
        size=f"{_ABOUT} of up to {SMALLEST_SIZE + _SIZES - 1} pages",
        counts={"stack runs": runs, "stack touches": sum(seen.values())},
        seed=seed_number,
    )


def unseen(seen: Counter[int]) -> Iterator[str]:
    """What no touch came to."""
    yield from (story.format("n") for outcome, story in enumerate(stack_moves.STORIES) if not seen[outcome])
