"""Python targets: finding the factory, opening arenas with it, and what it declares about itself.

A factory is any callable `factory(frames, max_order)`. Nothing of this package is imported or inherited by it; what it
can do beyond the contract is read off its signature (`start`, `reserved`, `barriers`) and off plain attributes.
This module runs inside workers and therefore imports neither the specification nor the contracts.
"""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import inspect
import os
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from .outcome import GarbageError, described, plain
from .target import TargetError

#: What an arena may have beside frames and orders, by the name of the keyword parameter that takes it.
OPTIONAL = ("start", "reserved", "barriers")
#: Attributes of a factory, or of what it makes, that declare something.
DECLARING = ("alignment", "merging", "illegal_free", "policies", "keeps")


def locate(spec: str) -> Callable[..., Any]:
    """The factory that `package.module:factory` or `./file.py:factory` names, imported into this process."""
    place, colon, name = spec.rpartition(":")
    if not colon or not place or not name:
        raise TargetError(f"{spec!r} names no factory: write package.module:factory or ./file.py:factory")
    module = _module_of_file(place) if place.endswith(".py") else _module_by_name(place)
    found: Any = module
    for part in name.split("."):
        try:
            found = getattr(found, part)
        except AttributeError:
            raise TargetError(f"{place} has no {name!r}{_nearest(part, found)}") from None
    if not callable(found):
        raise TargetError(
            f"{spec} is {_article(type(found).__name__)}, not a class or function factory(frames, max_order)"
        )
    _check_signature(spec, found)
    return found  # type: ignore[no-any-return]


def optional_of(factory: Callable[..., Any]) -> tuple[str, ...]:
    """Those of `start`, `reserved` and `barriers` that the factory takes as keywords."""
    signature = _signature(factory)
    if signature is None:
        return ()
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return tuple(name for name in OPTIONAL if name in signature.parameters and signature.parameters[name].kind in kinds)


def declared(factory: Callable[..., Any], made: object) -> dict[str, Any]:
    """What the factory and one allocator that it made declare, as the JSON object that answers an opening."""
    document: dict[str, Any] = dict.fromkeys(optional_of(factory), True)
    if callable(getattr(made, "free_blocks", None)):
        document["probe"] = True
    for name in DECLARING:
        value = getattr(made, name, getattr(factory, name, None))
        if value is not None:
            try:
                document[name] = plain(value)
            except GarbageError as strange:
                raise TargetError(f"the attribute {name!r} declares a capability and cannot be {strange}") from strange
    return document


def check_methods(spec: str, made: object) -> None:
    """`TargetError` unless the object has what the contract asks for."""
    missing = [name for name in ("allocate", "free") if not callable(getattr(made, name, None))]
    if missing:
        calls = {"allocate": "allocate(order)", "free": "free(frame, order)"}
        wanted = " and ".join(calls[name] for name in missing)
        raise TargetError(f"{spec} makes {_article(type(made).__name__)}, which lacks {wanted}")


def _module_of_file(place: str) -> ModuleType:
    path = os.path.abspath(place)
    if not os.path.isfile(path):
        raise TargetError(f"file not found: {place}")
    name = os.path.splitext(os.path.basename(path))[0]
    sys.path.insert(0, os.path.dirname(path))
    description = importlib.util.spec_from_file_location(name, path)
    if description is None or description.loader is None:
        raise TargetError(f"{place} cannot be imported as Python")
    module = importlib.util.module_from_spec(description)
    sys.modules[name] = module  # as the import system does: dataclasses and pickling look the module up
    try:
        description.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise TargetError(f"importing {place} raised {described(error)}") from error
    return module


def _module_by_name(place: str) -> ModuleType:
    if os.getcwd() not in sys.path and "" not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        return importlib.import_module(place)
    except ModuleNotFoundError as error:
        if error.name is not None and (place == error.name or place.startswith(error.name + ".")):
            raise TargetError(
                f"no module named {error.name!r}: is it installed for {sys.executable}, or below the current directory?"
            ) from error
        raise TargetError(f"importing {place} raised {described(error)}") from error
    except (Exception, SystemExit) as error:
        raise TargetError(f"importing {place} raised {described(error)}") from error


def _signature(factory: Callable[..., Any]) -> inspect.Signature | None:
    try:
        return inspect.signature(factory)
    except (TypeError, ValueError):  # a builtin that does not tell; calling it will
        return None


def _check_signature(spec: str, factory: Callable[..., Any]) -> None:
    signature = _signature(factory)
    if signature is None:
        return
    try:
        signature.bind(1, 0)
    except TypeError as error:
        raise TargetError(f"{spec} must be callable as factory(frames, max_order): {error}") from error


def _nearest(name: str, owner: object) -> str:
    near = difflib.get_close_matches(name, [other for other in dir(owner) if not other.startswith("__")], 1)
    return f"; did you mean {near[0]!r}?" if near else ""


def _article(name: str) -> str:
    return f"{'an' if name[0] in 'AEIOUaeiou' else 'a'} {name}"
