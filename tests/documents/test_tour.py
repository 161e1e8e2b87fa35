"""What the tour quotes and names is what the code has, in both languages."""

from __future__ import annotations

import ast
import doctest
import re
import textwrap
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from server.chat.entries import Close, Leave, Say
from server.log.broadcaster import Broadcaster
from server.ops.trace import Trace

from ..support.chatting import COMMANDS
from ..support.pretend import PretendOutbox, pretend_user

ROOT = Path(__file__).parents[2]
TOURS = {name: (ROOT / name).read_text(encoding="utf-8") for name in ("TOUR.md", "TOUR.zh.md")}
ENGLISH, CHINESE = TOURS.values()
LONGEST_BLOCK = 25  # lines

Definition = ast.Module | ast.ClassDef | ast.FunctionDef
DEFINITIONS = (ast.Module, ast.ClassDef, ast.FunctionDef)

_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_QUOTE = re.compile(r"^`([\w/]+\.py)` · `([\w.]+)`\n```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_ROW = re.compile(r"^\| (.*) \| (.*) \| `([\w/]+\.py)` \|$", re.MULTILINE)
_CODE = re.compile(r"`([^`]+)`")
# In the prose, a name of the Go program or of Go's library looks like one of these; some names of ours do, too.
_NAME = re.compile(r"[A-Z]\w*(\.\w+)?|[a-z]+[A-Z]\w*|[a-z]+\.[A-Z]\w*")


@dataclass(frozen=True)
class Quote:
    """A block of Python. `name` is the function or class that it is from."""

    file: str
    name: str
    code: str


@dataclass(frozen=True)
class Row:
    """A row of the tables of names. Without `here` the whole file is the counterpart."""

    go: tuple[str, ...]
    here: str
    file: str


def quotes(text: str) -> list[Quote]:
    """Return the blocks of Python."""
    return [Quote(*found) for found in _QUOTE.findall(text)]


def rows(text: str) -> list[Row]:
    """Return the rows of the tables of names. A cell may hold words between its names."""
    found = []
    for go, here, file in _ROW.findall(text):
        found.append(Row(tuple(sorted(_CODE.findall(go))), "".join(_CODE.findall(here)), file))
    return found


def fences(text: str) -> list[tuple[str, str]]:
    """Return all blocks, each with its kind."""
    return _FENCE.findall(text)


def names(text: str) -> set[str]:
    """Return what stands in the prose and in the tables as code."""
    return {" ".join(code.split()) for code in _CODE.findall(_FENCE.sub("", text))}


@cache
def parse(file: str) -> tuple[ast.Module, list[str]]:
    """Return a file of the source, also as lines."""
    text = (ROOT / file).read_text(encoding="utf-8")
    return ast.parse(text), text.splitlines()


def find(file: str, name: str) -> Definition | None:
    """Return what is defined in a file under a dotted name. Without a name, return the file itself."""
    node: Definition = parse(file)[0]
    for part in name.split(".") if name else ():
        inner = [child for child in node.body if isinstance(child, DEFINITIONS[1:]) and child.name == part]
        if not inner:
            return None
        node = inner[0]
    return node


def is_quoted_well(quote: Quote) -> bool:
    """Return whether the lines of a block stand in the source in this order, with nothing left out but at an elision.

    An elision is a line `...` or `# ...`. All lines of a block may be indented less than in the source, by the same.
    """
    node = find(quote.file, quote.name)
    if node is None or isinstance(node, ast.Module):
        return False
    source = parse(quote.file)[1][node.lineno - 1 : node.end_lineno]
    runs: list[list[str]] = [[]]
    for line in quote.code.splitlines():
        if line.strip() in ("...", "# ..."):
            runs.append([])
        else:
            runs[-1].append(line)
    return any(_occur(runs, source, " " * indent) for indent in range(0, 24, 4))


def _occur(runs: list[list[str]], source: list[str], indent: str) -> bool:
    start = 0
    for run in runs:
        wanted = [indent + line if line else "" for line in run]
        while source[start : start + len(wanted)] != wanted:
            start += 1
            if start > len(source):
                return False
        start += len(wanted)
    return True


def says_go(row: Row) -> bool:
    """Return whether the docstring of a row's counterpart says `Go:` and each of the Go names."""
    node = find(row.file, row.here)
    docstring = ast.get_docstring(node) if node else None
    said = " ".join(re.findall(r"Go: (.*)", docstring or ""))
    return bool(row.go) and all(re.search(rf"(?<![\w.]){re.escape(go)}(?!\w|\.\w)", said) for go in row.go)


@cache
def our_names() -> frozenset[str]:
    """Return each class of the source, and `Class.name` for each name that stands in a class."""
    found = set()
    for package in ("server", "client"):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(parse(str(path.relative_to(ROOT)))[0]):
                if isinstance(node, ast.ClassDef):
                    found.add(node.name)
                    found |= {f"{node.name}.{name}" for name in _names_in(node)}
    return frozenset(found)


def _names_in(node: ast.ClassDef) -> set[str]:
    inner = list(ast.walk(node))
    found = {child.attr for child in inner if isinstance(child, ast.Attribute)}
    return found | {child.name for child in inner if isinstance(child, ast.FunctionDef)}


def unknown_names(text: str) -> set[str]:
    """Return what looks like a name in the prose, and is neither a Go name of a table nor a name of ours."""
    known = our_names().union(*(row.go for row in rows(text)))
    return {name for name in names(text) if _NAME.fullmatch(name)} - known


def go_names(text: str) -> set[str]:
    """Return the Go names that a text mentions."""
    return names(text) & set().union(*(row.go for row in rows(ENGLISH)))


def sections(text: str) -> list[str]:
    """Return the sections."""
    return text.split("\n## ")


@pytest.mark.parametrize("quote", quotes(ENGLISH), ids=lambda quote: quote.name)
def test_a_block_is_in_the_source(quote: Quote) -> None:
    """Line by line, in the function or class that it names; and it is short."""
    assert is_quoted_well(quote)
    assert len(quote.code.splitlines()) <= LONGEST_BLOCK


@pytest.mark.parametrize("name", TOURS)
def test_every_block_of_python_says_where_it_is_from(name: str) -> None:
    """So that none of them is left unchecked."""
    assert len(quotes(TOURS[name])) == sum(kind == "python" for kind, _ in fences(TOURS[name])) >= 10


@pytest.mark.parametrize("row", rows(ENGLISH), ids=lambda row: f"{' '.join(row.go)}-{row.here}")
def test_a_go_name_is_found_at_its_counterpart(row: Row) -> None:
    """In the docstring."""
    assert says_go(row)


@pytest.mark.parametrize("name", TOURS)
def test_every_name_is_one_of_the_notes_or_one_of_ours(name: str) -> None:
    """A Go name that no table has, or a name of ours that is gone, is found."""
    assert unknown_names(TOURS[name]) == set()


@pytest.mark.parametrize("name", TOURS)
def test_every_file_is_there(name: str) -> None:
    """That the prose names."""
    for path in names(TOURS[name]):
        if re.fullmatch(r"(server|client|tests)/[\w/.]*", path):
            assert (ROOT / path).exists(), path


def test_both_languages_show_the_same() -> None:
    """The same blocks, and the same Go names in each section."""
    assert fences(CHINESE) == fences(ENGLISH)
    assert quotes(CHINESE) == quotes(ENGLISH)
    assert rows(CHINESE) == rows(ENGLISH)
    english, chinese = sections(ENGLISH), sections(CHINESE)
    assert [go_names(section) for section in chinese] == [go_names(section) for section in english]


def test_every_section_of_the_notes_has_its_four_parts() -> None:
    """In their order."""
    for text, parts in ((ENGLISH, "In Go|Here|Mended|Try it"), (CHINESE, "Go 里|这里|修补|动手")):
        numbered = [section for section in sections(text) if section[0].isdecimal()]
        assert [section[0] for section in numbered] == list("123456789")
        for section in numbered:
            assert re.findall(rf"^\*\*({parts})[.。]\*\*", section, re.MULTILINE) == parts.split("|")


def test_what_is_typed_at_the_prompt_gives_what_stands_there() -> None:
    """The room without a network."""
    (code,) = [code for kind, code in fences(ENGLISH) if kind == "pycon"]
    runner = doctest.DocTestRunner()
    runner.run(doctest.DocTestParser().get_doctest(code, {}, "tour", "TOUR.md", 0))
    assert runner.tries >= 5
    assert runner.failures == 0


def shapes(lines: list[str]) -> set[str]:
    """Return lines of the trace without what differs from run to run."""
    found = set()
    for line in lines:
        if shown := re.match(r"[0-9:.]+ ((?:handler [0-9:.]+|main|broadcaster): .*)", line):
            found.add(re.sub(r"[0-9][0-9.:]*", "0", re.sub(r"'.*'", "''", shown[1])))
    return found


def test_the_trace_looks_as_it_does_in_the_tour() -> None:
    """In every way that the tour shows."""
    lines: list[str] = []
    broadcaster = Broadcaster([Trace(lines.append)])

    def deliver() -> None:
        broadcaster._fan_out(broadcaster.message.get_all())

    users = [pretend_user(number, f"127.0.0.1:{number}") for number in (1, 2)]
    for user in users:
        broadcaster.online(user)
        deliver()
    assert isinstance(users[1].outbox, PretendOutbox)
    users[1].outbox.lag.waiting = 4096
    broadcaster.broadcast([Say(1, 0.0, "hello"), COMMANDS.parse(1, 0.0, "who"), COMMANDS.parse(1, 0.0, "")])
    deliver()
    for entry in (Leave(1, 0.0, "idle"), Leave(2, 0.0, "lost"), Close(0, 0.0)):
        broadcaster.broadcast([entry])
        deliver()
    shown = shapes([line for _, code in fences(ENGLISH) for line in code.splitlines()])
    assert len(shown) >= 8
    assert shown <= shapes(lines)


GOOD = Quote("server/limits/watchdog.py", "Watchdog.now", "return self._clock() - self._overslept\n")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Watchdog.now", "return self._clock() + self._overslept\n"),
        ("Watchdog.now", "return self._clock()\n"),
        ("Watchdog.now", "return self._clock() - self._overslept\nreturn 0\n"),
        ("Watchdog.look", GOOD.code),
        ("Watchdog.later", GOOD.code),
        ("Guard.now", GOOD.code),
        ("Watchdog.run", "pause = self.look()\nwhile not self._stopped.wait(pause):\n"),
        ("Watchdog.run", "while not self._stopped.wait(pause):\n...\npause = self.look()\nasleep_at = self._clock()\n"),
        ("Watchdog.run", "while not self._stopped.wait(pause):\n...\n# ...\npause = self.look()\n"),
    ],
)
def test_a_wrong_block_is_found(name: str, code: str) -> None:
    """Wrong words, half a line, a line too many, the wrong place, a gap, the wrong order, the wrong indentation."""
    assert is_quoted_well(GOOD)
    assert is_quoted_well(Quote(GOOD.file, "Watchdog", textwrap.indent(GOOD.code, "    ")))
    gap = "pause = self.look()\n...\nwhile not self._stopped.wait(pause):\n    # ...\n    pause = self.look()\n"
    assert is_quoted_well(Quote(GOOD.file, "Watchdog.run", gap))
    assert not is_quoted_well(Quote(GOOD.file, name, code))


@pytest.mark.parametrize(
    "row",
    [
        Row(("Server.Stop",), "ChatServer.start", "server/server.py"),
        Row(("Server",), "ChatServer.start", "server/server.py"),
        Row(("Server.Start",), "ChatServer.begin", "server/server.py"),
        Row(("Server.Start", "Server.Stop"), "ChatServer.start", "server/server.py"),
        Row((), "ChatServer.start", "server/server.py"),
        Row(("Client.Run",), "", "client/menu.py"),
    ],
    ids=str,
)
def test_a_wrong_row_is_found(row: Row) -> None:
    """A name that is not there, one that is only part of another, the wrong place, none at all."""
    assert says_go(Row(("Server.Start",), "ChatServer.start", "server/server.py"))
    assert says_go(Row(("Client.menu",), "", "client/menu.py"))
    assert not says_go(row)


@pytest.mark.parametrize("name", ["Server.Stop", "User.Rename", "OnlineMap", "isAlive", "strings.Split", "ChatHandler"])
def test_a_name_that_nobody_knows_is_found(name: str) -> None:
    """A Go name without its row, and a class that is not there."""
    assert unknown_names(f"{ENGLISH}\nSee `ChatServer.start` and `{name}`.\n") == {name}
