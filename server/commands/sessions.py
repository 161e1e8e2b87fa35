"""`/json` and `/resume`, for programs: values instead of text, and a session that outlives the connection."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import ClassVar

from ..chat import names, texts
from ..chat.entries import Opening
from ..chat.events import DONE, Bye, Done, Joined, Left
from ..chat.kinds import LOBBY, Event
from ..chat.moves import Entered, leave
from ..chat.order import Mute
from ..chat.past import missed, welcome
from ..chat.renaming import tell_renamed
from ..chat.room import Entry, Member, Room
from ..chat.sessions import Session, digest_of
from ..chat.told import Told
from ..chat.trail import Trail
from .registry import Command, Request

MOST_DIGITS = 18  # of a place


@dataclass(slots=True)
class Hello(Event):
    """From here on a program is told values. `taken` is the last line that was taken from its session."""

    type = "hello"
    greets = True
    shown = ("session", "taken", "addr", "name", "room", "at")

    session: str  # its token
    taken: int
    addr: str
    name: str
    room: str
    at: int

    def line(self) -> str:
        """Return nothing: whoever reads text is never told this."""
        return ""


@dataclass(slots=True)
class Json(Opening):
    """The wish to be told values, and to have a name, if `name` is not empty.

    `token` is for a new session. `refused` says why the name is not possible, if that is known without the room.
    """

    token: str
    name: str = ""
    key: str = ""
    refused: Done | None = None

    @property
    def asks_for_name(self) -> bool:  # type: ignore[override]
        """Whether there is one in it."""
        return bool(self.name)

    def enter(self, room: Room, addr: str, told: Told) -> None:
        """Bring a newcomer in under the name, or under the address if the name cannot be had."""
        refused, name = self.refused, self.name
        if name and (taken := room.refusal(self.key)):
            refused, name = taken, ""
        _come_in(room, room.sessions.open(self.token, self.number, name or addr, addr), [], self.time, told)
        welcome(room, self.number, self.time, told)
        if refused:
            told.tell_one(self.number, refused)

    def apply(self, room: Room, told: Told) -> None:
        """Let a member go over to values. For one that has done so before, it is a line like any other."""
        member = room.members.get(self.number)
        if member is None or member.session is not None:
            Opening.apply(self, room, told)
            return
        told.switch(self.number)
        member.session = room.sessions.open(self.token, self.number, member.name, member.addr)
        member.session.kept = member.kept
        done = self.act(room, member, told)
        if done.code:
            told.tell_one(self.number, done)

    def act(self, room: Room, member: Member, told: Told) -> Done:
        """Greet a member that has a session, under the name that it wants, if that can be had."""
        refused, old = self.refused, member.name
        if self.name:
            refused = room.rename(member, self.name, self.key)
        assert member.session
        _greet(member.session, told)
        tell_renamed(member, old, self.time, told, member)
        return refused or DONE


@dataclass(slots=True)
class Resume(Opening):
    """The wish to go on with a session, by whoever has heard everything up to the place `after`.

    `fresh` is the token of a new session, in case that there is no such session any more.
    """

    cost: ClassVar[float] = 0.01

    token: str
    after: int
    fresh: str

    def enter(self, room: Room, addr: str, told: Told) -> None:
        """Bring a newcomer in under the name of its session."""
        session = self._find(room, told)
        told.begin(self.number, _room_of(session))  # again, because the old connection may have left only now
        told.switch(self.number)
        known, refused = session, None if session else _NO_SESSION
        if session is None:
            session = room.sessions.open(self.fresh, self.number, addr, addr)
        else:
            refused = self._take_up(room, session, addr)
        _come_in(room, session, self._missed(room, known, told), self.time, told)
        if refused:
            told.tell_one(self.number, refused)

    def apply(self, room: Room, told: Told) -> None:
        """Let a member that is in already go on with a session. It takes the session's name and gives its own up."""
        member = room.members.get(self.number)
        if member is None:
            return
        session, old = self._find(room, told), member.name
        refused = None if session else _NO_SESSION
        if member.session is None:
            told.switch(self.number)
        has_moved = session is not None and member.room != _room_of(session)
        if has_moved:
            leave(room, member, _room_of(session), self.time, told)
        if session:
            if member.session and member.session is not session:
                room.sessions.end(member.session)
            refused = self._take_up(room, session, member.addr)
            mute = member.kept.find(Mute)
            member.session, member.kept = session, session.kept
            if mute:
                member.of(Mute).follow(mute)
            room.rename(member, session.name, session.key)
            room.families.hiding.forget(member)
        present = member.session or room.sessions.open(self.fresh, self.number, member.name, member.addr)
        if present is not member.session:
            member.session, present.kept = present, member.kept
        _greet(present, told)
        told.tell_several(self.number, self._missed(room, session, told))
        if has_moved:
            told.tell_everyone(Entered(self.time, member.name, member.addr, room=member.room))
        else:
            tell_renamed(member, old, self.time, told)  # no line of the session has asked for the name
        room.families.hiding.note(member)  # not before, for it hears of itself
        if refused:
            told.tell_one(self.number, refused)

    def _find(self, room: Room, told: Told) -> Session | None:
        """Return the session. If another connection still has it, that one is ended."""
        session = room.sessions.by_digest.get(digest_of(self.token))
        if session and session.member != self.number and (old := room.members.get(session.member)):
            told.tell_one(old.number, Bye("resumed", texts.RESUMED))
            told.end(old.number, evict=True)
            room.remove(old.number)
            told.tell_everyone(Left(self.time, old.name, old.addr, "lost", room=old.room))
        return session

    def _take_up(self, room: Room, session: Session, addr: str) -> Done | None:
        """Give the session to the member. If its name is somebody else's by now, return that, and it has none."""
        refused = room.families.claim(room, session, session.key)
        room.sessions.take_up(session, self.number, addr, self.token, keep_name=not refused)
        return refused

    def _missed(self, room: Room, session: Session | None, told: Told) -> list[Event]:
        """Return what was missed. Without a session, that is what everyone may know."""
        return missed(told.memory, room.archive, session, self.after)


@dataclass(slots=True)
class Expire(Entry):
    """A session has been without a connection for too long, since the place `since`. The number is no member's."""

    digest: str
    since: int

    def apply(self, room: Room, told: Told) -> None:
        """Forget it, unless its program has come back."""
        session = room.sessions.held.get(self.digest)
        if session and session.held_since == self.since:
            room.sessions.end(session)


def parse_json(request: Request) -> Entry:
    """`/json` or `/json NAME`."""
    words = request.rest.split(maxsplit=1)
    entry = Json(request.number, request.time, secrets.token_hex(16))
    if len(words) > 1:
        return request.refuse()
    if words:
        try:
            entry.name = names.check(words[0], request.registry.commands)
            entry.key = names.fold(entry.name)
        except names.BadName as error:
            entry.refused = Done(f"{texts.NAME_BAD}{error}", "name_bad")
    return entry


def parse_resume(request: Request) -> Entry:
    """`/resume SESSION AT`."""
    words = request.rest.split()
    if len(words) != 2 or not (words[1].isascii() and words[1].isdecimal() and len(words[1]) <= MOST_DIGITS):
        return request.refuse()
    return Resume(request.number, request.time, words[0], int(words[1]), secrets.token_hex(16))


def _come_in(room: Room, session: Session, missed: list[Event], time: float, told: Told) -> None:
    """Add the member that a session belongs to, tell it what it has missed, and announce it."""
    _greet(session, told)
    told.tell_several(session.member, missed)
    member = room.add(session.member, session.addr, time, session.name)
    member.session, member.kept, member.room = session, session.kept, _room_of(session)
    told.tell_everyone(Joined(time, member.name, member.addr, room=member.room))
    room.families.hiding.note(member)


def _room_of(session: Session | None) -> str:
    """Return the room in which a session is, or was when it lost its connection."""
    trail = session.kept.find(Trail) if session else None
    return trail.room if trail else LOBBY


def _greet(session: Session, told: Told) -> None:
    hello = Hello(session.token, session.line, session.addr, session.name, _room_of(session), told.memory.stands)
    told.tell_one(session.member, hello)


_NO_SESSION = Done(texts.NO_SESSION, "no_session")

COMMANDS = [
    Command("json", "json [用户名]", "改用 JSON 行，供程序使用", parse_json),
    Command("resume", "resume 会话 位置", "恢复断开的会话，供程序使用", parse_resume),
]
