"""The entries that every chat needs: somebody comes, says something and leaves; the server closes.

The commands have entries of their own, in `commands/`.
"""

from __future__ import annotations

from dataclasses import dataclass

from . import events, texts
from .room import Entry, Member, Room
from .told import Told


@dataclass(slots=True)
class Join(Entry):
    """Somebody comes in. Go: User.Online"""

    addr: str

    def apply(self, room: Room, told: Told) -> None:
        """Announce them to everyone, the newcomer too. A room that is closed sends them away."""
        told.begin(self.number)
        if room.closed:
            told.tell_one(self.number, events.Bye("closing", texts.CLOSING))
            told.end(self.number)
        else:
            member = room.add(self.number, self.addr)
            told.tell_everyone(events.Joined(self.time, member.name, member.addr))


@dataclass(slots=True)
class Leave(Entry):
    """Somebody leaves, for whatever reason. `farewell` is the last that they are told. Go: User.Offline"""

    why: str
    farewell: str = ""

    def apply(self, room: Room, told: Told) -> None:
        """Take them out of the room and announce it to the others."""
        member = room.remove(self.number)
        if member is None:
            return
        if self.farewell:
            told.tell_one(self.number, events.Bye(self.why, self.farewell))
        told.end(self.number)
        told.tell_everyone(events.Left(self.time, member.name, member.addr, self.why))


@dataclass(slots=True)
class Close(Entry):
    """The server stops. Its number is no member's."""

    def apply(self, room: Room, told: Told) -> None:
        """Tell everyone as the last thing that they hear."""
        told.tell_everyone(events.Bye("closing", texts.CLOSING))
        for number in room.members:
            told.end(number)
        room.close()


@dataclass(slots=True)
class Line(Entry):
    """A line that a member has typed. Its receipt comes after all that the line causes."""

    def apply(self, room: Room, told: Told) -> None:
        """Do what the line asks for, then give the receipt. A line of somebody who has left does nothing."""
        member = room.members.get(self.number)
        if member is not None:
            told.done(self.number, self.act(room, member, told))

    def act(self, room: Room, member: Member, told: Told) -> str:
        """Do what the line asks for. Return the reply for its author, or an empty text."""
        raise NotImplementedError


@dataclass(slots=True)
class Say(Line):
    """Talk, for everyone. Go: Server.BroadCast, as User.DoMessage calls it"""

    text: str

    def act(self, room: Room, member: Member, told: Told) -> str:
        """Tell everyone, the speaker too."""
        told.tell_everyone(events.Said(self.time, member.name, member.addr, self.text))
        return ""


@dataclass(slots=True)
class Alive(Line):
    """An empty line: a heartbeat and nothing else."""

    def act(self, room: Room, member: Member, told: Told) -> str:
        """Do nothing. The receipt is all."""
        return ""


@dataclass(slots=True)
class Refuse(Line):
    """A line that cannot be done. Its author is told the reason."""

    reason: str

    def act(self, room: Room, member: Member, told: Told) -> str:
        """Return the reason."""
        return self.reason


@dataclass(slots=True)
class Notify(Entry):
    """Something that one member is told outside the answer to a line."""

    text: str

    def apply(self, room: Room, told: Told) -> None:
        """Tell it, if the member is still there."""
        if self.number in room.members:
            told.tell_one(self.number, events.Notice(self.text))
