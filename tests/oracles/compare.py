"""What the walker of the specification expects of an access, and how it differs from what a processor did."""

from __future__ import annotations

import base64
import json
import random
import struct
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from pagelaw.spec import algebra, paging, tables
from pagelaw.spec.algebra import PRIMITIVES, Backend, rebind
from pagelaw.spec.geometries import Geometry
from pagelaw.spec.paging import (
    MALFORMED,
    NO_FAULT,
    NOT_CANONICAL,
    NOT_PRESENT,
    OUTSIDE,
    PROTECTION,
    Access,
    Image,
)

from .emulate import STAMP, place_teller, with_code
from .images import CODE_FRAME, Painter, Scene

KINDS = ("r", "w", "x", "ru", "wu", "xu")
_EMULATOR = Path(__file__).with_name("emulate.py")
_FAULTS = {NOT_CANONICAL: "not canonical", NOT_PRESENT: "absent", MALFORMED: "malformed", PROTECTION: "refused"}
_GENERAL_PROTECTION, _PAGE_FAULT = 13, 14


@attrs.frozen
class Machine:
    """A processor to compare with.

    Attributes:
        name: as `emulate` knows it.
        geometry: the specification's, with the width of this processor's physical addresses.
        word: bytes of a load and a store.
        spared: bits that are never spoilt, by level and whether the entry is a leaf: documented differences.
    """

    name: str
    geometry: Geometry
    word: int
    spared: Mapping[tuple[int, bool], int] = attrs.field(factory=dict)

    @property
    def is_x86(self) -> bool:
        """Whether faults have an error code."""
        return not self.name.startswith("sv")


def entries_of(memory: bytes, entry_bytes: int) -> list[int]:
    """The bytes of memory as entries."""
    return list(struct.unpack(f"<{len(memory) // entry_bytes}{'I' if entry_bytes == 4 else 'Q'}", memory))


@attrs.frozen
class Recording:
    """What a processor did: images, and for each the accesses with what came of them."""

    machine: Machine
    scenes: tuple[Scene, ...]
    plans: tuple[tuple[tuple[int, str], ...], ...]
    results: tuple[list[list[Any]], ...]


@attrs.define
class Tally:
    """What came of a comparison: how many accesses came to what, and the disagreements."""

    seen: Counter[str] = attrs.field(factory=Counter)
    wrong: list[str] = attrs.field(factory=list)


class Overlay:
    """Entries of an image that can be written to, and what was written."""

    def __init__(self, words: Sequence[int]) -> None:
        self.words, self.written = words, dict[int, int]()

    def __getitem__(self, index: int) -> int:
        return self.written.get(index, self.words[index])

    def __setitem__(self, index: int, value: int) -> None:
        self.written[index] = value


def walker_of(geometry: Geometry, changed: Mapping[str, int] | None = None) -> Backend:
    """Walk, touch and the codes of faults for a geometry; `changed` plants other constants."""
    primitives = {name: getattr(algebra, name) for name in PRIMITIVES}
    constants = geometry.constants() | dict(changed or {})
    codes, steps = (rebind(module, primitives=primitives, overrides=constants) for module in (paging, tables))
    return Backend(**vars(codes) | vars(steps))


def record(machine: Machine, *, images: int, accesses: int, seed: int) -> Recording:
    """Let the emulated processor make random accesses; that it dies is an error."""
    chance = random.Random(seed)
    painter = Painter(machine.geometry, chance, machine.spared)
    bare = (painter.scene(lambda place: place_teller(machine.name, place)) for _ in range(images))
    scenes = tuple(attrs.evolve(s, memory=with_code(s.memory, machine.name, CODE_FRAME)) for s in bare)
    plans = tuple(tuple((painter.address(), chance.choice(KINDS)) for _ in range(accesses)) for _ in range(images))
    requests = [json.dumps(_request(machine, scene, plan)) for scene, plan in zip(scenes, plans, strict=True)]
    run = subprocess.run([sys.executable, _EMULATOR], input="\n".join(requests), capture_output=True, text=True)
    results = tuple(json.loads(line) for line in run.stdout.splitlines())
    if run.returncode or len(results) != images:
        raise RuntimeError(f"the emulator ended with {run.returncode} after {len(results)} images: {run.stderr}")
    return Recording(machine, scenes, plans, results)


def compare(recording: Recording, changed: Mapping[str, int] | None = None) -> Tally:
    """Let the walker make the accesses that a processor made; `changed` plants errors in the walker."""
    tally, machine = Tally(), recording.machine
    backend = walker_of(machine.geometry, changed)
    for scene, plan, results in zip(recording.scenes, recording.plans, recording.results, strict=True):
        words = entries_of(scene.memory, machine.geometry.entry_bytes)
        for (address, kind), result in zip(plan, results, strict=True):
            verdict, wrong = judge(machine, backend, scene, words, address, kind, result)
            if wrong:
                tally.wrong.append(f"{machine.name} {kind} {address:#x}: {verdict}: {wrong}")
            else:
                tally.seen[verdict] += 1
    return tally


def _request(machine: Machine, scene: Scene, plan: Sequence[tuple[int, str]]) -> dict[str, Any]:
    return {
        "machine": machine.name,
        "memory": base64.b64encode(scene.memory).decode(),
        "root": scene.root,
        "code": scene.code,
        "absent": scene.absent,
        "accesses": plan,
    }


def judge(
    machine: Machine,
    backend: Backend,
    scene: Scene,
    words: Sequence[int],
    address: int,
    kind: str,
    result: list[Any],
) -> tuple[str, str]:
    """What the walker says came of an access, and how the processor differs; nothing where it does not."""
    outcome, number, code, where, changes = result
    changed = {int(at): value for at, value in changes.items()}
    access, overlay = Access("w" in kind, "u" in kind, "x" in kind), Overlay(words)
    found = backend.walk(Image(words, len(words)), scene.root, address)
    _, fault, physical = backend.touch(Image(overlay, len(words)), scene.root, address, access)
    if fault == OUTSIDE:
        return "table beyond memory", ""
    if fault != NO_FAULT:
        expected = expected_fault(machine, backend, fault, address, access)
        said = f"{_FAULTS[fault]} {kind}"
        if [outcome, number, code, where] != expected:
            return said, f"level {found.level}, entry {found.entry:#x}, expected {expected}, it {result}"
        return said, _more_than_accessed(machine, scene, changed)
    if access.execute and physical < scene.data:
        return "code in tables", ""
    beyond = physical + machine.word > len(scene.memory)
    said = f"{'beyond memory' if beyond else 'done'} {kind} level {found.level}"
    if outcome != ("beyond" if beyond else "done"):
        return said, f"entry {found.entry:#x}, physical {physical:#x}, it {result}"
    after = Bytes(scene.memory, machine.geometry.entry_bytes, overlay)
    if not beyond and not access.write:
        expected_number = told_by(machine, physical) if access.execute else after.number(physical, machine.word)
        if number != expected_number:
            return said, f"expected {expected_number:#x} from physical {physical:#x}, it {result}"
    if not beyond and access.write:
        after.store(physical, struct.pack("<II", STAMP, STAMP)[: machine.word])
    if changed != after.changes():
        return said, f"memory changed to {changed}, expected {after.changes()}"
    return said, ""


class Bytes:
    """An image of which some entries were written."""

    def __init__(self, memory: bytes, entry_bytes: int, overlay: Overlay) -> None:
        self.memory, self.written = memory, dict[int, int]()
        for index, value in overlay.written.items():
            self.store(index * entry_bytes, value.to_bytes(entry_bytes, "little"))

    def store(self, at: int, value: bytes) -> None:
        """Write bytes."""
        self.written.update(enumerate(value, at))

    def number(self, at: int, size: int) -> int:
        """The bytes from `at` on, as a number."""
        return int.from_bytes(bytes(self.written.get(n, self.memory[n]) for n in range(at, at + size)), "little")

    def changes(self) -> dict[int, int]:
        """Words of four bytes that differ from the image."""
        places = {at & ~3 for at, value in self.written.items() if value != self.memory[at]}
        return {at: self.number(at, 4) for at in places}


def told_by(machine: Machine, place: int) -> int:
    """The number that an instruction at a place of data puts into its register."""
    return place if machine.is_x86 else (place // 8) << 12


def expected_fault(machine: Machine, backend: Backend, fault: int, address: int, access: Access) -> list[Any]:
    """Vector or cause, error code, and the address that the processor keeps."""
    if not machine.is_x86:
        return ["fault", backend.page_fault_cause(access), None, address]
    if fault == NOT_CANONICAL:
        return ["fault", _GENERAL_PROTECTION, 0, 0]
    return ["fault", _PAGE_FAULT, backend.page_fault_code(fault, access), address]


def _more_than_accessed(machine: Machine, scene: Scene, changed: Mapping[int, int]) -> str:
    """A faulting access may mark tables on its way as accessed, and must change nothing else."""
    for at, value in changed.items():
        before = int.from_bytes(scene.memory[at : at + 4], "little")
        if value != before | machine.geometry.accessed or not machine.geometry.table_accessed:
            return f"memory at {at:#x} became {value:#x}, was {before:#x}"
    return ""
