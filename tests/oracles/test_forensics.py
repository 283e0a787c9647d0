"""The walker against the translation layers of Volatility 3, which read page tables out of images of memory.

Forensics asks where a page is, not whether an access is legal: reserved bits and addresses that are not canonical are
not looked at there, nor rights; what differs by that is counted and not compared.
"""

import random
import struct
from collections import Counter
from typing import Any

import pytest

from pagelaw.spec.geometries import geometry_named
from pagelaw.spec.paging import MALFORMED, NO_FAULT, NOT_CANONICAL, Image

from .compare import entries_of, walker_of
from .images import Painter, Scene
from .machines import narrowed

NAMES = ("win32", "pae", "x86-64")
IMAGES, ADDRESSES = 12, 250


def layer_of(name: str, scene: Scene) -> Any:
    """Volatility's layer for a geometry, over an image."""
    pytest.importorskip("volatility3", reason="needs Volatility: pip install volatility3")
    from volatility3.framework import contexts
    from volatility3.framework.layers import intel, physical

    kinds = {"win32": intel.Intel, "pae": intel.IntelPAE, "x86-64": intel.Intel32e}
    context = contexts.Context()
    context.add_layer(physical.BufferDataLayer(context, "memory", "memory", scene.memory))
    context.config["layer.memory_layer"] = "memory"
    context.config["layer.page_map_offset"] = scene.root
    return kinds[name](context, "layer", "layer")


def reached(layer: Any, address: int) -> int | None:
    """The physical address that Volatility finds, if it finds one inside memory."""
    from volatility3.framework.exceptions import InvalidAddressException

    try:
        return next(iter(layer.mapping(address, 1)))[2]
    except InvalidAddressException:
        return None


def differences(name: str, changed: dict[str, int] | None = None) -> tuple[list[str], Counter[str]]:
    """Where the two come to different places, and what was seen."""
    # Volatility keeps 40 bits of a physical address under PAE.
    geometry = narrowed(geometry_named(name)) if name == "pae" else geometry_named(name)
    chance = random.Random(5)
    painter, walker = Painter(geometry, chance, {}), walker_of(geometry, changed)
    wrong, seen = [], Counter[str]()
    for _ in range(IMAGES):
        scene = painter.scene(lambda place: struct.pack("<Q", place))
        layer, words = layer_of(name, scene), entries_of(scene.memory, geometry.entry_bytes)
        for address in (painter.address() for _ in range(ADDRESSES)):
            found = walker.walk(Image(words, len(words)), scene.root, address)
            if found.fault in (MALFORMED, NOT_CANONICAL):
                seen["not looked at by Volatility"] += 1
                continue
            inside = found.fault == NO_FAULT and found.physical < len(scene.memory)
            ours, theirs = found.physical if inside else None, reached(layer, address)
            seen[f"level {found.level}" if inside else "nothing there"] += 1
            if ours != theirs:
                wrong.append(f"{name} {address:#x}: walker {ours}, Volatility {theirs}, entry {found.entry:#x}")
    return wrong, seen


@pytest.mark.parametrize("name", NAMES)
def test_translation_comes_to_the_same_place(name: str) -> None:
    """Every page is where Volatility finds it, at every level, and nowhere else."""
    wrong, seen = differences(name)
    assert wrong == []
    assert seen["nothing there"]
    assert all(seen[f"level {level}"] for level in (0, *geometry_named(name).leaf_levels)), seen


@pytest.mark.parametrize(
    ("name", "constant", "value"), [("win32", "LEVEL_SHIFTS", 0x15_0C), ("pae", "FRAME", 0xF000), ("x86-64", "LEAF", 0)]
)
def test_an_error_in_the_walker_is_seen(name: str, constant: str, value: int) -> None:
    """One wrong number, and the places differ."""
    assert geometry_named(name).constants()[constant] != value
    wrong, _ = differences(name, {constant: value})
    assert wrong
