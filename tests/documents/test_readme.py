"""What both READMEs say is what the programs know: commands, flags, defaults, files, make targets."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import pytest

import client.program
import server.flags

from ..support.owning import every_command

ROOT = Path(__file__).parents[2]
READMES = {name: (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.zh.md")}
DOCUMENTS = {path.name: path.read_text(encoding="utf-8") for path in ROOT.glob("*.md")}
FLAG = re.compile(r"^\| `(-[^|]*)` \|([^|]*)\|", re.MULTILINE)


@pytest.mark.parametrize("name", READMES)
def test_every_command_has_its_row(name: str) -> None:
    """With its slash, and without it where it is known so; and no row has a command that there is not."""
    first_cells = " ".join(re.findall(r"^\| (.*?) \|", READMES[name].replace(r"\|", "¦"), re.MULTILINE))
    commands = every_command().commands
    written = set(re.findall(r"`(/?[a-z]+(?:-[a-z]+)*)(?=[ ¦`])", first_cells))
    assert written == {f"/{word}" for word in commands} | {word for word in commands if commands[word].plain}


def flags(parser: argparse.ArgumentParser) -> dict[str, str]:
    """Return the long form of each flag, and its default as a document writes it."""
    found = {}
    for action in parser._actions:
        shown = action.default if isinstance(action.default, str) else f"{action.default or 0:g}"
        has_default = action.default is not None and action.nargs != 0
        found[action.option_strings[-1]] = shown if has_default else ""
    del found["--help"]
    return {flag: "" if default == argparse.SUPPRESS else default for flag, default in found.items()}


@pytest.mark.parametrize("name", READMES)
def test_every_flag_of_the_server_has_its_row(name: str) -> None:
    """With its default, and in the same order as in `--help`."""
    rows = [(re.findall(r"--[a-z-]+", cell)[-1], default.strip()) for cell, default in FLAG.findall(READMES[name])]
    assert rows == list(flags(server.flags.make_parser()).items())


def test_every_flag_of_the_client_has_its_row() -> None:
    """Some share one."""
    table = "".join(re.findall(r"^\| `-.*? \|", DOCUMENTS["CLIENT.md"], re.MULTILINE))
    assert set(re.findall(r"--[a-z-]+", table)) == flags(client.program.make_parser()).keys()


def test_the_two_languages_have_the_same_rows() -> None:
    """As many tables with as many rows, and the same links but for the language."""
    english, chinese = READMES.values()
    assert [line.count("|") for line in english.splitlines() if line.startswith("|")] == [
        line.count("|") for line in chinese.splitlines() if line.startswith("|")
    ]
    links = [set(re.findall(r"\]\(([^)]*)\)", text.replace(".zh.md", ".md"))) for text in (english, chinese)]
    assert links[0] == links[1]
    assert re.findall(r"(?m)^## ", english) == re.findall(r"(?m)^## ", chinese)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_link_leads_to_a_file(name: str) -> None:
    """None is left behind when a page moves."""
    for target in re.findall(r"\]\((?!https?:)([^)#]*)\)", DOCUMENTS[name]):
        assert (ROOT / target).exists(), target


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_make_target_is_there(name: str) -> None:
    """That a document tells people to run."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z-]+)", DOCUMENTS[name])) <= targets
    assert set(re.findall(r"^    make ([a-z-]+)", DOCUMENTS[name], re.MULTILINE)) <= targets


def test_every_page_is_linked_from_the_readme() -> None:
    """Directly, or from another page."""
    linked = {target for text in DOCUMENTS.values() for target in re.findall(r"\]\(([A-Z]+(?:\.zh)?\.md)", text)}
    assert linked == DOCUMENTS.keys()
