"""One-line changes of the specification, and a checkout in which one of them has been made.

Each change is a line of one function; nothing else is touched. If the rules are written once, every judge must
notice each of them.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import attrs

import pagelaw

HOUSE = Path(pagelaw.__file__).parent
FLOORS = ("spec", "model", "proofs", "checker")


@attrs.frozen
class Change:
    """A line of a module of `spec/`, before and after."""

    name: str
    module: str
    before: str
    after: str

    @property
    def part(self) -> str:
        """The part of the specification that it is in, as its laws name it; the buddy allocator has only one."""
        return PARTS.get(self.module, "buddy")


#: The part of the specification that a module is in, where that is not the buddy allocator.
PARTS = {
    "paging": "tables",
    "entries": "tables",
    "tables": "tables",
    "tlb": "tlb",
    "pages": "pages",
    "access": "access",
    "stacks": "stacks",
    "regions": "regions",
    "sharing": "sharing",
    "heap": "blocks",
}

CHANGES = (
    Change(
        "merge ignores the order", "buddy", "load(memory.heads, buddy) == order", "is_free(load(memory.heads, buddy))"
    ),
    Change("merge ignores the barrier", "buddy", "return as_large & same_zone", "return as_large"),
    Change("merge goes past the top", "buddy", "below_top = order < memory.top", "below_top = order <= memory.top"),
    Change(
        "nothing is ever merged",
        "buddy",
        "return below_top & page_is_buddy(memory, frame, buddy, order)",
        "return below_top & (order > memory.top)",
    ),
    Change(
        "the upper half is never given",
        "buddy",
        "source + where(upper & (order < source_order)",
        "source + where(upper & (order > source_order)",
    ),
    Change(
        "merge stops after one round",
        "buddy",
        "for _ in range(MAX_ORDER):\n        merging",
        "for _ in range(ONE):\n        merging",
    ),
    Change(
        "the buddy is the next block", "addresses", "return frame ^ size_of(order)", "return frame + size_of(order)"
    ),
    Change("the parent keeps the bit", "addresses", "return frame & invert_bits(size_of(order))", "return frame"),
    Change("a merged block keeps its order", "buddy", "where(going, order + ONE, order)", "order"),
    Change(
        "the absorbed buddy stays free",
        "buddy",
        "memory = remove(going, memory, buddy_of(frame, order))",
        "memory = memory",
    ),
    Change(
        "the source stays free",
        "buddy",
        "memory = remove(going, memory, head_of(frame, source_order))",
        "memory = memory",
    ),
    Change(
        "a piece gets the wrong order",
        "buddy",
        "buddy_of(head_of(frame, level), level), level)",
        "buddy_of(head_of(frame, level), level), level + ONE)",
    ),
    Change(
        "the block given has the source's order",
        "buddy",
        "mark(going, memory, frame, LIVE + order)",
        "mark(going, memory, frame, LIVE + source_order)",
    ),
    Change("a free of any order is legal", "buddy", "== LIVE + order)", ">= LIVE)"),
    Change("freed without a mark", "buddy", "memory = mark(legal, memory, frame, NONE)", "memory = memory"),
    Change("the list keeps what is removed", "buddy", "link = unlink(going, memory.link, frame)", "link = memory.link"),
)


def changed_checkout(change: Change, folder: Path) -> Path:
    """A copy of the package with the change made; the folder to put on the path."""
    house = folder / "pagelaw"
    for floor in FLOORS:
        shutil.copytree(HOUSE / floor, house / floor, ignore=shutil.ignore_patterns("__pycache__"))
    for path in HOUSE.glob("*.py"):
        shutil.copy(path, house)
    module = house / "spec" / f"{change.module}.py"
    text = module.read_text(encoding="utf-8")
    assert text.count(change.before) >= 1, f"{change.name}: the line to change is no longer there"
    changed = text.replace(change.before, change.after, 1)
    module.write_text(changed, encoding="utf-8")
    return folder


def verdicts(folder: Path, arguments: Sequence[str], *, compiled: bool = True) -> tuple[int, list[str], str]:
    """Exit code, the laws found broken, and the errors of a command run on a changed checkout."""
    environment = {**os.environ, "PYTHONPATH": str(folder), "CI": "true"}
    environment["NUMBA_DISABLE_JIT"] = "0" if compiled else "1"
    done = subprocess.run(
        [sys.executable, "-m", "pagelaw", *arguments, "--json", "-"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    try:
        report = json.loads(done.stdout)
    except json.JSONDecodeError:
        return done.returncode, [], done.stderr[-2000:]
    broken = [
        finding["law"]
        for judgement in report["judgements"]
        for finding in judgement["findings"]
        if finding["verdict"] == "broken"
    ]
    return done.returncode, broken, done.stderr[-2000:]
