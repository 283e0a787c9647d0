"""What every target looks like to a judge, wherever its code runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:  # a worker process starts anew after every crash, and does not need the contracts
    from collections.abc import Sequence

    from ...spec.contracts import Answer


class TargetError(Exception):
    """A target that cannot be used at all: not found, a method missing, no answer at opening. One line, with remedy."""


class Instance(Protocol):
    """One opened arena. It is used until it fails or is closed, never after."""

    def perform(self, calls: Sequence[Any]) -> list[Answer]:
        """Make the calls in order and give their answers.

        Shorter than `calls` only where the last answer is a `Failed` that ended the instance (crash, hang, memory).
        Exceptions of the implementation are answers, never raised.
        """
        ...

    def close(self) -> None:
        """Let the instance go; never raises."""
        ...


class Target(Protocol):
    """An implementation of a contract."""

    @property
    def name(self) -> str:
        """The target as on the command line."""
        ...

    @property
    def capabilities(self) -> Any:
        """What the implementation declares, known before the first `open`."""
        ...

    def open(self, arena: Any) -> Instance:
        """A fresh instance over `arena`; `TargetError` where the arena needs what the target does not declare.

        An opening that is refused, crashes or hangs gives an instance whose first answer is the `Failed`.
        """
        ...

    def close(self) -> None:
        """End worker processes and free resources; never raises."""
        ...
