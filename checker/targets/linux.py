"""The running Linux kernel as an implementation that somebody else wrote and everybody uses.

`/proc/kpageflags` tells of each frame whether it is in a free block, `/proc/buddyinfo` how many free blocks of each
order each zone has. The two are joined by the law under test: if no two free buddies stay apart (A4), the free
blocks are a function of the free frames (A7). So the frames that the kernel calls free are given to the
specification's own `admit`, and the blocks that it makes of them are counted and compared::

    kpageflags --KPF_BUDDY--> free frames --admit--> free blocks --count by order--> == buddyinfo ?

The kernel goes on allocating meanwhile. A comparison counts only if buddyinfo is the same before and after the
flags were read, and a difference only if it is seen twice in a row.

Source: Linux Documentation/admin-guide/mm/pagemap.rst (kpageflags, bit 10) and filesystems/proc.rst (buddyinfo).
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs

from ...spec.frames import ORDERS
from ...spec.law import Law
from ..verdict import Finding, Judgement, Verdict
from .linux_pages import TARGET as PAGES
from .linux_pages import judge_pages
from .target import TargetError

_KPAGEFLAGS = Path("/proc/kpageflags")
_BUDDYINFO = Path("/proc/buddyinfo")
_ZONEINFO = Path("/proc/zoneinfo")
_KPF_BUDDY = 1 << 10
_ENTRY_BYTES = 8
_READ_AT_ONCE = 1 << 22
#: Comparisons that must come out clean in each zone, and attempts that each may take while the kernel is busy.
_COMPARISONS = 3
_ATTEMPTS = 40
#: Frames that are decomposed in reasonable time without compiled code.
_UNCOMPILED_FRAMES = 1 << 16


@attrs.frozen
class Zone:
    """A zone of the kernel's physical memory: frames `start` to `start + spanned - 1`."""

    node: int
    name: str
    start: int
    spanned: int

    @property
    def label(self) -> str:
        """The zone as buddyinfo names it."""
        return f"node {self.node} {self.name}"


def judge_linux(target: str, laws: Sequence[Law]) -> Judgement:
    """Hold the running kernel's free memory against A4 and A7; everything else is not judged, with the reason.

    `linux:pages` holds its page tables against the laws of translation (`linux_pages`).
    """
    if target == PAGES:
        return judge_pages(target, laws)
    if target != "linux:buddy":
        raise TargetError(f"unknown system {target!r}; the running kernel is judged as linux:buddy and linux:pages")
    started = time.perf_counter()
    reason = why_not()
    if reason:
        findings = [Finding(law.id, Verdict.NOT_JUDGED, reason) for law in laws]
        return Judgement("system", target, findings, seconds=time.perf_counter() - started)
    results = [_judge_zone(zone) for zone in read_zones(_ZONEINFO.read_text(encoding="ascii"))]
    compared = [result for result in results if result.orders]
    findings = [_finding(law, results) for law in laws]
    return Judgement(
        "system",
        target,
        findings,
        seconds=time.perf_counter() - started,
        size=", ".join(result.zone.label for result in compared) or "no zone",
        counts={
            "zones": len(compared),
            "comparisons": sum(result.orders for result in compared) // ORDERS,
            "frames": sum(result.zone.spanned for result in compared),
            "free frames": sum(result.free_frames for result in compared),
        },
        notes=tuple(f"{result.zone.label}: {result.unknown}" for result in results if result.unknown),
    )


def why_not() -> str:
    """Why the kernel cannot be judged here, with the remedy; empty where it can."""
    for path in (_KPAGEFLAGS, _BUDDYINFO, _ZONEINFO):
        if not path.exists():
            return f"this system has no {path}"
        try:
            with path.open("rb") as file:
                file.read(_ENTRY_BYTES)
        except OSError as error:
            return f"{path} cannot be read ({error.strerror}): run as root"
    return ""


@attrs.frozen
class _ZoneResult:
    """What came of one zone: how many orders were compared, and what differs or is unknown."""

    zone: Zone
    orders: int = 0
    free_frames: int = 0
    difference: str = ""
    unknown: str = ""


def read_zones(text: str) -> list[Zone]:
    """The zones of /proc/zoneinfo that have frames."""
    zones = []
    for part in re.split(r"^(?=Node \d+, zone)", text, flags=re.MULTILINE):
        name = re.match(r"Node (\d+), zone\s+(\S+)", part)
        spanned = re.search(r"^\s+spanned\s+(\d+)", part, flags=re.MULTILINE)
        start = re.search(r"^\s+start_pfn:\s+(\d+)", part, flags=re.MULTILINE)
        if name and spanned and start and int(spanned[1]):
            zones.append(Zone(int(name[1]), name[2], int(start[1]), int(spanned[1])))
    return zones


def read_buddyinfo(text: str) -> dict[tuple[int, str], list[int]]:
    """Free blocks of each order, by node and zone."""
    counts = {}
    for line in text.splitlines():
        match = re.match(r"Node (\d+), zone\s+(\S+)\s+([\d\s]+)$", line)
        if match:
            counts[int(match[1]), match[2]] = [int(count) for count in match[3].split()]
    return counts


def _judge_zone(zone: Zone) -> _ZoneResult:
    """Compare until the comparisons asked for came out, or the kernel was too busy."""
    import numpy as np

    from ...model.fast.backend import is_compiled, why_not_compiled
    from ...model.fast.snapshot import free_blocks_of

    if not is_compiled() and zone.spanned > _UNCOMPILED_FRAMES:
        return _ZoneResult(zone, unknown=f"{zone.spanned} frames are too many: {why_not_compiled()}")
    compared, free_frames, seen = 0, 0, ""
    for _ in range(_ATTEMPTS):
        before = _counts(zone)
        flags = _read_flags(zone)
        if before != _counts(zone):
            continue
        free = (flags & np.uint64(_KPF_BUDDY)) != 0
        ours = free_blocks_of(free, zone.start)
        free_frames = int(free.sum())
        if ours == before:
            compared, seen = compared + 1, ""
        else:
            difference = f"buddyinfo counts {before}, the free frames make up {ours}"
            if seen == difference:
                return _ZoneResult(zone, compared * ORDERS, free_frames, difference=f"{zone.label}: {difference}")
            seen = difference
        if compared == _COMPARISONS:
            break
    unknown = "" if compared else f"buddyinfo changed during each of {_ATTEMPTS} scans"
    return _ZoneResult(zone, compared * ORDERS, free_frames, unknown=unknown)


def _counts(zone: Zone) -> list[int]:
    """What buddyinfo says of a zone now."""
    return read_buddyinfo(_BUDDYINFO.read_text(encoding="ascii")).get((zone.node, zone.name), [])


def _read_flags(zone: Zone) -> Any:
    """The flags of the zone's frames; frames that the file does not reach are not free."""
    import numpy as np

    flags = np.zeros(zone.spanned, np.uint64)
    with _KPAGEFLAGS.open("rb", buffering=0) as file:
        file.seek(zone.start * _ENTRY_BYTES)
        place, view = 0, flags.view(np.uint8).data
        while place < len(view):
            size = file.readinto(view[place : place + _READ_AT_ONCE])
            if not size:
                break
            place += size
    return flags


def _finding(law: Law, results: Sequence[_ZoneResult]) -> Finding:
    if law.id not in ("A4", "A7"):
        return Finding(law.id, Verdict.NOT_JUDGED, "the kernel tells which frames are free and how many blocks")
    different = [result.difference for result in results if result.difference]
    cases = sum(result.orders for result in results)
    if different:
        return Finding(law.id, Verdict.BROKEN, different[0], cases)
    unknown = [result for result in results if result.unknown]
    if unknown or not cases:
        return Finding(law.id, Verdict.UNKNOWN, unknown[0].unknown if unknown else "no zone has frames", cases)
    return Finding(law.id, Verdict.HOLDS, "free frames make up exactly the blocks that buddyinfo counts", cases)
