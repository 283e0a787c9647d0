"""The house stands: layers import downwards only, rooms have no cycles, and light modules stay light."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import pagelaw

HOUSE = Path(pagelaw.__file__).parent
#: Which floors each floor may stand on, itself included.
ALLOWED = {
    "spec": {"spec"},
    "model": {"spec", "model"},
    "proofs": {"spec", "proofs"},
    "checker": {"spec", "model", "proofs", "checker"},
}
#: Third-party packages that each floor may import at all; the standard library is free.
PACKAGES = {
    "spec": {"attrs"},
    "model": {"attrs", "numpy", "numba", "llvmlite"},
    "proofs": {"attrs", "z3", "cvc5", "bitwuzla"},
    "checker": {"attrs", "click", "hypothesis", "numpy", "rich"},
}
MODULES = sorted(path.relative_to(HOUSE) for floor in ALLOWED for path in (HOUSE / floor).rglob("*.py"))


def imports_of(path: Path) -> set[str]:
    """Absolute names of the modules that a file imports, relative imports resolved."""
    package = ("pagelaw", *path.parts[:-1])
    names = set()
    for node in ast.walk(ast.parse((HOUSE / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            stem = list(package[: len(package) - node.level + 1]) if node.level else []
            names.add(".".join([*stem, *([node.module] if node.module else [])]))
            if not node.module:
                names |= {".".join([*stem, alias.name]) for alias in node.names}
    return names


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_imports_go_downwards(path: Path) -> None:
    """No module reaches above its floor."""
    floor = path.parts[0]
    for name in imports_of(path):
        if name.startswith("pagelaw."):
            assert name.split(".")[1] in ALLOWED[floor] | {"__version__"}, f"{path} imports {name}"


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_packages_are_those_of_the_floor(path: Path) -> None:
    """A floor uses only the packages that it is meant to depend on."""
    for name in imports_of(path):
        top = name.split(".")[0]
        if top not in sys.stdlib_module_names and top != "pagelaw":
            assert top in PACKAGES[path.parts[0]], f"{path} imports {name}"


def test_no_cycles() -> None:
    """No module needs, directly or through others, to be imported before itself."""
    edges = {_name(path): imports_of(path) for path in MODULES}
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, f"import cycle: {' -> '.join((*trail, name))}"
        if name in edges and name not in done:
            for target in sorted(edges[name] - {name, name.rpartition(".")[0]}):
                visit(target, (*trail, name))
            done.add(name)

    for name in sorted(edges):
        visit(name, ())


def _name(path: Path) -> str:
    parts = path.parts[:-1] if path.name == "__init__.py" else path.with_suffix("").parts
    return ".".join(("pagelaw", *parts))


def test_the_rule_can_fail() -> None:
    """The two tests above see relative and absolute imports: the command line imports, and it is on the top floor."""
    found = imports_of(Path("checker/command/options.py"))
    assert {"click", "pagelaw.spec.law", "pagelaw.checker.verdict"} <= found


def test_only_two_modules_in_the_root() -> None:
    """Everything else has a room."""
    assert {path.name for path in HOUSE.glob("*.py")} == {"__init__.py", "__main__.py"}


@pytest.mark.parametrize(
    "command", ["import pagelaw", "import pagelaw.checker.command", "import pagelaw.spec.contracts"]
)
def test_light_imports(command: str) -> None:
    """Neither the package nor the command line pulls in a solver, a compiler or a test engine."""
    heavy = ("z3", "numba", "hypothesis", "numpy", "rich", "cvc5", "bitwuzla")
    script = f"import sys\n{command}\nprint([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
