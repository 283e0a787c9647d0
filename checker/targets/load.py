"""From what is written on the command line to a target."""

from __future__ import annotations

import importlib
import os
import shlex

from .target import Target, TargetError

#: Built-in targets, by name: module and class, called in this process.
BUILT_IN = {
    "model:reference": ("pagelaw.model.buddy", "FreeLists"),
    "model:compiled": ("pagelaw.model.fast.allocator", "CompiledAllocator"),
}
FORMS = "package.module:factory, ./file.py:Class, ./library.so, cmd:PROGRAM ARGUMENTS, " + ", ".join(BUILT_IN)


def load_target(spec: str, *, deadline: float = 5.0, memory_limit: int = 1 << 30, starting: float = 30.0) -> Target:
    """The target that `spec` names; `TargetError` says in one line why it cannot be used, and what to do.

    `deadline` is how long an answer may take and `starting` how long the first of all, in seconds; `memory_limit` is
    how many bytes a process may grow.
    """
    if spec.startswith("model:"):
        return _built_in(spec)
    if spec.startswith("linux:"):
        raise TargetError(f"{spec} is the running system, not an allocator to call: use it as `pagelaw check {spec}`")
    from . import worker

    if spec.startswith("cmd:"):
        return worker.program(spec, deadline=deadline, memory_limit=memory_limit, starting=starting)
    mistake = _mistake(spec)
    if mistake:
        raise TargetError(f"{mistake}. A target is one of: {FORMS}")
    return worker.worker_of(spec, deadline=deadline, memory_limit=memory_limit, starting=starting)


def _built_in(spec: str) -> Target:
    if spec not in BUILT_IN:
        raise TargetError(f"no built-in target {spec!r}; there are {' and '.join(BUILT_IN)}")
    from ...spec.contracts import Allocate, Arena, Free, Probe
    from .inside import InsideTarget

    module, name = BUILT_IN[spec]
    try:
        factory = getattr(importlib.import_module(module), name)
    except ImportError as error:
        raise TargetError(f"{spec} cannot be used: {error}") from error
    target = InsideTarget(spec, factory)
    # One of each call, unjudged: what compiles on first use does so now, and not on the time of a judge.
    target.open(Arena(1, 0)).perform([Allocate(0), Free(0, 0), Probe()])
    return target


def _mistake(spec: str) -> str | None:
    """What is wrong with the form of a target, or None."""
    from .serve import is_library

    place, colon, name = spec.rpartition(":")
    path = shlex.quote(spec)
    if not spec:
        return "the target is empty"
    if is_library(spec) or (colon and place and name and (place.endswith(".py") or " " not in spec)):
        return None
    if spec.endswith(".c"):
        return f"{spec} is source: build it with cc -O2 -shared -fPIC -o {shlex.quote(spec[:-1])}so {path}"
    if spec.endswith(".py"):
        return f"{spec} is a file: name the class or function in it, as {spec}:Class"
    if os.path.isfile(spec):
        return f"{spec} is a file: if it is a program of the line protocol, write cmd:{path}"
    return f"{spec!r} names no target"
