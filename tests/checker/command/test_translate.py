"""`pagelaw translate`: fields, tables, a walk over bytes, and mistakes in one line."""

import json
import struct
import subprocess
import sys
from pathlib import Path

import pytest


def translate(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pagelaw", "translate", *arguments], capture_output=True, text=True, cwd=cwd, check=False
    )


def test_the_worked_example(tmp_path: Path) -> None:
    """Directory index 0x0AA at byte 0x2A8, table index 0x0E3 at byte 0x38C, byte 0x17F."""
    done = translate("0x2A8E317F", "--geometry", "win32", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.splitlines()[1:] == [
        "  bits   31 22 | 21 12 | 11 0",
        "  field  0x0AA | 0x0E3 | 0x17F",
        "",
        "  table at level 1   entry 0x0AA, byte 0x2A8",
        "  table at level 0   entry 0x0E3, byte 0x38C",
        "  page               byte 0x17F",
    ]


def test_a_folded_level_is_no_table(tmp_path: Path) -> None:
    """Linux's middle level on x86 has one entry and no bits."""
    lines = translate("0x2A8E317F", "--geometry", "linux-i386", cwd=tmp_path).stdout.splitlines()
    assert [line.split()[3] for line in lines if "table at" in line] == ["2", "0"]


def test_a_walk_over_bytes(tmp_path: Path) -> None:
    """Entries as they are read, the physical address, the rights; exit code 1 where the access faults."""
    memory = bytearray(3 << 12)
    struct.pack_into("<I", memory, 0x2A8, 1 << 12 | 0b111)
    struct.pack_into("<I", memory, 0x138C, 2 << 12 | 0b101)
    (tmp_path / "memory").write_bytes(memory)
    there = ("0x2A8E317F", "--geometry", "win32", "--image", "memory")
    done = translate(*there, "--user", cwd=tmp_path)
    assert done.returncode == 0
    assert "level 1: the entry at 0x2A8 is 0x00001007" in done.stdout
    assert "physical address 0x217F, rights: read, user, execute" in done.stdout
    done = translate(*there, "--user", "--write", cwd=tmp_path)
    assert done.returncode == 1
    assert "rights do not allow" in done.stdout
    done = translate("0xFFC00000", "--geometry", "win32", "--image", "memory", cwd=tmp_path)
    assert done.returncode == 1
    assert "not present" in done.stdout
    done = translate(*there, "--root", "0x9000", cwd=tmp_path)
    assert "cannot be read" in done.stdout


def test_an_address_that_is_not_canonical(tmp_path: Path) -> None:
    """Said at once, with and without tables."""
    (tmp_path / "memory").write_bytes(bytes(4096))
    for more in ((), ("--image", "memory")):
        done = translate("0x0000800000000000", *more, cwd=tmp_path)
        assert "not canonical" in done.stdout


def test_a_users_geometry(tmp_path: Path) -> None:
    """From a file, under its own name."""
    (tmp_path / "mine.json").write_text(json.dumps({"name": "mine", "title": "two levels", "index_bits": [9, 9]}))
    assert "0x12 of mine: two levels" in translate("0x12", "--geometry", "mine.json", cwd=tmp_path).stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("zebra",), "no number of 64 bits"),
        (("0x1_0000_0000", "--geometry", "win32"), "32 bits"),
        (("0", "--geometry", "sv40"), "sv39"),
        (("0", "--geometry", "none.json"), "cannot read"),
        (("0", "--geometry", "bad.json"), "no geometry"),
        (("0", "--image", "nowhere"), "cannot read"),
    ],
)
def test_mistakes(arguments: tuple[str, ...], says: str, tmp_path: Path) -> None:
    """Exit code 2 and the reason."""
    (tmp_path / "bad.json").write_text('{"name": "x"}')
    done = translate(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr
