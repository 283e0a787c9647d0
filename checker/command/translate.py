"""`pagelaw translate ADDRESS`: how an address is translated, step by step."""

from __future__ import annotations

from pathlib import Path

import click

from ...spec.geometries import BUILT_IN, Geometry
from ...spec.paging import Access, Image
from ..report.walk import draw_address, draw_walk
from .options import geometry_given


class _Number(click.ParamType[int]):
    """A number in decimal or, with 0x in front, hexadecimal."""

    name = "number"

    def convert(self, value: object, parameter: click.Parameter | None, context: click.Context | None) -> int:
        try:
            number = int(str(value), 0)
        except ValueError:
            number = -1
        if not 0 <= number < 1 << 64:
            self.fail(f"{value!r} is no number of 64 bits; write 0x in front of hexadecimal digits")
        return number


@click.command()
@click.argument("address", type=_Number())
@click.option(
    "--geometry",
    "name",
    default="x86-64",
    show_default=True,
    metavar="NAME|FILE",
    help=f"{', '.join(geometry.name for geometry in BUILT_IN)}, or a JSON file with one of your own.",
)
@click.option("--image", type=click.Path(dir_okay=False, path_type=Path), help="Physical memory, as a file of bytes.")
@click.option("--root", type=_Number(), default="0", help="Physical address of the top table.")
@click.option("--write", is_flag=True, help="The access writes.")
@click.option("--user", is_flag=True, help="The access comes from the user.")
@click.option("--execute", is_flag=True, help="The access fetches an instruction.")
def translate(address: int, name: str, image: Path | None, root: int, write: bool, user: bool, execute: bool) -> None:
    """Show how ADDRESS is translated: its fields, the entries they lead to and, with an image, what is there.

    Exit code 1 if the access faults.
    """
    geometry = geometry_given(name)
    if address >> geometry.address_bits:
        raise click.UsageError(
            f"an address of {geometry.name} has {geometry.address_bits} bits; 0x{address:X} has more"
        )
    if image is None:
        lines = draw_address(geometry, address)
    else:
        lines = draw_walk(geometry, _read_image(image, geometry), root, address, Access(write, user, execute))
    click.echo("\n".join(lines))
    raise click.exceptions.Exit(0 if image is None or lines[-1].endswith("no fault") else 1)


def _read_image(path: Path, geometry: Geometry) -> Image:
    import array
    import sys

    try:
        content = path.read_bytes()
    except OSError as error:
        raise click.UsageError(f"cannot read {path}: {error.strerror}") from error
    words = array.array({4: "I", 8: "Q"}[geometry.entry_bytes])
    words.frombytes(content[: len(content) // geometry.entry_bytes * geometry.entry_bytes])
    if sys.byteorder == "big":
        words.byteswap()
    return Image(words, len(words))
