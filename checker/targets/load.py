"""From what is written on the command line to a target."""

from __future__ import annotations

import importlib
import os
import shlex
from typing import Any

from .target import Target, TargetError

#: Built-in targets of each contract, by name: module and class, called in this process.
BUILT_IN = {
    "frames": {
        "model:reference": ("pagelaw.model.buddy", "FreeLists"),
        "model:compiled": ("pagelaw.model.fast.allocator", "CompiledAllocator"),
    },
    "translation": {"model:reference": ("pagelaw.model.tables", "PageTables")},
    "heap": {
        "model:reference": ("pagelaw.model.heap", "FirstFit"),
        "model:pageheap": ("pagelaw.model.pageheap", "PageHeap"),
    },
}
#: Running systems that are held to a contract as any implementation is: the module, and the class that a worker loads.
SYSTEMS = {"linux:space": ("linux_space", "LinuxKernel"), "wine:space": ("wine_space", "WineSpace")}
FORMS = "package.module:factory, ./file.py:Class, ./library.so, cmd:PROGRAM ARGUMENTS"


def load_target(
    spec: str,
    contract: str = "frames",
    *,
    deadline: float = 5.0,
    memory_limit: int = 1 << 30,
    starting: float = 30.0,
) -> Target:
    """The target of `contract` that `spec` names; `TargetError` says in one line why it cannot be used, and what to do.

    `deadline` is how long an answer may take and `starting` how long the first of all, in seconds; `memory_limit` is
    how many bytes a process may grow.
    """
    if spec.startswith("model:"):
        return _built_in(spec, contract)
    if spec in SYSTEMS:
        return _system(spec, contract, deadline=deadline, memory_limit=memory_limit, starting=starting)
    if is_observed(spec):
        raise TargetError(f"{spec} is the running system, not an allocator to call: use it as `pagelaw check {spec}`")
    from . import worker

    if spec.startswith("malloc:"):
        return _allocator(spec, contract, deadline=deadline, memory_limit=memory_limit, starting=starting)
    if spec.startswith("cmd:"):
        return worker.program(spec, contract, deadline=deadline, memory_limit=memory_limit, starting=starting)
    mistake = _mistake(spec)
    if mistake:
        raise TargetError(f"{mistake}. A target is one of: {', '.join((FORMS, *BUILT_IN.get(contract, ())))}")
    return worker.worker_of(spec, contract, deadline=deadline, memory_limit=memory_limit, starting=starting)


def is_observed(spec: str) -> bool:
    """Whether a target is a part of the running system that is watched, and answers no calls."""
    return spec.startswith("linux:") and spec not in SYSTEMS


def contract_meant(spec: str, contract: str) -> str:
    """The contract of a running system, whatever was asked for; of anything else that which was asked for."""
    return {"linux:pages": "translation", **dict.fromkeys(SYSTEMS, "space")}.get(spec, contract)


def _system(spec: str, contract: str, **limits: Any) -> Target:
    """A running system, called by a worker; `TargetError` with the remedy where there is none."""
    from . import worker

    if contract != "space":
        raise TargetError(f"{spec} has address spaces: use it with --contract space, not {contract}")
    name, factory = SYSTEMS[spec]
    system = importlib.import_module(f"{__package__}.{name}")
    if system.why_not():
        raise TargetError(f"{spec} is not judged: {system.why_not()}")
    target = worker.worker_of(
        f"{system.__name__}:{factory}", contract, name=spec, environment=system.environment(), **limits
    )
    target.notes = tuple(f"allowed: {name}: {why}" for name, why in system.DIFFERENCES.items())
    return target


def _built_in(spec: str, contract: str) -> Target:
    known = BUILT_IN.get(contract, {})
    if spec not in known:
        there = f"there are {' and '.join(known)}" if known else f"there are none of the contract {contract}"
        raise TargetError(f"no built-in target {spec!r}; {there}")
    from .inside import InsideTarget

    module, name = known[spec]
    try:
        factory = getattr(importlib.import_module(module), name)
    except ImportError as error:
        raise TargetError(f"{spec} cannot be used: {error}") from error
    target = InsideTarget(spec, factory, contract)
    if contract == "frames":
        _warm_up(target)
    return target


def _allocator(spec: str, contract: str, **limits: Any) -> Target:
    """A C allocator of this machine, preloaded into a worker."""
    from . import malloc, worker

    if contract != "heap":
        raise TargetError(f"{spec} is a heap: use it with --contract heap, not {contract}")
    command, environment = malloc.command_and_environment(spec)
    return worker.WorkerTarget(spec, command, contract=contract, environment=environment, **limits)


def _warm_up(target: Target) -> None:
    """One of each call, unjudged: what compiles on first use does so now, and not on the time of a judge."""
    from ...spec.contracts import Allocate, Arena, Free, Probe

    target.open(Arena(1, 0)).perform([Allocate(0), Free(0, 0), Probe()])


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
