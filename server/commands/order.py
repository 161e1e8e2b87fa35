"""The commands of operators that need no file: `/kick`, `/mute`, `/unmute`, `/announce` and `/motd`.

Whether somebody is an operator is decided in the log. These commands are there only on a server that has operators.
"""

from __future__ import annotations

from ..chat import names
from ..chat.announcing import Announce, SetMotd, ShowMotd
from ..chat.order import Kick, MuteOne, Unmute
from ..chat.refusals import Trouble
from ..chat.room import Entry
from .registry import Command, Request, guarded

KICK_FORMAT = "消息格式不正确，请使用 [/kick username reason] 格式"
MUTE_FORMAT = "消息格式不正确，请使用 [/mute username minutes] 格式"
UNMUTE_FORMAT = "消息格式不正确，请使用 [/unmute username] 格式"
ANNOUNCE_FORMAT = "消息格式不正确，请使用 [/announce content] 格式"

MOST_MINUTES = 366 * 24 * 60


def parse_kick(request: Request) -> Entry:
    """`/kick NAME [REASON]`: the reason is all the rest of the line."""
    name, _, reason = request.rest.partition(" ")
    if not name:
        raise Trouble(KICK_FORMAT, "bad_format")
    return Kick(request.number, request.time, typed("kick", request), names.fold(name), reason.strip(" "))


def parse_mute(request: Request) -> Entry:
    """`/mute NAME [MINUTES]`."""
    name, until = name_and_end(request, MUTE_FORMAT, 0)
    return MuteOne(request.number, request.time, typed("mute", request), names.fold(name), name, until)


def parse_unmute(request: Request) -> Entry:
    """`/unmute NAME`."""
    name = only_name(request, UNMUTE_FORMAT)
    return Unmute(request.number, request.time, typed("unmute", request), names.fold(name), name)


def parse_announce(request: Request) -> Entry:
    """`/announce TEXT`: the text is all the rest of the line, with its spaces."""
    if not request.rest.strip(" "):
        raise Trouble(ANNOUNCE_FORMAT, "bad_format")
    return Announce(request.number, request.time, typed("announce", request), request.rest)


def parse_motd(request: Request) -> Entry:
    """`/motd` for everybody, and `/motd TEXT` for operators."""
    if not request.rest.strip(" "):
        return ShowMotd(request.number, request.time)
    return SetMotd(request.number, request.time, typed("motd", request), request.rest)


def typed(word: str, request: Request) -> str:
    """Return a line as the log and the other operators see it."""
    return f"/{word} {request.rest.strip(' ')}"


def only_name(request: Request, form: str) -> str:
    """Return the only word behind a command. Raises Trouble."""
    words = request.rest.split()
    if len(words) != 1:
        raise Trouble(form, "bad_format")
    return words[0]


def name_and_end(request: Request, form: str, default: int) -> tuple[str, float]:
    """Return a name, and until when something holds, in seconds since 1970; 0 is for ever. Raises Trouble.

    `default` is the number of minutes of a line that has none, where 0 is for ever, too.
    """
    name, *more = request.rest.split() or [""]
    minutes = more[0] if more else str(default)
    if not name or len(more) > 1 or not (minutes.isascii() and minutes.isdecimal() and len(minutes) < 10):
        raise Trouble(form, "bad_format")
    if more and not 0 < int(minutes) <= MOST_MINUTES:
        raise Trouble(form, "bad_format")
    return name, request.time + 60 * int(minutes) if int(minutes) else 0.0


FOR_OPERATORS = [
    Command("kick", "kick 用户名 [原因]", "管理员：移出用户", guarded(parse_kick)),
    Command("mute", "mute 用户名 [分钟]", "管理员：禁言", guarded(parse_mute)),
    Command("unmute", "unmute 用户名", "管理员：解除禁言", guarded(parse_unmute)),
    Command("announce", "announce 内容", "管理员：公告", guarded(parse_announce)),
    Command("motd", "motd [内容]", "查看欢迎辞，管理员可修改", guarded(parse_motd)),
]
