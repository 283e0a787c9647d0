"""What a call to a Python object came to, as the JSON object of the line protocol.

A target raises builtins and returns what it likes. Here every outcome becomes a value that can travel through a pipe
*without being made better on the way*: a float stays a float, a negative number stays negative, and what no JSON can
say is an answer outside the contract. This module runs inside workers and therefore imports nothing of the package.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from typing import Any

#: Longer texts are cut: a detail is one line of a report.
_LONGEST_TEXT = 200
#: Whole numbers with more bits than this are not sent: nobody could read them, and JSON readers refuse them.
_MOST_BITS = 4096


class GarbageError(Exception):
    """A value that is no answer at all; the message describes it."""


class Document(dict[str, Any]):
    """An answer that is put together here, out of values that JSON can say."""


def one_line(text: object, longest: int = _LONGEST_TEXT) -> str:
    """A text as one line that fits into a report."""
    line = " ".join(str(text).split())
    return line if len(line) <= longest else line[: longest - 3] + "..."


def described(error: BaseException) -> str:
    """An exception as `Type: message`, even where its message cannot be made."""
    try:
        message = one_line(error)
    except Exception:
        message = "(its message cannot be shown)"
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


def plain(value: Any) -> Any:
    """The value made of None, bool, int, float, str and lists only, saying the same; `GarbageError` where none does."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, float):
        return float(value)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if type(value) is Document:
        return {name: plain(item) for name, item in value.items()}
    try:
        number = operator.index(value)
    except Exception:
        raise GarbageError(_shown(value)) from None
    if number.bit_length() > _MOST_BITS:
        raise GarbageError(f"a whole number of {number.bit_length()} bits")
    return int(number)


def listed(blocks: Any) -> Any:
    """What a probe gave: any iterable becomes a list; what is none stays as it is."""
    if isinstance(blocks, Iterable) and not isinstance(blocks, str | bytes | dict):
        return list(blocks)
    return blocks


def outcome(
    function: Callable[..., Any], *arguments: Any, refusals: Iterable[tuple[type[Exception], str]] = ()
) -> dict[str, Any]:
    """Call and say what came of it: `return`, `raise` (one of the agreed refusals) or `fail` (anything else)."""
    try:
        value = function(*arguments)
        return {"return": value if type(value) is int and value.bit_length() <= 64 else plain(value)}
    except GarbageError as strange:
        return {"fail": "garbage", "detail": str(strange)}
    except (Exception, SystemExit) as error:
        for kind, reason in refusals:
            if isinstance(error, kind):
                return {"raise": reason}
        return {"fail": "raise", "detail": described(error)}


def _shown(value: Any) -> str:
    try:
        return one_line(repr(value))
    except Exception as error:
        return f"an object of type {type(value).__name__} whose repr raises {type(error).__name__}"
