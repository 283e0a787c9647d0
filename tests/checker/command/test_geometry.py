"""Page tables of a geometry of one's own, from a file: judged, told again without it, and mistakes in one line."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pagelaw.spec.geometry_files import geometry_from_json

PAGE_TABLES = Path(__file__).parents[2] / "quality" / "page_tables"
MINE = {
    "name": "mine",
    "title": "8 + 8 + 12 bits, tables of 256 four-byte entries",
    "index_bits": [8, 8],
    "address_bits": 32,
    "sign_extended": False,
    "entry_bytes": 4,
    "leaf_levels": [1],
    "execute": {"inverted": True},
    "global_": 0,
    "frame": "0xFFFFF000",
    "table_rights_levels": [1],
    "reserved_leaf": {"1": "0x000FF000"},
}
#: A manager of page tables that knows nothing of pagelaw, and the same with the pieces of huge pages counted from one.
TARGETS = f"""
import sys
sys.path.insert(0, {str(PAGE_TABLES)!r})
from formats import FORMATS, Intel
from tables import Tables

class Mine(Intel):
    widths = (8, 8)

FORMATS["mine"] = Mine()

class Correct(Tables):
    geometries = ("x86-64", "mine")

class Shifted(Correct):
    def piece(self, entry, index, level):
        return super().piece(entry, index + 1, level)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the geometry and the targets."""
    (tmp_path / "mine.json").write_text(json.dumps(MINE))
    (tmp_path / "targets.py").write_text(TARGETS)
    return tmp_path


def pagelaw(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pagelaw", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=120, check=False)


def check(folder: Path, target: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return pagelaw(folder, "check", "--contract", "translation", target, "--budget", "4", *arguments)


def test_the_documented_file() -> None:
    """The file in the documentation is the geometry of these tests."""
    text = (Path(__file__).parents[3] / "docs" / "translation.md").read_text(encoding="utf-8")
    shown = text.partition("## Geometries")[2].partition("```json\n")[2].partition("```")[0]
    assert geometry_from_json(json.loads(shown)) == geometry_from_json(MINE)


@pytest.mark.parametrize("target", ["./targets.py:Correct", "model:reference"])
def test_a_correct_target_holds(folder: Path, target: str) -> None:
    """In that geometry alone, and by its bytes too."""
    laws = [word for law in ("T3", "T5", "T6.mapped", "T7.split", "L2") for word in ("--law", law)]
    done = check(folder, target, "--geometry", "mine.json", "--judge", "soak", *laws)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith(f"soak {target} (mine; 5 to ")


def test_a_planted_bug_is_found_and_told_again_without_the_file(folder: Path) -> None:
    """The trace says what the geometry is: another process needs nothing else, and a correct target passes."""
    done = check(folder, "./targets.py:Shifted", "--geometry", "mine.json", "--judge", "enumerate")
    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stdout.startswith("T6.mapped mapped is broken")
    [trace] = (folder / "pagelaw-traces").iterdir()
    assert json.loads(trace.read_text())["description"]["index_bits"] == [8, 8]
    (folder / "mine.json").unlink()
    again = pagelaw(folder, "replay", str(trace))
    assert again.returncode == 1, again.stdout + again.stderr
    assert again.stdout.startswith("T6.mapped mapped is broken")
    fixed = pagelaw(folder, "replay", str(trace), "./targets.py:Correct")
    assert fixed.returncode == 0, fixed.stdout + fixed.stderr


def test_a_trace_that_says_otherwise(folder: Path) -> None:
    """A description that contradicts what its name stands for, or is none, is an error that names the file."""
    trace = {
        "format": "pagelaw-trace",
        "version": 1,
        "contract": "translation",
        "calls": [],
        "target": "model:reference",
    }
    trace |= {"arena": {"geometry": "mine", "frames": 2}}
    for description, says in ((MINE | {"name": "pae"}, "another geometry is called 'pae'"), ([], "is a JSON object")):
        (folder / "trace.json").write_text(json.dumps(trace | {"description": description}))
        done = pagelaw(folder, "replay", "trace.json")
        assert done.returncode == 2
        assert "trace.json" in done.stderr
        assert says in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1


def test_one_built_in_geometry_alone(folder: Path) -> None:
    """Also for a target that declares another one, of which nobody has said what it is."""
    done = check(
        folder, "./targets.py:Correct", "--geometry", "x86-64", "--judge", "enumerate", "--law", "C1", "--budget", "1"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("enumerate ./targets.py:Correct (x86-64; ")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--geometry", "none.json"), "cannot read none.json: No such file"),
        (("--geometry", "./targets.py"), "./targets.py is no geometry: Expecting value"),
        (("--geometry", "pae.json"), "another geometry is called 'pae'"),
        (("--geometry", "mine.json", "--geometry", "wide.json"), "another geometry is called 'mine'"),
        (("--geometry", "sv39"), "does not declare the geometry sv39; it declares x86-64, mine"),
        (("--geometry", "strange.json"), "mine: a leaf at level 1 with the rights r would be 0xfff00081"),
        ((), "the target declares 'mine', which is none of win32"),
        (("--contract", "frames", "--geometry", "sv39"), "--geometry belongs to the contract translation"),
    ],
)
def test_mistakes(folder: Path, arguments: tuple[str, ...], says: str) -> None:
    """One line and exit code 2."""
    (folder / "pae.json").write_text(json.dumps(MINE | {"name": "pae"}))
    (folder / "wide.json").write_text(json.dumps(MINE | {"index_bits": [10, 10]}))
    (folder / "strange.json").write_text(json.dumps(MINE | {"reserved_leaf": {"1": "0x80"}}))
    done = check(folder, "./targets.py:Correct", *arguments)
    assert done.returncode == 2, done.stdout + done.stderr
    assert says in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
