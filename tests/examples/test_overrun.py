"""What `examples/overrun.py` prints, word for word."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pagelaw

EXAMPLE = Path(__file__).parents[2] / "examples" / "overrun.py"
PRINTED = """\
bytes too many                0                   1                   12                  13
free memory behind it         silent              silent              silent              silent
a block behind it             silent              silent              silent              neighbour damaged
the end of memory behind it   silent              silent              silent              fatal
in a page heap                silent              fatal               fatal               fatal
"""


def test_the_same_overrun_is_silent_or_fatal() -> None:
    """By what lies behind the block; in a page heap always fatal, from the first byte on."""
    environment = {**os.environ, "PYTHONPATH": str(Path(pagelaw.__file__).parents[1])}
    done = subprocess.run([sys.executable, EXAMPLE], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout == PRINTED
