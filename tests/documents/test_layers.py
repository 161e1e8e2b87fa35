"""What a file may import: the standard library and lower layers. How long a file may be."""

from __future__ import annotations

import ast
import re
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent

ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
# From the table of layers: each file below the root, and its layer.
TABLE = {
    Path(file): int(layer)
    for layer, file in re.findall(r"^\| (\d+) \| `([a-z_/]+\.py)` \|", ARCHITECTURE, re.MULTILINE)
}
# By package, then by folder or file at the top of the package. In a folder, files may import one another.
LAYERS: dict[str, dict[str, int]] = {"server": {}, "client": {}, "bench": {}}
for file, layer in TABLE.items():
    LAYERS[file.parts[0]][file.parts[1].removesuffix(".py")] = layer
FILES = sorted(
    path.relative_to(ROOT)
    for package in LAYERS
    for path in (ROOT / package).rglob("*.py")
    if path.name != "__init__.py" or path.parent.name == "commands"
)
GO_CORE = """
server handler inlet chat/entries chat/events chat/told chat/room commands/basic log/broadcaster threads/channel
wire/outbox wire/user limits/watchdog
"""


def room_of(parts: tuple[str, ...]) -> str:
    """Return the folder that a file is in, or its own name if it lies at the top of its package."""
    return parts[1] if len(parts) > 2 else parts[-1].removesuffix(".py")


def imported(path: Path, source: str) -> list[tuple[str, ...] | str]:
    """Return what a file imports: parts of a path below the root, or the name of a module from elsewhere."""
    found: list[tuple[str, ...] | str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level:
            base = path.parts[: len(path.parts) - node.level]
            names = node.module.split(".") if node.module else []
            if names and (ROOT.joinpath(*base, *names).is_dir() or not base):
                found += [(*base, *names, alias.name) for alias in node.names]
            elif names:
                found.append((*base, *names))
            else:
                found += [(*base, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found.append(str(node.module))
    return found


def faults(path: Path, source: str) -> list[object]:
    """Return the imports in `source` that the layer of `path` forbids."""
    layers = LAYERS[path.parts[0]]
    here = room_of(path.parts)
    wrong: list[object] = []
    for target in imported(path, source):
        if isinstance(target, str):
            if target.partition(".")[0] not in sys.stdlib_module_names:
                wrong.append(target)
            continue
        there = target[1] if len(target) > 1 else ""
        same_folder = there == here and len(path.parts) > 2
        of_itself = there == "__version__"  # of the package
        if target[0] != path.parts[0] or not (same_folder or of_itself or layers.get(there, 99) < layers[here]):
            wrong.append(target)
    return wrong


def test_the_table_has_every_file_once() -> None:
    """A folder's files all lie in one layer."""
    assert sorted(TABLE) == [path for path in FILES if path.name != "__init__.py"]
    assert all(LAYERS[file.parts[0]][file.parts[1].removesuffix(".py")] == layer for file, layer in TABLE.items())


@pytest.mark.parametrize("path", FILES, ids=str)
def test_a_file_imports_the_standard_library_and_lower_layers_only(path: Path) -> None:
    """A file that is in no layer fails too."""
    assert faults(path, (ROOT / path).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", FILES, ids=str)
def test_a_file_is_no_longer_than_250_lines(path: Path) -> None:
    """A longer file has more than one job."""
    assert len((ROOT / path).read_text(encoding="utf-8").splitlines()) <= 250


def lines_of_code(source: str) -> int:
    """Return how many lines hold code: no docstring, no comment, not blank."""
    tree = ast.parse(source)
    docstrings: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            docstrings |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    lines = enumerate(source.splitlines(), 1)
    return sum(
        bool(line.strip()) and not line.lstrip().startswith("#") and number not in docstrings for number, line in lines
    )


def test_what_the_go_notes_have_can_be_read_in_an_hour() -> None:
    """Less than 1,000 lines of code in a dozen files."""
    files = [ROOT / "server" / f"{name}.py" for name in GO_CORE.split()]
    assert 500 < sum(lines_of_code(file.read_text(encoding="utf-8")) for file in files) < 1000


def test_the_files_of_a_folder_do_not_import_in_a_circle() -> None:
    """Imports that are only for types count too."""
    graph: TopologicalSorter[tuple[str, ...]] = TopologicalSorter()
    for path in FILES:
        for target in imported(path, (ROOT / path).read_text(encoding="utf-8")):
            if isinstance(target, tuple):
                graph.add((*path.parts[:-1], path.stem), target)
    graph.prepare()


@pytest.mark.parametrize(
    "line",
    [
        "import pytest",
        "import server.room",
        "from client import menu",
        "from .. import server",
        "from ..server import ChatServer",
        "from ..handler import Handler",
        "from ..log.broadcaster import Broadcaster",
        "from ..log import broadcaster",
        "from ..limits import watchdog",
        "import os, pytest",
        "from ..unknown import x",
        "from ...client import menu",
    ],
)
def test_a_wrong_import_is_found(line: str) -> None:
    """Each kind of wrong import is planted in a file of the layer of the commands."""
    path = Path("server/commands/planted.py")
    good = "import os\nfrom .registry import Command\nfrom ..chat import names\nfrom ..chat.room import Room\n"
    assert faults(path, good) == []
    assert faults(path, f"{good}def f():\n    {line}\n") != []
