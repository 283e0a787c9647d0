"""Plans: an arena and the requests to make in it.

A request says what is meant, and a session makes calls of it: in contracts where an answer is the target's choice a
request may refer to what an earlier one was given, so that a plan can be told to another target, and be shortened.
Elsewhere a request is simply a call.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs


def _in_order(requests: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(requests)


@attrs.frozen
class Plan:
    """An arena and the requests to make in it."""

    arena: Any
    requests: tuple[Any, ...] = attrs.field(converter=_in_order)
