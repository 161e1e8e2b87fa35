"""What users have asked for, as the log has dealt with it: what the checker of the simulation must know besides events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from server.chat.copies import Copy
from server.chat.entries import Line
from server.chat.events import Done
from server.chat.kinds import Event
from server.chat.room import Entry, Member, Room
from server.chat.sessions import MOST_KEPT, Session
from server.chat.told import Told
from server.commands.basic import Whisper
from server.commands.ignore import Ignore
from server.commands.people import LastWriter, Reply, _find


@dataclass(frozen=True, slots=True)
class Person:
    """A user as they were at one place of the log."""

    who: str  # the digest of a program's session, or the address of a person
    name: str
    addr: str
    is_program: bool
    is_held: bool = False  # whether that session has no connection
    is_full: bool = False  # whether no more private words may be kept for them


@dataclass(frozen=True, slots=True)
class Deed:
    """A line that was done, or refused, and what its author was told by it."""

    place: int  # of the last event before it
    line: Line
    number: int  # of the line in its session; 0 for a person
    author: Person
    other: Person | None  # who was to be ignored, or to be told something alone, if they were there
    told: Sequence[Event]  # the last of them is the receipt

    @property
    def done(self) -> Done:
        """The receipt."""
        done = self.told[-1]
        assert isinstance(done, Done)
        return done


@dataclass(slots=True)
class Watched(Entry):
    """A line whose deed is noted down. For everybody else it is that line."""

    line: Line
    deeds: list[Deed]

    def apply(self, room: Room, told: Told) -> None:
        """Apply the line."""
        member = room.members.get(self.number)
        if member is None:
            return
        author, other, copy = _person(member), _other(room, member, self.line), told.copies.get(self.number)
        before = len(copy.insertions) if copy else 0
        place = room.memory.end + len(told._placed) - told._settled
        self.line.apply(room, told)
        own = _events(told.copies[self.number], before if told.copies[self.number] is copy else 0)
        if own and isinstance(own[-1], Done):
            number = member.session.line if member.session else 0
            self.deeds.append(Deed(place, self.line, number, author, other, own))


def _person(who: Member | Session) -> Person:
    session = who if isinstance(who, Session) else who.session
    is_full = isinstance(who, Session) and who.words == MOST_KEPT
    digest = session.digest if session else ""
    return Person(digest or who.addr, who.name, who.addr, bool(digest), isinstance(who, Session), is_full)


def _other(room: Room, member: Member, line: Line) -> Person | None:
    """Return whom a line is about, before it is done."""
    key = ""
    if isinstance(line, (Ignore, Whisper)):
        key = line.key
    elif isinstance(line, Reply) and (last := member.kept.find(LastWriter)) and (writer := _find(room, last)):
        key = writer.key
    who = room.find(key)
    return _person(who) if who else None


def _events(copy: Copy, begin: int) -> list[Event]:
    return [event for _, _, event in copy.insertions[begin:] if event]
