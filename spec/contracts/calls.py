"""Calls that a checker makes and answers that an implementation gives, as plain values.

A class of calls has a `name`, and its fields are the parameters: both are those of the line protocol.
"""

from __future__ import annotations

from typing import Any, ClassVar

import attrs


@attrs.frozen
class Allocate:
    """A request for one block of 2**order frames."""

    name: ClassVar[str] = "allocate"
    order: int


@attrs.frozen
class Free:
    """A block of 2**order frames at `frame` is given back, legally or not."""

    name: ClassVar[str] = "free"
    frame: int
    order: int


@attrs.frozen
class Probe:
    """A look at the free blocks that changes nothing."""

    name: ClassVar[str] = "free_blocks"


Call = Allocate | Free | Probe


@attrs.frozen
class Returned:
    """The call returned this value: a frame number, None, or a list of (frame, order) pairs for a probe."""

    value: Any = None


@attrs.frozen
class Refused:
    """The call was refused in an agreed way: `out-of-memory`, `illegal`, `no-mapping` or `denied`."""

    reason: str


@attrs.frozen
class Failed:
    """The call did what no contract allows.

    Attributes:
        how: `crash`, `hang`, `memory`, `raise` or `garbage`.
        detail: what was seen: the signal, the exception, the text.
    """

    how: str
    detail: str


Answer = Returned | Refused | Failed
#: The refusals that are agreed; the last two are for page tables alone: nothing is mapped there, a right is missing.
OUT_OF_MEMORY = Refused("out-of-memory")
ILLEGAL = Refused("illegal")
NO_MAPPING = Refused("no-mapping")
DENIED = Refused("denied")
