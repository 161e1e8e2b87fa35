"""Text to values and back: what a line asks for, and every line the server says.

Pure: knows no socket, no thread and no clock. The texts are the Go program's own, byte for byte.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

ONLINE = "已上线"
OFFLINE = "下线"
LISTED = "在线"
RECEIPT = "I'm live"
RENAMED = "修改用户名为: "
NAME_TAKEN = "该用户名已被使用"
NAME_BAD = "用户名不合法："
NOT_ONLINE = "该用户不在线"
RENAME_FORMAT = "消息格式不正确，请使用 [rename newname] 格式"
TO_FORMAT = "消息格式不正确，请使用 [to username content] 格式"
LINE_TOO_LONG = "消息过长，上限 {} 字节"
UNKNOWN_COMMAND = "未知命令，输入 /help 查看帮助"
IDLE = "长时间未使用，连接中断"
TOO_SLOW = "接收过慢，连接中断"
FULL = "服务器人数已满，请稍后再试"
TOO_MANY_FROM_THERE = "来自同一地址的连接过多，请稍后再试"
RENAMED_TOO_OFTEN = "改名过于频繁，请稍后再试"
TOO_BUSY = "服务器繁忙，请稍后再试"
CLOSING = "服务器关闭，连接中断"
HELP = """\
who               查看在线用户
rename 新名字     修改用户名
to 用户名 内容    私聊
/who /rename /to  同上；//内容 发送以 / 开头的话
/help             显示本帮助
/quit             退出
其他内容发送给所有人"""

# Bidi controls and line separators reorder or break a reader's screen; C0 but tab, DEL and C1 drive it.
_CONTROLS = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class Say:
    """Talk: TEXT goes to everyone."""

    text: str


@dataclass(frozen=True, slots=True)
class To:
    """A private word: TEXT goes to the user NAME alone."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Rename:
    """The wish to be called NAME, not yet checked against the rules for names."""

    name: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A line that cannot be done, with the REASON its sender is told."""

    reason: str


@dataclass(frozen=True, slots=True)
class Who:
    """The question who is online."""


@dataclass(frozen=True, slots=True)
class Help:
    """The question what can be typed."""


@dataclass(frozen=True, slots=True)
class Quit:
    """The wish to leave."""


@dataclass(frozen=True, slots=True)
class Alive:
    """An empty line: a sign of life and nothing else."""


# The commands that need no slash. Later ones have the slash form alone, so that no talk is swallowed.
_PLAIN_COMMANDS = ("who", "rename", "to")

Command = Say | To | Rename | Refused | Who | Help | Quit | Alive


def decode(line: bytes) -> str:
    """The text of a line of UTF-8, fit for any terminal: invalid bytes are U+FFFD, controls are gone."""
    text = line.decode("utf-8", "replace")
    # All that must go is unprintable, and nearly every line is printable: most pay for one look.
    return text if text.isprintable() else _CONTROLS.sub("", text)


def parse(text: str) -> Command:
    """What a line, decoded and without its end, asks for. Go: the ifs of User.DoMessage."""
    if not text:
        return Alive()
    if text.startswith("//"):
        return Say(text[1:])
    if text.startswith("/"):
        return _parse_command(text[1:]) or Refused(UNKNOWN_COMMAND)
    if text.startswith(_PLAIN_COMMANDS):
        word, _, rest = _first_word(text)
        # `who` stands alone, `rename` and `to` have something after them; anything else is talk.
        if word in _PLAIN_COMMANDS and (word == "who") != bool(rest.strip(" ")):
            return _parse_command(text) or Say(text)
    return Say(text)


def _parse_command(text: str) -> Command | None:
    """The command that TEXT, its slash taken off, stands for; None if there is none of that name."""
    word, separator, rest = _first_word(text)
    alone = not rest.strip(" ")
    match word:
        case "who" if alone:
            return Who()
        case "help" if alone:
            return Help()
        case "quit" if alone:
            return Quit()
        case "rename":
            words = rest.split()
            return Rename(words[0]) if len(words) == 1 else Refused(RENAME_FORMAT)
        case "to":
            name, _, content = rest.partition(separator)
            complete = name and content.strip(" ")
            return To(name, content) if complete else Refused(TO_FORMAT)
    return None


def _first_word(text: str) -> tuple[str, str, str]:
    """The first word, the separator after it and the rest. Ports of the Go program write `to|NAME|TEXT`."""
    word, separator, rest = text.partition(" ")
    if separator and "|" not in word:
        return word, separator, rest
    for piped in ("rename", "to"):
        if text.startswith(piped + "|"):
            return piped, "|", text[len(piped) + 1 :]
    return word, " ", rest


def tag(addr: str, name: str) -> str:
    """What stands before everything a user says: `[ADDR]NAME:`."""
    return f"[{addr}]{name}:"


def format_address(host: str, port: int) -> str:
    """`host:port`, or `[v6]:port`; IPv4 that came in over IPv6 is shown as IPv4."""
    address = ipaddress.ip_address(host.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is None:
            return f"[{address}]:{port}"
        address = address.ipv4_mapped
    return f"{address}:{port}"
