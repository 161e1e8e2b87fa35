"""The entries that every chat needs: somebody comes, says something and leaves; the server closes.

The commands have entries of their own, in `commands/`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from . import events, texts
from .events import DONE, Done
from .for_programs import Refused
from .past import welcome
from .room import Entry, Member, Room
from .told import Told


@dataclass(slots=True)
class Join(Entry):
    """Somebody comes in. Go: User.Online"""

    addr: str
    opening: Opening | None = None  # what they have said first, if that brings them in in its own way

    def apply(self, room: Room, told: Told) -> None:
        """Announce them to everyone, the newcomer too. A room that is closed sends them away."""
        told.begin(self.number)
        if self.opening:
            told.switch(self.number)
        if room.closed:
            told.tell_one(self.number, events.Bye("closing", texts.CLOSING))
            told.end(self.number)
        elif self.opening:
            self.opening.enter(room, self.addr, told)
        else:
            member = room.add(self.number, self.addr, self.time)
            told.tell_everyone(events.Joined(self.time, member.name, member.addr))
            welcome(room, self.number, self.time, told)


@dataclass(slots=True)
class Leave(Entry):
    """Somebody leaves, for whatever reason. `farewell` is the last that they are told. Go: User.Offline"""

    evicts: ClassVar[bool] = False  # whether they are removed: their connection is ended, too, and their session

    why: str
    farewell: str = ""

    def apply(self, room: Room, told: Told) -> None:
        """Take them out of the room and announce it to the others."""
        member = room.members.get(self.number)
        if member is None:
            return
        told.tell_one(self.number, events.Bye(self.why, self.farewell))
        told.end(self.number, self.evicts)
        room.remove(self.number)
        told.tell_everyone(events.Left(self.time, member.name, member.addr, self.why, room=member.room))
        if member.session:
            room.sessions.leave(member.session, told.memory.end, self.evicts or self.why == "quit")


@dataclass(slots=True)
class Close(Entry):
    """The server stops. Its number is no member's."""

    def apply(self, room: Room, told: Told) -> None:
        """Tell everyone as the last thing that they hear."""
        told.tell_all_rooms(events.Bye("closing", texts.CLOSING))
        for number in room.members:
            told.end(number)
        room.close()


@dataclass(slots=True)
class Line(Entry):
    """A line that a member has typed. Its receipt comes after all that the line causes."""

    speaks: ClassVar[bool] = True  # whether it shows that somebody types

    def apply(self, room: Room, told: Told) -> None:
        """Do what the line asks for, then give the receipt. A line of somebody who has left does nothing."""
        member = room.members.get(self.number)
        if member is None:
            return
        session = member.session
        line = room.sessions.take_line(session) if session else None
        room.families.hear(room, member, self, told)
        done = room.families.refusal(room, member, self) or self.act(room, member, told)
        if self.speaks:
            member.spoke = self.time
        if session and line:
            if done.code:  # why, its author should hear even if the connection ends first
                told.remember(Refused(self.time, done.text, done.code, session=session.digest, number=line))
            done = Done(done.text, done.code, line)
        told.tell_one(self.number, done)

    def act(self, room: Room, member: Member, told: Told) -> Done:
        """Do what the line asks for. Return the receipt: DONE, or one with a reply, or with a reason why not."""
        raise NotImplementedError


@dataclass(slots=True)
class Heard(Line):
    """A line whose text others are told. Somebody may be kept from that."""


@dataclass(slots=True)
class Opening(Line):
    """A line that can be the first of a connection, and brings its author in in its own way."""

    def enter(self, room: Room, addr: str, told: Told) -> None:
        """Bring the author in, who is told values and comes from `addr`."""
        raise NotImplementedError


@dataclass(slots=True)
class Say(Heard):
    """Talk, for everyone. Go: Server.BroadCast, as User.DoMessage calls it"""

    text: str

    def act(self, room: Room, member: Member, told: Told) -> Done:
        """Tell everyone, the speaker too."""
        told.tell_everyone(events.Said(self.time, member.name, member.addr, self.text), member)
        return DONE


@dataclass(slots=True)
class Alive(Line):
    """An empty line: a heartbeat and nothing else."""

    speaks: ClassVar[bool] = False

    def act(self, room: Room, member: Member, told: Told) -> Done:
        """Do nothing. The receipt is all."""
        return DONE
