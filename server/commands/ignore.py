"""`/ignore`, `/unignore` and `/quiet`: what members do not want to be told."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ..chat import names, texts
from ..chat.entries import Line
from ..chat.events import Done, Joined, Left, Whispered
from ..chat.kept import Hider, Stored
from ..chat.kinds import Placed
from ..chat.moves import Entered, Exited
from ..chat.private_words import NOT_ONLINE
from ..chat.room import Entry, Member, Room
from ..chat.told import Told
from .registry import Command, Request

MOST_IGNORED = 100

_key = lru_cache(maxsize=4096)(names.fold)


class Ignored(Hider, Stored):
    """Whom a member ignores: what they say to everyone, and private words.

    A person is known by the folded name, and by the address of the connection that had the name at the time, so that
    another name does not help. After a restart of the server all connections are others, and the names are left. Each
    change makes new objects, because any thread may ask what is hidden.
    """

    key = "ignored"

    def __init__(self) -> None:
        self.people: dict[str, tuple[str, str]] = {}  # shown name and address, by folded name
        self._addrs: frozenset[str] = frozenset()

    def add(self, key: str, name: str, addr: str) -> None:
        """Ignore somebody."""
        self._change({**self.people, key: (name, addr)})

    def remove(self, key: str) -> bool:
        """Ignore somebody no longer. Return False if nobody is ignored under that name."""
        if key not in self.people:
            return False
        self._change({other: person for other, person in self.people.items() if other != key})
        return True

    def hides(self, event: Placed) -> bool:
        """Return whether an event is something that an ignored person has said."""
        if not self.people or not (event.is_talk or isinstance(event, Whispered)):
            return False
        return _key(getattr(event, "name", "")) in self.people or getattr(event, "addr", "") in self._addrs

    def dump(self) -> object:
        """Return the names, if there are any."""
        return [name for name, _ in self.people.values()] or None

    def load(self, value: Any) -> None:
        """Ignore whoever has one of these names."""
        self._change({names.fold(str(name)): (str(name), "") for name in value})

    def _change(self, people: dict[str, tuple[str, str]]) -> None:
        self.people = people
        self._addrs = frozenset(addr for _, addr in people.values() if addr)


class Quiet(Hider, Stored):
    """Whether a member is not told who comes and who leaves."""

    key = "quiet"

    def __init__(self) -> None:
        self.is_quiet = False

    def dump(self) -> object:
        """Return True if it is so."""
        return self.is_quiet or None

    def load(self, value: Any) -> None:
        """Become what was stored."""
        self.is_quiet = bool(value)

    def hides(self, event: Placed) -> bool:
        """Return whether an event is a coming or a leaving."""
        return self.is_quiet and isinstance(event, (Joined, Left, Entered, Exited))


@dataclass(slots=True)
class Ignore(Line):
    """The wish to hear nothing more of whoever has the folded name `key`."""

    key: str

    def act(self, room: Room, member: Member, told: Told) -> Done:
        """Ignore them from here on."""
        ignored = member.of(Ignored)
        person = room.find(self.key)
        if person is member:
            return Done(texts.NOT_ONESELF, "not_oneself")
        if person is None:
            return NOT_ONLINE
        if len(ignored.people) == MOST_IGNORED and self.key not in ignored.people:
            return Done(texts.IGNORES_TOO_MANY, "ignoring_too_many")
        ignored.add(self.key, person.name, person.addr if isinstance(person, Member) else "")
        room.families.hiding.note(member)
        return Done(texts.IGNORED.format(person.name))


@dataclass(slots=True)
class ListIgnored(Line):
    """The question who is ignored."""

    def act(self, room: Room, member: Member, told: Told) -> Done:
        """Answer in the receipt."""
        people = member.of(Ignored).people.values()
        return Done(texts.IGNORES.format("、".join(name for name, _ in people)) if people else texts.IGNORES_NOBODY)


@dataclass(slots=True)
class Unignore(Line):
    """The wish to hear somebody again. They need not be online."""

    name: str

    def act(self, room: Room, member: Member, told: Told) -> Done:
        """Ignore them no longer."""
        if not member.of(Ignored).remove(names.fold(self.name)):
            return Done(texts.NOT_IGNORED.format(self.name), "not_ignored")
        return Done(texts.UNIGNORED.format(self.name))


@dataclass(slots=True)
class BeQuiet(Line):
    """The wish not to be told who comes and who leaves, or to be told again."""

    def act(self, room: Room, member: Member, told: Told) -> Done:
        """Change it, and say which it is now."""
        quiet = member.of(Quiet)
        quiet.is_quiet = not quiet.is_quiet
        room.families.hiding.note(member)
        return Done(texts.QUIET if quiet.is_quiet else texts.NOT_QUIET)


def furnish(room: Room) -> None:
    """Hide from programs, which wait for their connections after a restart, what was hidden from them before."""
    for session in room.sessions.by_digest.values():
        for kind in (Ignored, Quiet):
            session.kept.find(kind)  # or else it would be read when the program asks for it


def parse_ignore(request: Request) -> Entry:
    """`/ignore` or `/ignore NAME`."""
    if not request.rest.strip(" "):
        return ListIgnored(request.number, request.time)
    key = request.one_name()
    return Ignore(request.number, request.time, key) if key else request.refuse()


def parse_unignore(request: Request) -> Entry:
    """`/unignore NAME`."""
    if not request.one_name():
        return request.refuse()
    return Unignore(request.number, request.time, request.rest.strip(" "))


def parse_quiet(request: Request) -> Entry:
    """`/quiet`, alone on its line."""
    return BeQuiet(request.number, request.time)


COMMANDS = [
    Command("ignore", "ignore [用户名]", "不再看到此人说的话；不带名字则列出", parse_ignore),
    Command("unignore", "unignore 用户名", "取消屏蔽", parse_unignore),
    Command("quiet", "quiet", "不显示上线和下线，再输入一次则恢复", parse_quiet, alone=True),
]
