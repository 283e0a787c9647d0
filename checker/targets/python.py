"""Python targets: finding the factory, opening arenas with it, and what it declares about itself.

A factory is any callable with the parameters of the interface, such as `factory(frames, max_order)`. Nothing of this
package is imported or inherited by it; what it can do beyond the contract is read off its signature and attributes.
This module runs inside workers and therefore imports neither the specification nor the contracts.
"""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import os
import sys
from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any

from .interface import FRAMES, Interface, signature_of
from .outcome import GarbageError, described, plain
from .target import TargetError


def locate(spec: str, interface: Interface = FRAMES) -> Callable[..., Any]:
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
            f"{spec} is {_article(type(found).__name__)}, not a class or function "
            + _called("factory", interface.parameters)
        )
    _check_signature(spec, found, interface)
    return found  # type: ignore[no-any-return]


def declared(factory: Callable[..., Any], made: object, interface: Interface = FRAMES) -> dict[str, Any]:
    """What the factory and one object that it made declare, as the JSON object that answers an opening."""
    document = interface.implied(factory, made)
    for name in interface.declaring:
        # An object keeps what it was opened with under the same names (`self.cores = cores`): that declares nothing.
        owners = (factory, type(made)) if name in interface.stated else (made, factory)
        stated = [value for owner in owners if (value := getattr(owner, name, None)) is not None]
        if stated and not (name in interface.stated and hasattr(stated[0], "__get__")):
            try:
                document[name] = plain(stated[0])
            except GarbageError as strange:
                raise TargetError(f"the attribute {name!r} declares a capability and cannot be {strange}") from strange
    unkept = interface.unkept(made, document)
    if unkept:
        raise TargetError(f"the target {unkept}")
    return document


def check_methods(spec: str, made: object, interface: Interface = FRAMES) -> None:
    """`TargetError` unless the object has what the contract asks for."""
    missing = [name for name in interface.methods if not callable(getattr(made, name, None))]
    if missing:
        wanted = " and ".join(_called(name, interface.methods[name]) for name in missing)
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


def _check_signature(spec: str, factory: Callable[..., Any], interface: Interface) -> None:
    signature = signature_of(factory)
    if signature is None:
        return
    try:
        signature.bind(*interface.trial)
    except TypeError as error:
        wanted = _called("factory", interface.parameters)
        raise TargetError(f"{spec} must be callable as {wanted}: {error}") from error


def _called(name: str, parameters: Iterable[str]) -> str:
    return f"{name}({', '.join(parameters)})"


def _nearest(name: str, owner: object) -> str:
    near = difflib.get_close_matches(name, [other for other in dir(owner) if not other.startswith("__")], 1)
    return f"; did you mean {near[0]!r}?" if near else ""


def _article(name: str) -> str:
    return f"{'an' if name[0] in 'AEIOUaeiou' else 'a'} {name}"
