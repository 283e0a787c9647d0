"""Each experiment prints what its first lines promise."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

EXPERIMENTS = Path(__file__).parents[2] / "examples" / "experiments"


def promised(path: Path) -> list[str]:
    """The lines under the command in the docstring of a script."""
    described = ast.get_docstring(ast.parse(path.read_text())) or ""
    _, _, shown = described.partition(f"$ python examples/experiments/{path.name}\n")
    return [line.strip() for line in shown.splitlines() if line.strip()]


@pytest.mark.parametrize("path", sorted(EXPERIMENTS.glob("*.py")), ids=lambda path: path.stem)
def test_prints_what_it_promises(path: Path) -> None:
    """The script runs as a user runs it."""
    ran = subprocess.run([sys.executable, path], capture_output=True, text=True, check=True)
    assert promised(path)
    assert [line.strip() for line in ran.stdout.splitlines() if line.strip()] == promised(path)
