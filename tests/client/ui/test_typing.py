"""The line that is typed in the client: keys, editing, history, completion, layout. By value, without a terminal."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from client.rules import clean
from client.ui.completion import FOR_WHOM, IN_CHAT, IN_PRIVATE, NOTHING, Candidates, Known, complete
from client.ui.editor import Draft, Editor
from client.ui.history import LIMIT, History, default_path
from client.ui.keys import Key, KeyReader
from client.ui.text import Layout, lay_out, width, wrap

E_ACUTE = "e\u0301"  # a letter, and an accent that takes no column of its own


@pytest.mark.parametrize(
    ("char", "columns"),
    [("a", 1), ("é", 1), ("小", 2), ("，", 2), ("ｗ", 2), ("한", 2), ("\u0301", 0), ("\u200d", 0), ("😀", 2), ("✓", 1)],
)
def test_the_width_of_a_character(char: str, columns: int) -> None:
    """In columns of a terminal."""
    assert width(char) == columns


@pytest.mark.parametrize(
    ("text", "cursor", "columns", "expected"),
    [
        ("", 0, 5, Layout(("",), 0, 0)),
        ("abc", 3, 5, Layout(("abc",), 0, 3)),
        ("abc", 1, 5, Layout(("abc",), 0, 1)),
        ("abcde", 5, 5, Layout(("abcde", ""), 1, 0)),
        ("abcde", 4, 5, Layout(("abcde", ""), 0, 4)),
        ("abcdefg", 5, 5, Layout(("abcde", "fg"), 1, 0)),
        ("abcdefg", 7, 5, Layout(("abcde", "fg"), 1, 2)),
        ("小明小红", 4, 5, Layout(("小明", "小红"), 1, 4)),
        ("小明小红", 2, 5, Layout(("小明", "小红"), 1, 0)),
        ("a小明b", 4, 5, Layout(("a小明", "b"), 1, 1)),
        (f"abcd{E_ACUTE}f", 6, 5, Layout((f"abcd{E_ACUTE}", "f"), 1, 0)),
    ],
)
def test_layout(text: str, cursor: int, columns: int, expected: Layout) -> None:
    """Rows break as a terminal breaks them: wide characters whole, and behind a full row comes another."""
    assert lay_out(text, cursor, columns) == expected


@pytest.mark.parametrize(
    ("text", "columns", "indent", "expected"),
    [
        ("abc", 5, 1, "abc"),
        ("abcde", 5, 1, "abcde"),
        ("abcdefghij", 5, 1, "abcde\n fghi\n j"),
        ("小明小红", 5, 1, "小明\n 小红"),
        ("ab\x1b[31mcdef\x1b[0m", 5, 1, "ab\x1b[31mcde\n f\x1b[0m"),
        ("a\tb", 8, 2, "a    b"),
        ("abc\tde\tfg", 8, 2, "abc\n  de\n  fg"),
        ("ab\tcd\tef", 8, 2, "ab    cd\n  ef"),
        ("ab\tcdefghi", 8, 2, "ab    cd\n  efghi"),
        ("abcdefghij", 6, 4, "abcdef\n  ghij"),
        (f"abcd{E_ACUTE}f", 5, 1, f"abcd{E_ACUTE}\n f"),
    ],
)
def test_a_line_that_is_shown_goes_on_in_indented_rows(text: str, columns: int, indent: int, expected: str) -> None:
    """Colours take no room. On a narrow terminal the indent is a third of it at most. Words between tabs stay whole."""
    assert wrap(text, columns, indent) == expected


def test_what_drives_a_terminal_is_cleaned() -> None:
    """Controls, bidi controls and line separators go; tabs and text stay."""
    assert clean("a\x1b[31mb\x07\x9b1m\u202ec\u2028\td小\x7f") == "a[31mb1mc\td小"


KEYS = [
    (b"a", ["a"]),
    ("小明".encode(), ["小明"]),
    (b"\r", [Key.ENTER]),
    (b"\n", [Key.ENTER]),
    (b"\t", [Key.COMPLETE]),
    (b"\x7f\x08", [Key.BACKSPACE, Key.BACKSPACE]),
    (b"\x01\x05\x02\x06", [Key.HOME, Key.END, Key.LEFT, Key.RIGHT]),
    (b"\x15\x0b\x17\x19", [Key.KILL_TO_START, Key.KILL_TO_END, Key.KILL_WORD, Key.YANK]),
    (b"\x04\x0c\x0e\x10", [Key.DELETE_OR_END, Key.CLEAR_SCREEN, Key.DOWN, Key.UP]),
    (b"\x1b[A\x1b[B\x1b[C\x1b[D", [Key.UP, Key.DOWN, Key.RIGHT, Key.LEFT]),
    (b"\x1bOA\x1bOB\x1bOC\x1bOD", [Key.UP, Key.DOWN, Key.RIGHT, Key.LEFT]),
    (b"\x1b[H\x1b[F\x1bOH\x1bOF", [Key.HOME, Key.END, Key.HOME, Key.END]),
    (b"\x1b[1~\x1b[4~\x1b[7~\x1b[8~\x1b[3~", [Key.HOME, Key.END, Key.HOME, Key.END, Key.DELETE]),
    (b"\x1b[1;5C\x1b[1;5D", [Key.WORD_RIGHT, Key.WORD_LEFT]),
    (b"\x1b[5~\x1b[15~\x1b[[A\x1b[I\x1b[?1;2c\x1bOP\x00\x1f", []),
    (b"\x1b[200~a\tb\r\nc\rd\n\ne\x1b[201~\t", ["a", "\t", "b", "\n", "c", "\n", "d", "\n", "\n", "e", Key.COMPLETE]),
    ("\x9b31m\u202e".encode(), ["31m"]),
]


@pytest.mark.parametrize(
    ("data", "expected"), [*KEYS, (b"\x1bf\x1bb\x1b\x7f", [Key.WORD_RIGHT, Key.WORD_LEFT, Key.KILL_WORD])]
)
def test_keys(data: bytes, expected: list[Key | str]) -> None:
    """What terminals send for each key; what means nothing here is swallowed whole."""
    assert KeyReader().feed(data) == expected


@pytest.mark.parametrize(("data", "expected"), KEYS)
def test_keys_that_come_byte_by_byte(data: bytes, expected: list[Key | str]) -> None:
    """However the bytes are cut, they are the same keys and the same text."""
    reader = KeyReader()
    found = [key for byte in data for key in reader.feed(bytes([byte]))]
    single = [list(key) if isinstance(key, str) else [key] for key in expected]
    assert found == [key for keys in single for key in keys]


def test_escape_swallows_no_letter() -> None:
    """Who has pressed Escape and then types has typed."""
    reader = KeyReader()
    assert reader.feed(b"\x1b") == []
    assert reader.feed(b"b") == ["b"]


def line(text: str) -> Draft:
    """A line, `|` for its cursor."""
    return Draft(text.replace("|", ""), text.index("|"))


@pytest.mark.parametrize(
    ("before", "key", "after"),
    [
        ("ab|c", "小", "ab小|c"),
        ("ab|c", Key.LEFT, "a|bc"),
        ("|abc", Key.LEFT, "|abc"),
        ("ab|c", Key.RIGHT, "abc|"),
        ("abc|", Key.RIGHT, "abc|"),
        (f"a{E_ACUTE}|", Key.LEFT, f"a|{E_ACUTE}"),
        (f"|{E_ACUTE}b", Key.RIGHT, f"{E_ACUTE}|b"),
        ("ab|c", Key.HOME, "|abc"),
        ("ab|c", Key.END, "abc|"),
        ("to 小明 hi|", Key.WORD_LEFT, "to 小明 |hi"),
        ("to 小明 |hi", Key.WORD_LEFT, "to |小明 hi"),
        ("|to 小明", Key.WORD_RIGHT, "to| 小明"),
        ("to| 小明", Key.WORD_RIGHT, "to 小明|"),
        ("小明|红", Key.BACKSPACE, "小|红"),
        ("|小明", Key.BACKSPACE, "|小明"),
        ("小|明红", Key.DELETE, "小|红"),
        ("小明|", Key.DELETE, "小明|"),
        (f"|{E_ACUTE}b", Key.DELETE, "|b"),
        (f"a{E_ACUTE}|", Key.BACKSPACE, "ae|"),
        ("hi 👨\u200d👩\u200d👧|!", Key.BACKSPACE, "hi |!"),
        ("a👍🏽|", Key.BACKSPACE, "a|"),
        ("❤\ufe0f|", Key.BACKSPACE, "|"),
        ("🇨🇳🇩🇪|", Key.BACKSPACE, "🇨🇳|"),
        ("a👍🏽|", Key.LEFT, "a|👍🏽"),
        ("|👍🏽a", Key.RIGHT, "👍🏽|a"),
        ("|👨\u200d👩\u200d👧!", Key.DELETE, "|!"),
        ("a|bc", Key.DELETE_OR_END, "a|c"),
        ("to 小明 hi|!", Key.KILL_WORD, "to 小明 |!"),
        ("to 小明  |", Key.KILL_WORD, "to |"),
        ("to 小|明", Key.KILL_TO_START, "|明"),
        ("to 小|明", Key.KILL_TO_END, "to 小|"),
        ("to|", Key.YANK, "to|"),
        ("to|", Key.UP, "to|"),
        ("to|", Key.DOWN, "to|"),
    ],
)
def test_editing(before: str, key: Key | str, after: str) -> None:
    """Each key at work, also on wide and on combined characters."""
    editor = Editor(History())
    editor.line = line(before)
    editor.press(key)
    assert editor.line == line(after)


@pytest.mark.parametrize("key", [Key.KILL_WORD, Key.KILL_TO_START])
def test_what_was_cut_out_can_be_put_back(key: Key) -> None:
    """Elsewhere, and more than once."""
    editor = Editor(History())
    for each in ("小明", key, "x", Key.YANK, Key.YANK):
        editor.press(each)
    assert editor.line == line("x小明小明|")


def test_the_way_through_the_history() -> None:
    """Up and down, and back to the half-typed line, which is not lost; the cursor stands at the end."""
    history = History()
    for each in ("first", "second", "second"):
        history.add(each)
    editor = Editor(history)
    editor.line = line("ha|lf")
    seen = []
    for key in (Key.UP, Key.UP, Key.UP, Key.DOWN, Key.DOWN, Key.DOWN):
        editor.press(key)
        seen.append(editor.line)
    assert seen == [line(each) for each in ("second|", "first|", "first|", "second|", "ha|lf", "ha|lf")]
    editor.press(Key.UP)
    assert editor.enter() == "second"
    assert editor.line == Draft()


def test_the_history_is_kept_in_a_file(tmp_path: Path) -> None:
    """Over sessions, by all clients at once; nobody else may read it; it does not grow for ever."""
    path = tmp_path / "new" / "history"
    one, two = History(path), History(path)
    one.add("一")
    two.add("二")
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert History(path).lines == ["一", "二"]
    for number in range(2 * LIMIT):
        one.add(str(number))
    assert one.lines == [str(number) for number in range(LIMIT, 2 * LIMIT)]
    assert History(path).lines == one.lines
    assert path.read_text().count("\n") == LIMIT
    assert os.listdir(path.parent) == ["history"]


@pytest.mark.parametrize(
    ("state", "expected"), [("/state", "/state/chatroom/history"), ("", None), ("not/absolute", None)]
)
def test_where_the_history_is(monkeypatch: pytest.MonkeyPatch, state: str, expected: str | None) -> None:
    """Where the XDG base directory specification says; a relative path is to be ignored."""
    monkeypatch.setenv("XDG_STATE_HOME", state)
    monkeypatch.setenv("HOME", "/home/x")
    assert str(default_path()) == (expected or "/home/x/.local/state/chatroom/history")


NAMES = ["小明", "小红", "bob", "Bobby", "127.0.0.1:5000"]


@pytest.mark.parametrize(
    ("before", "expected", "candidates"),
    [
        ("w", "who", []),
        ("ren", "rename ", []),
        ("/re", "/re", ["/register", "/rename", "/reply"]),
        ("/m", "/m", ["/me", "/menu", "/motd"]),
        ("/log", "/login ", []),
        ("/lea", "/leave", []),
        ("/js", "/js", []),
        ("/join ", "/join ", ["teahouse", "茶馆"]),
        ("/join 茶", "/join 茶馆", []),
        ("to e", "to e", ["erin", "eve"]),
        ("/whois ev", "/whois eve", []),
        ("/mu", "/mute ", []),
        ("/b", "/ban", ["/ban", "/ban-address", "/bans"]),
        ("/kick er", "/kick erin", []),
        ("hello e", "hello e", []),
        ("/h", "/help", []),
        ("to 小", "to 小", ["小明", "小红"]),
        ("to 小明", "to 小明 ", []),
        ("to 127", "to 127.0.0.1:5000 ", []),
        ("/to 小红", "/to 小红 ", []),
        ("to B", "to B", ["Bobby", "bob"]),
        ("to bobb", "to Bobby ", []),
        ("to nobody", "to nobody", []),
        ("to bob 小明", "to bob 小明", []),
        ("你好 小", "你好 小", ["小明", "小红"]),
        ("你好，小", "你好，小", ["小明", "小红"]),
        ("你好，小红", "你好，小红", []),
        ("@bobb", "@Bobby", []),
        ("我找bobb", "我找Bobby", []),
        ("xbob", "xbob", []),
        ("a-bob", "a-bob", []),
        ("x", "x", []),
    ],
)
def test_completion_in_public_chat(before: str, expected: str, candidates: list[str]) -> None:
    """Commands at the start of a line, names after `to` and anywhere else, whatever their case."""
    assert completed(before, IN_CHAT) == (expected, candidates)


def completed(before: str, candidates: Candidates) -> tuple[str, list[str]]:
    """Return what stands before the cursor then, and what it may become. What stands behind it stays."""
    found, fitting = complete(line(f"{before}|!"), Known(NAMES, ["eve", "erin"], ["茶馆", "teahouse"]), candidates)
    assert found.after == "!"
    return found.before, [each.rstrip() for each in fitting]


def test_completion_elsewhere() -> None:
    """Names in private chat; names and two answers where one is asked for; else nothing."""
    assert completed("bobb", IN_PRIVATE) == ("Bobby", [])
    assert completed("wh", IN_PRIVATE) == ("who", [])
    assert completed("hi wh", IN_PRIVATE) == ("hi wh", [])
    assert completed("小", FOR_WHOM) == ("小", ["小明", "小红"])
    assert completed("ex", FOR_WHOM) == ("exit", [])
    assert completed("bob b", FOR_WHOM) == ("bob b", [])
    assert completed("小", NOTHING) == ("小", [])
