"""PROTOCOL.md against the code and the tests: texts, commands, objects, defaults, and the tests that hold each row."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import pkgutil
import re
import subprocess
import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

import client.menu
import client.program
import server.commands
from server import __version__
from server.chat import names, texts
from server.chat.events import Said, Whispered
from server.chat.for_programs import Refused
from server.chat.kinds import Event
from server.commands.me import Emoted
from server.commands.registry import Request
from server.commands.sessions import Hello
from server.flags import parse_arguments
from server.history import export
from server.settings import Settings
from server.wire.values import NAMES, Values

from ..support.owning import every_command
from ..support.peers import PATIENCE, StrictServer, need, running

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "PROTOCOL.md").read_text(encoding="utf-8")
COMMANDS = every_command()

# PROTOCOL.md names every test of these two files.
NAMED_FILES = ("tests/server/test_says.py", "tests/server/test_go_fixes.py")

# How a text that is only a part of a line stands in PROTOCOL.md. Any other text stands there by itself.
PARTS = {
    "ONLINE": "[ADDR]NAME:{}",
    "OFFLINE": "[ADDR]NAME:{}",
    "LISTED": "[ADDR]NAME:{}",
    "RENAMED": "{}NEW",
    "NAME_BAD": "{}REASON",
    **{
        f"NAME_{reason}": texts.NAME_BAD + "{}"
        for reason in ["TOO_LONG", "BAD_CHARACTER", "LIKE_ADDRESS", "LIKE_COMMAND", "LIKE_SERVER"]
    },
    "ROOM_BAD": "{}REASON",
    "ENTERED": "[ADDR]NAME:{} ROOM",
    "EXITED": "[ADDR]NAME:{} ROOM",
    "LOGGED_IN": "{}NAME",
    "OPERATOR_DID": "{}LINE",
    "IS_MUTED": "{}，直到解除",
    "IS_BANNED": "{}，直到解除",
    "UNTIL": "已禁言 NAME{}",
    "UNTIL_LIFTED": "已封禁 NAME{}",
    "ANNOUNCED": "{}TEXT",
}
# What stands for the braces in a text, where it is not the limit of a line.
FILLED = {
    "FORM": ["FORM"],
    "NAME_TOO_LONG": [f"{names.MAX_NAME}"],
    "UNTIL": ["HH:MM:SS"],
    "IDLE_SOON": ["N"],
    "REPLAY_BEGINS": ["N"],
    "MISSING": ["N"],
    "WHOIS": ["NAME", "ADDR", "HH:MM:SS", "N 分钟"],
    "WHOIS_HELD": ["NAME"],
    "IS_AWAY": ["NAME", "TEXT"],
    "AWAY": ["TEXT"],
    "AWAY_REPLY": ["NAME", "TEXT"],
    "IGNORED": ["NAME"],
    "UNIGNORED": ["NAME"],
    "NOT_IGNORED": ["NAME"],
    "IGNORES": ["NAMES"],
    "ROOM_LISTED": ["ROOM", "N"],
    "IN_ROOM": ["NAME", "ROOM"],
    **{
        text: ["NAME"] for text in ["REGISTERED", "NAME_OWNED", "WORD_NOT_KEPT", "IS_OWNER", "IS_GUEST", "OPERATOR_DID"]
    },
    **{
        text: ["NAME"]
        for text in ["IS_MUTED", "IS_UNMUTED", "NOT_MUTED", "IS_KICKED", "IS_BANNED", "IS_UNBANNED", "NOT_BANNED"]
    },
    "NAME_CLAIMED": ["NAME", "ADDR"],
    "KEPT_WORDS": ["N"],
    "KEPT_WORDS_AGAIN": ["N", "M"],
    "WOULD_HIT": ["N"],
    "BAN_UNTIL": ["NAME", "OPERATOR", "HH:MM:SS"],
    "BAN_FOR_EVER": ["NAME", "OPERATOR"],
}

# The types of objects that an own line can cause, which then has its number. The number is no field of the event itself.
WITH_LINE = {"said", "emote", "whisper", "renamed", "entered"}
# What becomes an entry or an event with a code, and which rows of the page have such codes.
CODED = {
    "done": ("Done", "Refuse", "refuse", "Trouble"),
    "left": ("Leave", "Quit", "Left", "Kicked"),
    "bye": ("Bye", "_refuse"),
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
    """Return the constants of a module that are texts. What is shorter stands for a room."""
    constants = {name: value for name, value in vars(module).items() if name.isupper() and isinstance(value, str)}
    return {name: value for name, value in constants.items() if len(value) > 1}


def exact_lines() -> list[str]:
    """Return every line that must stand in PROTOCOL.md, made from the code."""
    found = [
        Said(time=0.0, name="NAME", addr="ADDR", text="TEXT").line(),
        Whispered(time=0.0, name="SENDER", to="NAME", text="TEXT").line(),
        Emoted(time=0.0, name="NAME", addr="ADDR", text="TEXT").line(),
    ]
    commands = pkgutil.iter_modules(server.commands.__path__, f"{server.commands.__name__}.")
    for module in [texts, export, *(importlib.import_module(command.name) for command in commands)]:
        for name, value in text_constants(module).items():
            filled = value.format(*FILLED.get(name, [Settings().max_line]))
            found.append(PARTS.get(name, "{}").replace("{}", filled))
    found += [*server.commands.discover().help.splitlines(), *COMMANDS.help.splitlines()]
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


def kinds_of(kind: type[Event]) -> Iterator[type[Event]]:
    """Yield all kinds of events of the server that become objects."""
    for other in kind.__subclasses__():
        # A dataclass with slots is made from another class of its name, which may still be there.
        is_real = getattr(sys.modules[other.__module__], other.__name__, None) is other
        if is_real and other.__module__.startswith("server.") and other is not Refused:  # which is told as `done`
            yield other
        yield from kinds_of(other)


def fields_of(kind: type[Event]) -> list[str]:
    """Return the fields of the objects of one kind of event, in their order."""
    fields = [NAMES.get(name, name) for name in kind.shown] or ["text"]
    if kind is Hello:
        fields = list(json.loads(Values().encode(Hello("token", 0, "ADDR", "NAME", "ROOM", 1))))[1:]
    return fields + ["line"] * (kind.type in WITH_LINE)


def objects() -> dict[str, list[str]]:
    """Return the fields of each type of object."""
    found: dict[str, list[str]] = {}
    for kind in kinds_of(Event):
        fields = found.setdefault(kind.type, [])
        fields += [field for field in fields_of(kind) if field not in fields]
    return found


def rows_of(text: str, header: list[str]) -> dict[str, list[list[str]]]:
    """Return the code in each cell of all rows in tables of the section on JSON lines that have this header."""
    found = {}
    for table in tables_in(section(text, "JSON lines")):
        if table.header[: len(header)] == header:
            for row in table.rows:
                found[row[0].strip("`")] = [code_in(cell) for cell in row]
    return found


def faults_of_objects(text: str) -> Iterator[str]:
    """Yield the types whose row is missing or has other fields, and rows of types that are not there."""
    rows = {kind: cells[1] for kind, cells in rows_of(text, ["type", "fields"]).items()}
    expected = objects()
    yield from (f"the type {kind} has no row" for kind in expected.keys() - rows.keys())
    yield from (f"{kind} is not a type" for kind in rows.keys() - expected.keys())
    for kind in rows.keys() & expected.keys():
        if rows[kind] != expected[kind]:
            yield f"{kind} has the fields {expected[kind]}, not {rows[kind]}"


def codes_of(names: Collection[str]) -> set[str]:
    """Return all words that the server gives to what has one of these names, as codes."""
    found = set()
    for path in (ROOT / "server").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and {getattr(node.func, "id", ""), getattr(node.func, "attr", "")} & {*names}:
                arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
                inner = [
                    part for argument in arguments for part in ast.walk(argument) if isinstance(part, ast.Constant)
                ]
                found |= {str(part.value) for part in inner if isinstance(part.value, str)}
    return {word for word in found if re.fullmatch("[a-z]+(_[a-z]+)*", word)}


CODES = {kind: codes_of(names) for kind, names in CODED.items()}
CODES["done"].add(inspect.signature(Request.refuse).parameters["code"].default)


def faults_of_codes(text: str) -> Iterator[str]:
    """Yield the codes without a row, and rows of codes that are not there."""
    words, further = rows_of(text, ["word"]).keys(), rows_of(text, ["code"]).keys()
    expected = CODES["done"] | CODES["left"] | CODES["bye"]
    yield from (f"the code {code} has no row" for code in expected - words - further)
    yield from (f"{code} is not a code" for code in (words | further) - expected)
    yield from (f"{word} is no reason to leave" for word in words - CODES["left"])


def faults(text: str) -> list[str]:
    """Return everything that is wrong with a text as the protocol."""
    return [
        *faults_of_tests(text),
        *faults_of_texts(text),
        *faults_of_commands(text),
        *faults_of_objects(text),
        *faults_of_codes(text),
        *faults_of_defaults(text),
    ]


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
        ("| `/quit` |", "| `/depart` |", "the command quit has no row"),
        ("| `/quit` |", "| `/quit`, `/depart` |", "/depart is not a command"),
        ("| `who`, `/who` |", "| `who`, `/who`, `users` |", "users is not a command"),
        ("| `--rate` | 10 |", "| `--rate` | 11 |", "the default of --rate is 10, not 11"),
        ("| `gap` | `after` |", "| `hole` | `after` |", "the type gap has no row"),
        ("| `gap` | `after` |", "| `hole` | `after` |", "hole is not a type"),
        ("`text` `past` |", "`text` |", "notice has the fields ['text', 'past'], not ['text']"),
        ("`code` `text` | the receipt", "`text` `code` | the receipt", "done has the fields ['line', 'code', 'text']"),
        (
            "`to` `text` `line` |",
            "`to` `text` |",
            "whisper has the fields ['at', 'time', 'name', 'to', 'text', 'line']",
        ),
        ("`hold` `idle` `session`", "`idle` `session`", "hello has the fields ['version', 'hold', 'idle', 'session'"),
        ("| `too_often` |", "| `too_fast` |", "the code too_often has no row"),
        ("| `too_often` |", "| `too_fast` |", "too_fast is not a code"),
        ("| `bad_format` |", "| `format` |", "the code bad_format has no row"),
        ("| `kicked` |", "| `thrown` |", "the code kicked has no row"),
        ("| `resumed` |", "| `moved` |", "the code resumed has no row"),
        ("| `lost` |", "| `full` |", "full is no reason to leave"),
        ("-ip 127.0.0.1", "-ip 0.0.0.0", "the client's defaults are missing"),
        ("| `--max-users` |", "| `--most-users` |", "the default of --max-users is 10000, not None"),
    ],
)
def test_a_planted_fault_of_the_page_is_found(old: str, new: str, fault: str) -> None:
    """Each check can fail."""
    assert old in TEXT
    assert any(found.startswith(fault) for found in faults(TEXT.replace(old, new)))


def example(text: str, port: int) -> tuple[str, str]:
    """Run the first command that a text shows, with another port. Return what it gives, and what the text shows of that."""
    found = re.search(r"^    \$ (.*)\n((?:    .*\n)+)", text, re.MULTILINE)
    assert found
    need("nc")
    command = found[1].replace("127.0.0.1 6666", f"127.0.0.1 {port}")
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=PATIENCE, check=True)
    return done.stdout, "".join(f"{line.removeprefix('    ')}\n" for line in found[2].splitlines())


def test_the_example_is_real(server: StrictServer) -> None:
    """The command at the top of the page gives the lines below it, apart from the port number."""
    given, shown = example(TEXT, server.port)
    addr = given[1:].partition("]")[0]
    assert given.replace(addr, "127.0.0.1:40312") == shown


def test_the_example_of_objects_is_real() -> None:
    """It gives these objects, apart from the port number, the session, the time and where the log begins."""

    def plain(lines: str) -> str:
        start = re.search(r'"at":"(\d+)"', lines)
        assert start
        lines = re.sub(r'"at":"(\d+)"', lambda at: f'"at":"{int(at[1]) - int(start[1])}"', lines)
        lines = re.sub(r'"time":"....-..-..T..:..:..\....Z"', '"time":""', lines)
        return re.sub(r'"127.0.0.1:\d+"', '"ADDR"', re.sub(r'"[0-9a-f]{32}"', '"TOKEN"', lines))

    with running(idle_timeout=10.0) as server:
        given, shown = example(section(TEXT, "JSON lines"), server.port)
    assert plain(given) == plain(shown)
    assert f'"version":"{__version__}"' in given
