"""Every form of a target is known, and every other text is answered with a remedy."""

from __future__ import annotations

import sys
import types
from pathlib import Path

import pytest

from pagelaw.checker.targets.inside import InsideTarget
from pagelaw.checker.targets.load import BUILT_IN, load_target
from pagelaw.checker.targets.target import TargetError

EXAMPLE = Path(__file__).parents[3] / "examples" / "buddy_allocator.py"


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("", "the target is empty. A target is one of: package.module:factory"),
        ("allocator", "'allocator' names no target. A target is one of"),
        ("mine.c", "mine.c is source: build it with cc -O2 -shared -fPIC -o mine.so mine.c"),
        ("mine.py", "mine.py is a file: name the class or function in it, as mine.py:Class"),
        (sys.executable, f"is a file: if it is a program of the line protocol, write cmd:{sys.executable}"),
        ("module:", "'module:' names no target"),
        ("model:other", "no built-in target 'model:other'; there are model:reference and model:compiled"),
        ("linux:buddy", "linux:buddy is the running system, .*: use it as `pagelaw check linux:buddy`"),
    ],
)
def test_what_is_no_target(spec: str, message: str) -> None:
    """One line with what to write instead, and no process started."""
    with pytest.raises(TargetError, match=message):
        load_target(spec)


def test_python_by_file_and_by_module(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same class is found both ways; a module is looked for in the current directory."""
    monkeypatch.chdir(EXAMPLE.parent)
    for spec in (f"{EXAMPLE}:BuddyAllocator", "./buddy_allocator.py:BuddyAllocator", "buddy_allocator:BuddyAllocator"):
        target = load_target(spec)
        assert target.name == spec
        assert target.capabilities.probe
        target.close()


def test_built_in_targets_run_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A built-in name imports its module when it is used, and not before."""
    module, name = BUILT_IN["frames"]["model:reference"]
    stand_in = types.ModuleType(module)
    factory = type("Model", (), {"__init__": lambda *_: None, "allocate": lambda *_: 0, "free": lambda *_: None})
    setattr(stand_in, name, factory)
    monkeypatch.setitem(sys.modules, module, stand_in)
    target = load_target("model:reference")
    assert isinstance(target, InsideTarget)
    assert target.name == "model:reference"


def test_a_built_in_target_that_cannot_be_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing part is a usage error, not a traceback."""
    monkeypatch.setitem(sys.modules, BUILT_IN["frames"]["model:compiled"][0], None)
    with pytest.raises(TargetError, match="model:compiled cannot be used: import of"):
        load_target("model:compiled")
