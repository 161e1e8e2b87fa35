"""From lines to entries, by value, and the registry itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from server.chat.entries import Alive, Say
from server.chat.refusals import Refuse
from server.chat.room import Entry
from server.commands import discover
from server.commands.basic import Rename, Whisper, Who
from server.commands.help import Help, Quit
from server.commands.registry import Command, NoWay, Registry

NUMBER, NOW = 7, 1.5
COMMANDS = discover()


def refused(reason: str, code: str = "bad_format") -> Entry:
    return Refuse(NUMBER, NOW, reason, code)


def say(text: str) -> Entry:
    return Say(NUMBER, NOW, text)


def rename(name: str, key: str = "") -> Entry:
    return Rename(NUMBER, NOW, name, key or name)


def to(key: str, text: str) -> Entry:
    return Whisper(NUMBER, NOW, key, text)


WHO, HELP, QUIT = Who(NUMBER, NOW), Help(NUMBER, NOW, COMMANDS.help), Quit(NUMBER, NOW, "quit")
TO_FORMAT = refused("消息格式不正确，请使用 [to username content] 格式")
RENAME_FORMAT = refused("消息格式不正确，请使用 [rename newname] 格式")
UNKNOWN = refused("未知命令，输入 /help 查看帮助", "unknown_command")

PARSED: dict[str, Entry] = {
    "": Alive(NUMBER, NOW),
    " ": say(" "),
    "hello": say("hello"),
    "  hello  world ": say("  hello  world "),
    "who": WHO,
    "who ": WHO,
    "/who": WHO,
    "/who ": WHO,
    "/who x": refused("消息格式不正确，请使用 [/who [all]] 格式"),
    "/who X": refused("消息格式不正确，请使用 [/who [all]] 格式"),
    "/who|x": UNKNOWN,
    "who cares": say("who cares"),
    "who|": say("who|"),
    " who": say(" who"),
    "WHO": say("WHO"),
    "whoever": say("whoever"),
    "rename": say("rename"),
    "rename ": say("rename "),
    "rename|": say("rename|"),
    "renamed bob": say("renamed bob"),
    "rename bob": rename("bob"),
    "rename X": rename("X", "x"),
    "rename  bob ": rename("bob"),
    "rename|bob": rename("bob"),
    "/rename bob": rename("bob"),
    "/rename|bob": rename("bob"),
    "rename a b": RENAME_FORMAT,
    "rename|a b": RENAME_FORMAT,
    "rename|a|b": refused("用户名不合法：只能使用字母、数字和 _ - .", "name_bad"),
    "/rename": RENAME_FORMAT,
    "/rename ": RENAME_FORMAT,
    "/rename a b": RENAME_FORMAT,
    "Rename bob": say("Rename bob"),
    "to": say("to"),
    "to ": say("to "),
    "to|": say("to|"),
    "today is": say("today is"),
    "to bob": TO_FORMAT,
    "to bob ": TO_FORMAT,
    "to bob   ": TO_FORMAT,
    "to  bob hi": TO_FORMAT,
    "to|bob": TO_FORMAT,
    "to|bob|": TO_FORMAT,
    "to||hi": TO_FORMAT,
    "/to": TO_FORMAT,
    "/to bob": TO_FORMAT,
    "to bob hi": to("bob", "hi"),
    "to bob X": to("bob", "X"),
    "to bob  hi  there ": to("bob", " hi  there "),
    "/to bob hi": to("bob", "hi"),
    "to|bob|hi there|you": to("bob", "hi there|you"),
    "/to|bob|hi": to("bob", "hi"),
    "to a|b c": to("a|b", "c"),
    "/help": HELP,
    "/help ": HELP,
    "/help me": refused("消息格式不正确，请使用 [/help] 格式"),
    "help": say("help"),
    "/quit": QUIT,
    "/quit now": refused("消息格式不正确，请使用 [/quit] 格式"),
    "quit": say("quit"),
    "/": UNKNOWN,
    "/ who": UNKNOWN,
    "/nothing": UNKNOWN,
    "/WHO": WHO,
    "/To bob Hi": to("bob", "Hi"),
    "／who": WHO,
    "、who": WHO,
    "、to bob hi": to("bob", "hi"),
    "、who x": refused("消息格式不正确，请使用 [/who [all]] 格式"),
    "、nothing": say("、nothing"),
    "／／who": say("／／who"),
    "//": say("/"),
    "//who": say("/who"),
    "///x": say("//x"),
    "to\tbob\thi": say("to\tbob\thi"),
    "to小明 hi": say("to小明 hi"),
    "to 小明 你好  ": to("小明", "你好  "),
    "rename\u3000bob": say("rename\u3000bob"),
}


@pytest.mark.parametrize("text", PARSED)
def test_a_line_becomes_an_entry(text: str) -> None:
    """Every form of every command is recognized, and everything else is talk."""
    assert COMMANDS.parse(NUMBER, NOW, text) == PARSED[text]


def test_the_words_of_the_notes_are_known_without_a_slash() -> None:
    """Other commands need the slash, so that plain talk is never swallowed."""
    assert {word for word, command in COMMANDS.commands.items() if command.plain} == {"who", "rename", "to"}


def test_the_help_has_a_line_for_each_command() -> None:
    """Its last line says that everything else is talk. It has no line end of its own."""
    lines = COMMANDS.help.split("\n")
    assert lines[-1] == "其他内容发送给所有人"
    for command in COMMANDS.commands.values():
        usage = command.usage if command.plain else f"/{command.usage}"
        assert any(line.startswith(usage) and line.endswith(f" {command.help}") for line in lines)


@pytest.mark.parametrize("word", COMMANDS.commands)
@pytest.mark.parametrize("change", [str, str.upper, lambda word: "".join(chr(ord(letter) + 0xFEE0) for letter in word)])
def test_no_name_is_a_commands_word(word: str, change: Callable[[str], str]) -> None:
    """This holds for any case and width of the word."""
    assert COMMANDS.parse(NUMBER, NOW, f"rename {change(word)}") == refused(
        "用户名不合法：不能使用命令的名称", "name_bad"
    )


def test_a_family_can_exchange_an_entry() -> None:
    """It is asked about each, however the entry came to be, and knows the way that the line has come."""
    registry = Registry()
    way = NoWay("10.0.0.1")
    registry.checks.append(lambda entry, way: Refuse(NUMBER, NOW, way.host, "x") if type(entry) is Say else entry)
    assert registry.parse(NUMBER, NOW, "hi", way) == refused("10.0.0.1", "x")
    assert registry.parse(NUMBER, NOW, "//hi", way) == refused("10.0.0.1", "x")
    assert registry.parse(NUMBER, NOW, "", way) == Alive(NUMBER, NOW)


def test_a_word_may_have_a_hyphen() -> None:
    """Inside."""
    registry = Registry()
    registry.add(Command("ban-it", "ban-it", "help", lambda request: request.refuse(request.rest)))
    assert registry.parse(NUMBER, NOW, "/ban-it x y") == refused("x y")


@pytest.mark.parametrize("word", ["who", "", "-", "Wave", "wave hand", "wave|", "1"])
def test_a_command_needs_a_word_of_its_own(word: str) -> None:
    """A wrong word is found when the server starts, not when somebody types it."""
    registry = Registry()
    registry.add(COMMANDS.commands["who"])
    with pytest.raises(ValueError, match="command"):
        registry.add(Command(word, word, "help", lambda request: request.refuse("")))
