"""C targets: a shared library with the functions of a contract (`pagelaw_frames_*`, ...), as a Python factory.

The library is only ever loaded inside a worker, where it may crash. What the C types cannot carry (an order beyond 32
bits) is refused here in the library's stead, for a wrapped number would blame it for a call that it never got.
"""

from __future__ import annotations

import ctypes
import json
import os
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from .target import TargetError

#: Result and parameters of functions, by name.
Functions = Mapping[str, tuple[Any, ...]]


class Library(ABC):
    """A loaded library as a factory of arenas; each contract has a subclass.

    Attributes:
        described_in: the page that lists the functions.
        required: the functions that a library must have.
        possible: those that it may have.
        capabilities_function: the one of them that declares, as a JSON object.
        implied: the capabilities that possible functions imply together, and which need them.
    """

    described_in: ClassVar[str] = "docs/targets.md"
    required: ClassVar[Functions]
    possible: ClassVar[Functions]
    capabilities_function: ClassVar[str]
    implied: ClassVar[Mapping[tuple[str, ...], tuple[str, ...]]]

    def __init__(self, path: str) -> None:
        """Load the library and look its functions up; `TargetError` says what is missing."""
        self.path = path
        library = _load(path)
        missing = [name for name in self.required if not hasattr(library, name)]
        if missing:
            raise TargetError(
                f"{path} lacks {', '.join(missing)}: see {self.described_in} for the C functions it must have"
            )
        self.functions: dict[str, Any] = {}
        for name, (result, *parameters) in {**self.required, **self.possible}.items():
            if hasattr(library, name):
                function = getattr(library, name)
                function.restype, function.argtypes = result, parameters
                self.functions[name] = function
        self._declared = self._declare()

    @abstractmethod
    def __call__(self, *arguments: Any, **optional: Any) -> Any:
        """Open an arena; the parameters are those of the contract."""

    def declared(self, _made: object) -> dict[str, Any]:
        """What the library declares: its JSON, and what the functions that it has imply."""
        return self._declared

    def _declare(self) -> dict[str, Any]:
        document: dict[str, Any] = {}
        for functions, capabilities in self.implied.items():
            if all(function in self.functions for function in functions):
                document |= dict.fromkeys(capabilities, True)
        if self.capabilities_function in self.functions:
            document |= self._stated(document)
        return document

    def _stated(self, possible: dict[str, Any]) -> dict[str, Any]:
        says = self.capabilities_function
        text = self.functions[says]()
        try:
            stated = json.loads(text or b"")
        except ValueError as error:
            raise TargetError(f"{self.path}: {says} gives no JSON object: {error}") from error
        if not isinstance(stated, dict):
            raise TargetError(f"{self.path}: {says} gives no JSON object, but {text!r}")
        for functions, capabilities in self.implied.items():
            lacking = [function for function in functions if function not in self.functions]
            for name in capabilities:
                if stated.get(name) and name not in possible:
                    raise TargetError(
                        f"{self.path} declares {name!r}, but lacks the function {lacking[0]} that it needs"
                    )
        return stated


def _load(path: str) -> ctypes.CDLL:
    if not os.path.isfile(path):
        raise TargetError(f"file not found: {path}; build it with: cc -O2 -shared -fPIC -o {path} SOURCE.c")
    try:
        return ctypes.CDLL(os.path.abspath(path), mode=os.RTLD_NOW | os.RTLD_LOCAL)
    except OSError as error:
        raise TargetError(f"{path} cannot be loaded: {' '.join(str(error).split())}") from error
