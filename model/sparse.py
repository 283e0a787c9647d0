"""Arrays with an element for every number, of which few are not zero."""

from __future__ import annotations


class Sparse(dict[int, int]):
    """An array with zero for what it has not."""

    def __missing__(self, index: int) -> int:
        """Zero, which is not kept."""
        return 0
