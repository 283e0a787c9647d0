"""The dialect `windows`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs

from ..frames import Breach
from .calls import SpaceCall
from .dialect import Allowed, Dialect, as_done
from .memory import Memory


@attrs.frozen
class WindowsDialect(Dialect):
    """The dialect, for one arena and one set of capabilities."""

    def may_ask(self, memory: Memory, call: SpaceCall) -> bool:
        """Whether the call is one that a caller may make."""
        return False

    def allowed(self, memory: Memory, call: SpaceCall) -> Allowed:
        """How a call in a process that there is may be answered."""
        return as_done()

    def value_breaches(self, memory: Memory, call: SpaceCall, value: Any) -> Iterator[Breach]:
        """The laws that the value breaks which a call has returned that may be done."""
        return iter(())

    def done(self, memory: Memory, call: SpaceCall, value: Any) -> None:
        """The state after a call that was done; writes into `memory`."""
