"""The lines that the server says, as values. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

RECEIPT = "I'm live"
ONLINE = "已上线"
OFFLINE = "下线"
LISTED = "在线"
NAME_BAD = "用户名不合法："
IDLE = "长时间未使用，连接中断"
CLOSING = "服务器关闭，连接中断"
TOO_SLOW = "接收过慢，连接中断"
_REFUSALS = ("服务器人数已满，请稍后再试", "来自同一地址的连接过多，请稍后再试", "服务器繁忙，请稍后再试")
_RENAMED = "修改用户名为: "

# An address may hold colons and brackets, as in `[::1]:6666`; a name may be an address, and else holds neither.
_TAGGED = re.compile(r"\[(?P<addr>\[[^]]*]:\d+|[^]]*)](?P<name>(?P=addr)|[^:]+):(?P<text>.*)")
_PRIVATE = re.compile(r"(?P<name>\[[^]]*]:\d+|[^\s:]+:\d+|[^\s:]+): (?P<text>.*)")


@dataclass(frozen=True, slots=True)
class Talk:
    """`[ADDR]NAME:TEXT`: what somebody said to all; OWN if we did."""

    addr: str
    name: str
    text: str
    own: bool = False


@dataclass(frozen=True, slots=True)
class Announcement:
    """`[ADDR]NAME:WHAT`: somebody has come (已上线), gone (下线), or is here (在线)."""

    addr: str
    name: str
    what: str


@dataclass(frozen=True, slots=True)
class Private:
    """`NAME: TEXT`: what somebody said to us alone."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """`I'm live`: a line of ours has been dealt with."""


@dataclass(frozen=True, slots=True)
class Renamed:
    """`修改用户名为: NAME`: so we are called from now on."""

    name: str


@dataclass(frozen=True, slots=True)
class Farewell:
    """Why the server is about to end the connection.

    FINAL: no line was taken whose receipt is not before it. REFUSAL: none was taken at all.
    """

    text: str
    final: bool
    refusal: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """Any other TEXT, for us alone."""

    text: str


Reply = Talk | Announcement | Private | Receipt | Renamed | Farewell | Answer


def parse(line: str, *, renaming: bool = False) -> Reply:
    """What LINE says. RENAMING: we asked for another name; else somebody called 修改用户名为 whispers."""
    if line == RECEIPT:
        return Receipt()
    if line in (IDLE, CLOSING, TOO_SLOW, *_REFUSALS):
        return Farewell(line, final=line != TOO_SLOW, refusal=line in _REFUSALS)
    if renaming and line.startswith(_RENAMED):
        return Renamed(line.removeprefix(_RENAMED))
    if tagged := _TAGGED.fullmatch(line):
        addr, name, text = tagged.group("addr", "name", "text")
        if text in (ONLINE, OFFLINE, LISTED):
            return Announcement(addr, name, text)
        return Talk(addr, name, text)
    if private := _PRIVATE.fullmatch(line):
        return Private(*private.group("name", "text"))
    return Answer(line)
