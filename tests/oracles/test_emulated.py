"""The walker against an emulated processor that walks the same tables: x86 in four ways of paging, RISC-V in three."""

import functools

import pytest

from .compare import Recording, Tally, compare, record
from .machines import MACHINES

pytest.importorskip("unicorn", reason="needs an emulated processor: pip install unicorn")

pytestmark = pytest.mark.expensive
NAMES = [machine.name for machine in MACHINES]
IMAGES, ACCESSES = 24, 125


@functools.cache
def recording_of(name: str) -> Recording:
    """What the processor of this name did with random tables."""
    [machine] = [machine for machine in MACHINES if machine.name == name]
    return record(machine, images=IMAGES, accesses=ACCESSES, seed=11)


def covered(tally: Tally) -> set[str]:
    """Outcomes and levels, without the kinds of access."""
    return {
        " ".join(part for part in said.split() if part not in ("r", "w", "x", "ru", "wu", "xu")) for said in tally.seen
    }


@pytest.mark.parametrize("name", NAMES)
def test_every_access_comes_to_the_same(name: str) -> None:
    """Thousands of accesses: data, fault, error code or cause, faulting address, accessed and dirty bits."""
    recording = recording_of(name)
    tally = compare(recording)
    assert tally.wrong == []
    assert sum(tally.seen.values()) == IMAGES * ACCESSES
    geometry = recording.machine.geometry
    levels = {f"done level {level}" for level in (0, *geometry.leaf_levels)}
    canonical = {"not canonical"} if geometry.translated_bits < geometry.address_bits else set()
    missing = levels | {"absent", "malformed", "refused"} | canonical
    assert missing <= covered(tally), tally.seen


ERRORS = [
    ("win32", "FRAME_SHIFT", 13),
    ("win32", "RESERVED_LEAF_1", 0),
    ("win32", "EXECUTE", 1 << 63),
    ("pae", "TABLE_RIGHTS_LEVELS", 0b110),
    ("pae", "INDEX_BITS", 0x01_09_09),
    ("x86-64", "LEVEL_SHIFTS", 0x27_1E_16_0C),
    ("x86-64", "TABLE_RIGHTS_LEVELS", 0b0110),
    ("x86-64", "RESERVED_LEAF_1", 0),
    ("x86-64", "SIGN_BIT", 1 << 46),
    ("x86-64", "TABLE_ACCESSED", 0),
    ("x86-64", "LEAF_LEVELS", 0b0011),
    ("x86-64-la57", "UPPER_BITS", 0xFFFF << 48),
    ("sv32", "MEANINGLESS", 1),
    ("sv39", "READ", 0b1010),
    ("sv39", "SUPERVISOR_USES_USER", 1),
    ("sv39", "DIRTY", 1 << 8),
    ("sv48", "RESERVED_LEAF_2", 0),
    ("sv48", "STORE_PAGE_FAULT", 7),
]


@pytest.mark.parametrize(("name", "constant", "value"), ERRORS)
def test_an_error_in_the_walker_is_seen(name: str, constant: str, value: int) -> None:
    """One wrong number of a geometry, and the processor disagrees."""
    recording = recording_of(name)
    assert recording.machine.geometry.constants().get(constant, 15) != value
    assert compare(recording, {constant: value}).wrong
