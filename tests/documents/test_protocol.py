"""PROTOCOL.md against the code and the tests: texts, commands, defaults, and the tests that hold each row."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

import client.menu
import client.program
import server.commands
from server.chat import names, texts
from server.chat.events import Said, Whispered
from server.commands.me import Emoted
from server.flags import parse_arguments
from server.settings import Settings

from ..support.peers import PATIENCE, StrictServer, need

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "PROTOCOL.md").read_text(encoding="utf-8")
COMMANDS = server.commands.discover()

# PROTOCOL.md names every test of these two files.
NAMED_FILES = ("tests/server/test_says.py", "tests/server/test_go_fixes.py")

# How a text that is only a part of a line stands in PROTOCOL.md. Any other text stands there by itself.
PARTS = {
    "ONLINE": "[ADDR]NAME:{}",
    "OFFLINE": "[ADDR]NAME:{}",
    "LISTED": "[ADDR]NAME:{}",
    "RENAMED": "{}NEW",
    "NAME_BAD": "{}REASON",
}


@dataclass
class Table:
    """A table of a Markdown text: cells without the spaces around them."""

    header: list[str]
    rows: list[list[str]]


def code_in(text: str) -> list[str]:
    """Return what stands in code spans, and each line of a fenced code block. A `\\|` of a table is returned as `|`."""
    pieces = re.split(r"^```\w*\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
    spans = [span.replace(r"\|", "|") for piece in pieces[::2] for span in re.findall("`([^`\n]+)`", piece)]
    return spans + [line for block in pieces[1::2] for line in block.splitlines()]


def tables_in(text: str) -> list[Table]:
    """Return all tables of a Markdown text."""
    found = []
    for block in re.findall(r"(?:^\|.*\|$\n?)+", text, re.MULTILINE):
        header, _, *rows = (
            [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in block.splitlines()
        )
        found.append(Table(header, rows))
    return found


def section(text: str, title: str) -> str:
    """Return one section of a Markdown text, without its title."""
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"there is no section {title!r}"
    return found[1]


def names_of_tests(source: str) -> list[str]:
    """Return the names of the test functions in a file, without running it."""
    return [
        node.name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]


def all_tests() -> dict[str, list[str]]:
    """Return the files of each test's name."""
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for name in names_of_tests(path.read_text(encoding="utf-8")):
            found.setdefault(name, []).append(str(path.relative_to(ROOT)))
    return found


TESTS = all_tests()


def references(text: str) -> list[tuple[str, str]]:
    """Return the tests that a text names, as (file, name). The file is empty where only the name is given."""
    found = (re.fullmatch(r"(?:(\w+\.py)::)?(test_\w+)", span) for span in code_in(text))
    return [(match[1] or "", match[2]) for match in found if match]


def resolve(file: str, name: str) -> list[str]:
    """Return the paths of the test files that a reference can mean."""
    return [path for path in TESTS.get(name, []) if not file or Path(path).name == file]


def faults_of_tests(text: str) -> Iterator[str]:
    """Yield references that do not mean exactly one test, rows without one, and tests that should be named."""
    named = set()
    for file, name in references(text):
        paths = resolve(file, name)
        named |= {(path, name) for path in paths}
        if len(paths) != 1:
            yield f"{file} {name} means {paths or 'no test'}"
    for table in tables_in(text):
        if table.header[-1] != "tests":
            yield f"a table has no tests: {table.header}"
        yield from (f"a row has no tests: {row}" for row in table.rows if not references(row[-1]))
    for path in NAMED_FILES:
        for name in names_of_tests((ROOT / path).read_text(encoding="utf-8")):
            if (path, name) not in named:
                yield f"{path}::{name} is not named"


def text_constants(module: ModuleType) -> dict[str, str]:
    """Return the constants of a module that are texts."""
    return {name: value for name, value in vars(module).items() if name.isupper() and isinstance(value, str)}


def exact_lines() -> list[str]:
    """Return every line that must stand in PROTOCOL.md, made from the code."""
    found = [texts.NAME_BAD + reason for reason in text_constants(names).values()]
    found += [
        Said(time=0.0, name="NAME", addr="ADDR", text="TEXT").line(),
        Whispered(time=0.0, name="SENDER", text="TEXT").line(),
        Emoted(time=0.0, name="NAME", addr="ADDR", text="TEXT").line(),
    ]
    commands = pkgutil.iter_modules(server.commands.__path__, f"{server.commands.__name__}.")
    for module in [texts, *(importlib.import_module(command.name) for command in commands)]:
        for name, value in text_constants(module).items():
            found.append(PARTS.get(name, "{}").replace("{}", value).replace("{}", str(Settings().max_line)))
    found += COMMANDS.help.splitlines()
    menu = text_constants(client.menu)
    del menu["HELP"]  # it explains the client's keys, and is no line of the protocol
    return found + [line for value in menu.values() for line in value.splitlines()]


def faults_of_texts(text: str) -> Iterator[str]:
    """Yield the lines that a text should have as code, and has not."""
    shown = code_in(text)
    yield from (f"{line!r} is missing" for line in exact_lines() if line not in shown)


def faults_of_commands(text: str) -> Iterator[str]:
    """Yield commands without a row, and rows without a command."""
    rows = tables_in(section(text, "Commands"))[0].rows
    words = {re.split("[ |]", form)[0] for row in rows for form in code_in(row[0])}
    for word, command in COMMANDS.commands.items():
        if f"/{word}" not in words or (command.plain and word not in words):
            yield f"the command {word} has no row"
    for word in words:
        if re.match("/?[a-z]", word) and word.removeprefix("/") not in COMMANDS.commands:
            yield f"{word} is not a command"


def faults_of_defaults(text: str) -> Iterator[str]:
    """Yield the flags whose default is not the one that the text shows."""
    flags = client.program.make_parser().parse_args([])
    if f"python3 -m client -ip {flags.ip} -port {flags.port}" not in code_in(text):
        yield "the client's defaults are missing"
    shown = {row[1].strip("`"): row[2] for row in tables_in(section(text, "Limits and refusals"))[0].rows}
    for name, value in vars(parse_arguments([])).items():
        flag = f"--{name.replace('_', '-')}"
        if type(value) in (int, float) and name != "port" and shown.get(flag) != f"{value:g}":
            yield f"the default of {flag} is {value:g}, not {shown.get(flag)}"


def faults(text: str) -> list[str]:
    """Return everything that is wrong with a text as the protocol."""
    return [*faults_of_tests(text), *faults_of_texts(text), *faults_of_commands(text), *faults_of_defaults(text)]


def test_the_protocol_is_what_the_code_and_the_tests_say() -> None:
    """Every row has a test that exists, every text is exact, every command and every default is there."""
    assert faults(TEXT) == []


@pytest.mark.parametrize("line", sorted(set(exact_lines())))
def test_a_text_that_is_not_exact_is_found(line: str) -> None:
    """One more character is enough."""
    escaped = line.replace("|", r"\|")
    planted = TEXT.replace(f"`{escaped}`", f"`{escaped}.`").replace(f"\n{line}\n", f"\n{line}.\n")
    assert f"{line!r} is missing" in faults(planted)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("`test_who`", "`test_nothing`", " test_nothing means no test"),
        ("`test_who`", "who", "a row has no tests: ['`who`', 'the asker, one line for each user online'"),
        ("test_lines.py::", "test_says.py::", "test_says.py test_a_line_is_a_line_however_it_was_cut means no test"),
        ("test_lines.py::", "", " test_a_line_is_a_line_however_it_was_cut means ['tests/"),
        ("`test_rename_taken`", "`test_rename_done`", "tests/server/test_says.py::test_rename_taken is not named"),
        ("`test_no_line_can_be_forged`", "", "tests/server/test_go_fixes.py::test_no_line_can_be_forged is not named"),
        ("| rule | tests |", "| rule | why |", "a table has no tests: ['rule', 'why']"),
        ("| `who`, `/who` |", "| `/who` |", "the command who has no row"),
        ("| `/quit` |", "| `/leave` |", "the command quit has no row"),
        ("| `/quit` |", "| `/quit`, `/leave` |", "/leave is not a command"),
        ("| `who`, `/who` |", "| `who`, `/who`, `users` |", "users is not a command"),
        ("| `--rate` | 10 |", "| `--rate` | 11 |", "the default of --rate is 10, not 11"),
        ("-ip 127.0.0.1", "-ip 0.0.0.0", "the client's defaults are missing"),
        ("| `--max-users` |", "| `--most-users` |", "the default of --max-users is 10000, not None"),
    ],
)
def test_a_planted_fault_of_the_page_is_found(old: str, new: str, fault: str) -> None:
    """Each check can fail."""
    assert old in TEXT
    assert any(found.startswith(fault) for found in faults(TEXT.replace(old, new)))


def test_the_example_is_real(server: StrictServer) -> None:
    """The command at the top of the page gives the lines below it, apart from the port number."""
    found = re.search(r"^    \$ (.*)\n((?:    .*\n)+)", TEXT, re.MULTILINE)
    assert found
    need("nc")
    command = found[1].replace("127.0.0.1 6666", f"127.0.0.1 {server.port}")
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=PATIENCE, check=True)
    addr = done.stdout[1:].partition("]")[0]
    shown = "".join(f"{line.removeprefix('    ')}\n" for line in found[2].splitlines())
    assert done.stdout.replace(addr, "127.0.0.1:40312") == shown
