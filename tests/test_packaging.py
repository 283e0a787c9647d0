"""What is delivered: the wheel holds every package of the checkout and nothing else."""

import tomllib
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
#: Programs of another language that are built where they are used.
SOURCES = {"checker/targets/wine_agent.c"}
NOT_PACKAGED = {"tests", "examples", "benchmarks", "docs", "build", "dist", "changes"}


def listed_packages() -> set[str]:
    with (ROOT / "pyproject.toml").open("rb") as file:
        return set(tomllib.load(file)["tool"]["setuptools"]["packages"])


def test_every_package_of_the_checkout_is_listed() -> None:
    """A folder with modules that pyproject.toml does not list would be missing for users."""
    folders = {
        ".".join(("pagelaw", *path.parent.relative_to(ROOT).parts))
        for path in ROOT.rglob("__init__.py")
        if not {part for part in path.relative_to(ROOT).parts if part.startswith(".")}
        and path.relative_to(ROOT).parts[0] not in NOT_PACKAGED
    }
    assert folders == listed_packages()


def test_the_installed_files_are_those_of_the_packages() -> None:
    """The wheel has each module of the listed packages, `py.typed`, the source of an agent, and no tests."""
    installed = {
        str(file)
        for wheel in metadata.distributions(name="pagelaw")
        for file in wheel.files or ()
        if file.parts[0] == "pagelaw" and file.suffix != ".pyc"
    }
    if not installed:
        pytest.skip("pagelaw is run from a checkout and not installed")
    wanted = {"pagelaw/py.typed", *(f"pagelaw/{path}" for path in SOURCES)}
    for package in listed_packages():
        folder = ROOT.joinpath(*package.split(".")[1:])
        wanted |= {f"pagelaw/{path.relative_to(ROOT).as_posix()}" for path in folder.glob("*.py")}
    assert installed == wanted


def test_sources_of_other_languages_are_packaged() -> None:
    """Every such file of a package is among the data that pyproject.toml lists, and there is no other."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        data = tomllib.load(file)["tool"]["setuptools"]["package-data"]
    listed = {
        path.relative_to(ROOT).as_posix()
        for package, patterns in data.items()
        for pattern in patterns
        for path in ROOT.joinpath(*package.split(".")[1:]).glob(pattern)
    }
    there = {path.relative_to(ROOT).as_posix() for path in (ROOT / "checker").rglob("*.c")}
    assert listed == SOURCES | {"py.typed"}
    assert there == SOURCES


def test_nothing_heavy_is_required_for_the_core() -> None:
    """Compilers and second solvers are extras; a plain install works without them."""
    required = [line for line in metadata.requires("pagelaw") or [] if "extra ==" not in line] if _installed() else []
    assert not [line for line in required if line.startswith(("numba", "cvc5", "bitwuzla"))]


def _installed() -> bool:
    try:
        metadata.version("pagelaw")
    except metadata.PackageNotFoundError:
        return False
    return True


def test_changes_are_told() -> None:
    """Every fragment in `changes/` has a kind that the changelog knows, and says something."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        kinds = {kind["directory"] for kind in tomllib.load(file)["tool"]["towncrier"]["type"]}
    for path in (ROOT / "changes").glob("*"):
        if path.name != "README.md":
            assert path.suffixes[-1] == ".md"
            assert path.suffixes[-2].strip(".") in kinds
            assert path.read_text(encoding="utf-8").strip()
