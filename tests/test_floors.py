"""The house: which file stands on which, and that nothing else is needed."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

FLOORS = {
    "server": {
        **dict.fromkeys(("__init__", "protocol", "names", "lines", "channel", "settings", "limits", "log"), 0),
        "outbox": 1,
        "user": 2,
        "room": 3,
        **dict.fromkeys(("commands", "watchdog"), 4),
        "handler": 5,
        "server": 6,
        "__main__": 7,
    },
    "bench": {"__init__": 0, "cases": 0, "load": 1, "report": 1, "measure": 2, "chart": 2, "__main__": 3},
    "client": {
        **dict.fromkeys(("__init__", "text", "requests", "replies", "events", "backoff", "history", "completion"), 0),
        **dict.fromkeys(("shown", "keys", "connection", "keyboard", "signals", "menu"), 1),
        **dict.fromkeys(("conversation", "theme", "editor", "display"), 2),
        **dict.fromkeys(("link", "plain", "screen"), 3),
        "client": 4,
        "__main__": 5,
    },
}
FILES = sorted(path.relative_to(ROOT) for package in FLOORS for path in (ROOT / package).rglob("*.py"))


def faults(package: str, module: str, source: str) -> list[str]:
    """The imports in SOURCE that its floor forbids."""
    floors = FLOORS[package]
    found: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            prefix = "." * node.level
            names = [prefix + node.module] if node.module else [prefix + alias.name for alias in node.names]
        else:
            continue
        for name in names:
            if name.startswith(".") and not name.startswith(".."):
                allowed = floors.get(name[1:], 99) < floors[module]
            else:
                allowed = name.partition(".")[0] in sys.stdlib_module_names
            found += [] if allowed else [name]
    return found


@pytest.mark.parametrize("path", FILES, ids=str)
def test_a_file_imports_the_standard_library_and_lower_floors_only(path: Path) -> None:
    """A file that no floor is known of fails too."""
    assert faults(path.parts[0], path.stem, (ROOT / path).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", FILES, ids=str)
def test_a_file_is_no_longer_than_250_lines(path: Path) -> None:
    """More is more than one job."""
    assert len((ROOT / path).read_text(encoding="utf-8").splitlines()) <= 250


@pytest.mark.parametrize(
    "line",
    [
        "import pytest",
        "import server.room",
        "from client import menu",
        "from . import server",
        "from .watchdog import Watchdog",
        "from .commands import do_message",
        "from . import names, server",
        "import os, pytest",
        "from .unknown import x",
        "from ..client import menu",
    ],
)
def test_a_wrong_import_is_found(line: str) -> None:
    """Each kind of it, planted in a file of the fourth floor."""
    assert faults("server", "commands", "import os\nfrom .room import Room\nfrom . import names\n") == []
    assert faults("server", "commands", f"import os\nfrom .room import Room\ndef f():\n    {line}\n") != []
