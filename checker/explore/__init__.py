"""The exploring judge: every reachable state of a small system, each exactly once, with a shortest way to a breach."""

from .judge import explore

__all__ = ["explore"]
