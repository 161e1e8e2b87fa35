"""Who reads the Go notes finds each function of their client here, by its name."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import client

NAMES = """
Client Client.Run Client.menu Client.PublicChat Client.PrivateChat Client.Who Client.Rename Client.UpdateName
Client.DealResponse NewClient
"""


def docstrings() -> list[str]:
    """Return every docstring in the client."""
    documented = ast.Module | ast.ClassDef | ast.FunctionDef
    files = [path.read_text(encoding="utf-8") for path in Path(client.__path__[0]).rglob("*.py")]
    nodes = [node for text in files for node in ast.walk(ast.parse(text)) if isinstance(node, documented)]
    return [ast.get_docstring(node) or "" for node in nodes]


@pytest.mark.parametrize("name", NAMES.split())
def test_a_name_of_the_go_notes_is_found(name: str) -> None:
    """The docstring of its counterpart has a line that ends in `Go: NAME`."""
    lines = [line for text in docstrings() for line in text.splitlines()]
    assert [line for line in lines if line.endswith(f"Go: {name}")]
