"""Parsing, decoding and formatting, by value."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from server import protocol
from server.protocol import Alive, Command, Help, Quit, Refused, Rename, Say, To, Who, decode, format_address, parse

TO_FORMAT = Refused("消息格式不正确，请使用 [to username content] 格式")
RENAME_FORMAT = Refused("消息格式不正确，请使用 [rename newname] 格式")
UNKNOWN = Refused("未知命令，输入 /help 查看帮助")

PARSED: dict[str, Command] = {
    "": Alive(),
    " ": Say(" "),
    "hello": Say("hello"),
    "  hello  world ": Say("  hello  world "),
    "who": Who(),
    "who ": Who(),
    "/who": Who(),
    "/who ": Who(),
    "/who x": UNKNOWN,
    "/who X": UNKNOWN,
    "who cares": Say("who cares"),
    "who|": Say("who|"),
    " who": Say(" who"),
    "WHO": Say("WHO"),
    "whoever": Say("whoever"),
    "rename": Say("rename"),
    "rename ": Say("rename "),
    "rename|": Say("rename|"),
    "renamed bob": Say("renamed bob"),
    "rename bob": Rename("bob"),
    "rename X": Rename("X"),
    "rename  bob ": Rename("bob"),
    "rename|bob": Rename("bob"),
    "/rename bob": Rename("bob"),
    "/rename|bob": Rename("bob"),
    "rename a b": RENAME_FORMAT,
    "rename|a b": RENAME_FORMAT,
    "rename|a|b": Rename("a|b"),
    "/rename": RENAME_FORMAT,
    "/rename ": RENAME_FORMAT,
    "/rename a b": RENAME_FORMAT,
    "Rename bob": Say("Rename bob"),
    "to": Say("to"),
    "to ": Say("to "),
    "to|": Say("to|"),
    "today is": Say("today is"),
    "to bob": TO_FORMAT,
    "to bob ": TO_FORMAT,
    "to bob   ": TO_FORMAT,
    "to  bob hi": TO_FORMAT,
    "to|bob": TO_FORMAT,
    "to|bob|": TO_FORMAT,
    "to||hi": TO_FORMAT,
    "/to": TO_FORMAT,
    "/to bob": TO_FORMAT,
    "to bob hi": To("bob", "hi"),
    "to bob X": To("bob", "X"),
    "to bob  hi  there ": To("bob", " hi  there "),
    "/to bob hi": To("bob", "hi"),
    "to|bob|hi there|you": To("bob", "hi there|you"),
    "/to|bob|hi": To("bob", "hi"),
    "to a|b c": To("a|b", "c"),
    "/help": Help(),
    "/help ": Help(),
    "/help me": UNKNOWN,
    "help": Say("help"),
    "/quit": Quit(),
    "/quit now": UNKNOWN,
    "quit": Say("quit"),
    "/": UNKNOWN,
    "/ who": UNKNOWN,
    "/nothing": UNKNOWN,
    "/WHO": UNKNOWN,
    "//": Say("/"),
    "//who": Say("/who"),
    "///x": Say("//x"),
    "to\tbob\thi": Say("to\tbob\thi"),
    "to小明 hi": Say("to小明 hi"),
    "to 小明 你好  ": To("小明", "你好  "),
    "rename\u3000bob": Say("rename\u3000bob"),
}


@pytest.mark.parametrize("text", PARSED)
def test_a_line_asks_for(text: str) -> None:
    """Every form of every command, and all that is only talk."""
    assert parse(text) == PARSED[text]


def test_the_texts_are_exact() -> None:
    """Byte for byte."""
    assert (protocol.ONLINE, protocol.OFFLINE, protocol.LISTED) == ("已上线", "下线", "在线")
    assert (protocol.RECEIPT, protocol.RENAMED) == ("I'm live", "修改用户名为: ")
    assert (protocol.NAME_TAKEN, protocol.NOT_ONLINE) == ("该用户名已被使用", "该用户不在线")
    assert (protocol.IDLE, protocol.CLOSING) == ("长时间未使用，连接中断", "服务器关闭，连接中断")
    assert (protocol.NAME_BAD, protocol.TOO_SLOW) == ("用户名不合法：", "接收过慢，连接中断")
    assert (protocol.LINE_TOO_LONG.format(4096), protocol.TOO_BUSY) == (
        "消息过长，上限 4096 字节",
        "服务器繁忙，请稍后再试",
    )
    assert protocol.tag("1.2.3.4:5", "小明") == "[1.2.3.4:5]小明:"


def test_the_help_is_exact() -> None:
    """A line for each thing that can be typed, and no line end of its own."""
    assert protocol.HELP.split("\n") == [
        "who               查看在线用户",
        "rename 新名字     修改用户名",
        "to 用户名 内容    私聊",
        "/who /rename /to  同上；//内容 发送以 / 开头的话",
        "/help             显示本帮助",
        "/quit             退出",
        "其他内容发送给所有人",
    ]


@pytest.mark.parametrize(
    ("command", "field"), [(Say("x"), "text"), (To("a", "x"), "name"), (Rename("a"), "name"), (Refused("x"), "reason")]
)
def test_a_command_is_a_value(command: Command, field: str) -> None:
    """Once parsed, nobody changes it."""
    with pytest.raises(FrozenInstanceError):
        setattr(command, field, "y")


CONTROLS = [*range(0x09), *range(0x0A, 0x20), *range(0x7F, 0xA0), 0x61C, 0x200E, 0x200F, 0x2028, 0x2029]
CONTROLS += [*range(0x202A, 0x202F), *range(0x2066, 0x206A)]


@pytest.mark.parametrize("code", CONTROLS)
def test_a_control_character_is_taken_out(code: int) -> None:
    """C0 but tab, DEL, C1, bidi controls, line separators."""
    assert decode(f"a{chr(code)}b".encode()) == "ab"


@pytest.mark.parametrize("text", ["a\tb", "小明", "e\u0301", "👩\u200d💻", "a\u00a0b", "\u3000", "\ufeff"])
def test_other_text_is_kept(text: str) -> None:
    """Tab, marks, joiners and wide spaces are text."""
    assert decode(text.encode()) == text


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (b"\xff", "\ufffd"),
        (b"a\x80b", "a\ufffdb"),
        (b"\xc0\xaf", "\ufffd\ufffd"),
        (b"\xe0\x80\xaf", "\ufffd" * 3),
        (b"\xed\xa0\x80", "\ufffd\ufffd\ufffd"),
        (b"\xed\xb0\x80", "\ufffd" * 3),
        (b"\xf4\x90\x80\x80", "\ufffd" * 4),
        ("世".encode()[:2] + b"x", "\ufffdx"),
        ("🙂".encode()[:3], "\ufffd"),
        (b"\x9b\xff\x1b[2J", "\ufffd\ufffd[2J"),
    ],
)
def test_invalid_utf8_is_shown(line: bytes, text: str) -> None:
    """Lone, overlong, surrogate, out of range, cut: U+FFFD, and what stands around it is kept."""
    assert decode(line) == text


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "127.0.0.1:80"),
        ("::1", "[::1]:80"),
        ("2001:DB8:0:0::1", "[2001:db8::1]:80"),
        ("fe80::1%eth0", "[fe80::1]:80"),
        ("::ffff:10.0.0.1", "10.0.0.1:80"),
        ("::ffff:a00:1%2", "10.0.0.1:80"),
    ],
)
def test_an_address_is_formatted(host: str, address: str) -> None:
    """`host:port`, `[v6]:port`, IPv4 inside IPv6 as IPv4."""
    assert format_address(host, 80) == address
