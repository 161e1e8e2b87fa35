"""The commands of operators that need no file: `/kick`, `/mute`, `/unmute`, `/announce` and `/motd`.

Whether somebody is an operator is decided in the log. These commands are there only on a server that has operators.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ..chat import names, texts
from ..chat.announcing import Announce, SetMotd, ShowMotd
from ..chat.events import Done
from ..chat.order import Kick, MuteOne, Order, Unmute
from ..chat.owners import Owners
from ..chat.refusals import Refuse, Trouble
from ..chat.room import Entry
from .basic import Rename
from .registry import Command, Request, Way, guarded
from .sessions import Json

MOST_MINUTES = 366 * 24 * 60


def parse_kick(request: Request) -> Entry:
    """`/kick NAME [REASON]`: the reason is all the rest of the line."""
    name, _, reason = request.rest.partition(" ")
    if not name:
        raise Trouble(request.form, "bad_format")
    return Kick(request.number, request.time, typed(request), names.fold(name), reason.strip(" "))


def parse_mute(request: Request) -> Entry:
    """`/mute NAME [MINUTES]`."""
    name, until = name_and_end(request, 0)
    return MuteOne(request.number, request.time, typed(request), names.fold(name), name, until)


def parse_unmute(request: Request) -> Entry:
    """`/unmute NAME`."""
    name = only_name(request)
    return Unmute(request.number, request.time, typed(request), names.fold(name), name)


def parse_announce(request: Request) -> Entry:
    """`/announce TEXT`: the text is all the rest of the line, with its spaces."""
    if not request.rest.strip(" "):
        raise Trouble(request.form, "bad_format")
    return Announce(request.number, request.time, typed(request), request.rest)


def parse_motd(request: Request) -> Entry:
    """`/motd` for everybody, and `/motd TEXT` for operators."""
    if not request.rest.strip(" "):
        return ShowMotd(request.number, request.time)
    return SetMotd(request.number, request.time, typed(request), request.rest)


class Reserved:
    """Keeps the names of operators who have not registered yet from everybody who does not come from this machine."""

    def __init__(self, order: Order, owners: Owners, is_trusted: Callable[[str], bool]) -> None:
        """`is_trusted` says whether whoever comes from a host is on this machine, and trusted."""
        self._order = order
        self._owners = owners
        self._is_trusted = is_trusted

    def check(self, entry: Entry, way: Way) -> Entry:
        """Refuse a name. A newcomer comes in without it."""
        if not isinstance(entry, (Rename, Json)) or entry.key not in self._order.operators:
            return entry
        if entry.key in self._owners.accounts or self._is_trusted(way.host):
            return entry
        refused = Done(texts.NAME_FOR_OPERATOR, "name_owned")
        if isinstance(entry, Json):
            return replace(entry, name="", key="", refused=refused)
        return Refuse(entry.number, entry.time, refused.text, refused.code)


def typed(request: Request) -> str:
    """Return a line as the log and the other operators see it."""
    return f"/{request.command.word} {request.rest.strip(' ')}"


def only_name(request: Request) -> str:
    """Return the only word behind a command. Raises Trouble."""
    words = request.rest.split()
    if len(words) != 1:
        raise Trouble(request.form, "bad_format")
    return words[0]


def name_and_end(request: Request, default: int) -> tuple[str, float]:
    """Return a name, and until when something holds, in seconds since 1970; 0 is for ever. Raises Trouble.

    `default` is the number of minutes of a line that has none, where 0 is for ever, too.
    """
    name, *more = request.rest.split() or [""]
    minutes = more[0] if more else str(default)
    if not name or len(more) > 1 or not (minutes.isascii() and minutes.isdecimal() and len(minutes) < 10):
        raise Trouble(request.form, "bad_format")
    if more and not 0 < int(minutes) <= MOST_MINUTES:
        raise Trouble(request.form, "bad_format")
    return name, request.time + 60 * int(minutes) if int(minutes) else 0.0


FOR_OPERATORS = [
    Command("kick", "kick 用户名 [原因]", "管理员：移出用户", guarded(parse_kick)),
    Command("mute", "mute 用户名 [分钟]", "管理员：禁言", guarded(parse_mute)),
    Command("unmute", "unmute 用户名", "管理员：解除禁言", guarded(parse_unmute)),
    Command("announce", "announce 内容", "管理员：公告", guarded(parse_announce)),
    Command("motd", "motd [内容]", "查看欢迎辞，管理员可修改", guarded(parse_motd)),
]
