"""The kind of C library that each contract asks for."""

from __future__ import annotations

from .c import Library
from .c_frames import FramesLibrary
from .c_heap import HeapLibrary
from .c_space import SpaceLibrary
from .c_translation import TranslationLibrary

LIBRARIES: dict[str, type[Library]] = {
    "frames": FramesLibrary,
    "translation": TranslationLibrary,
    "heap": HeapLibrary,
    "space": SpaceLibrary,
}
