"""The steps on regions as machine code, put together from parts that are compiled once and called.

What a step on a range is made of would otherwise be built into it as often as it is used, which takes minutes.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ...spec import regions
from ...spec.algebra import Backend
from . import backend, region_calls, region_moves, region_replay, region_tree

#: What is compiled apart, in this order: each may call those before it.
_STEPS = (
    ("linked", "unlinked", "is_compatible"),
    ("insert", "remove", "split", "join", "change", "resize"),
    ("map_range", "unmap", "protect", "place_of", "fit", "fit_high"),
)
_TREE = (("hang", "place_in", "lowest_in", "highest_in"), ("lowest_room", "highest_room", "mistakes"))
_MOVES = (("broken_at", "broken_by_search", "broken_by_step", "broken_by_answer", "asked_by"), ("move",))
_ANYWHERE = (("broken_around", "broken_by_fit"), ("broken_anywhere", "broken_by_move"))
_REPLAY = (("clear_touched", "hang_touched", "broken_by_walk"), ("broken_in_large", "play"))
_CALLS = (("clear_touched", "settle"), ("mapped", "unmapped", "protected"), ("call",))

#: Binds a module with some functions replaced, as `backend.compiled` does.
Bind = Callable[[types.ModuleType, Mapping[str, Any]], Backend]


def called(
    bind: Bind, module: types.ModuleType, groups: Iterable[Iterable[str]], known: Mapping[str, Any]
) -> dict[str, Any]:
    """What is known with further functions of a module, compiled apart group by group."""
    found = dict(known)
    for names in groups:
        bound = bind(module, found)
        found |= {name: backend.apart(getattr(bound, name)) for name in names}
    return found


def called_moves(bind: Bind) -> dict[str, Any]:
    """The moves of small spaces with their laws, compiled apart."""
    return called(bind, region_moves, (*_MOVES, *_ANYWHERE), called(bind, regions, _STEPS, {}))


@functools.cache
def core() -> Backend:
    """The replay of moves with all laws, compiled once."""
    bind = backend.compiled
    steps = called(bind, regions, _STEPS, {})
    tree, moves = called(bind, region_tree, _TREE, steps), called(bind, region_moves, _MOVES, steps)
    return bind(region_replay, called(bind, region_replay, _REPLAY, tree | moves))


@functools.cache
def calls() -> Backend:
    """The replay of calls without laws, compiled once."""
    bind = backend.compiled
    steps = called(bind, regions, _STEPS, {})
    return bind(region_calls, called(bind, region_calls, _CALLS, called(bind, region_tree, _TREE, steps)))
