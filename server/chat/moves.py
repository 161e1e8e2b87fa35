"""Somebody goes from one room into another."""

from __future__ import annotations

from dataclasses import dataclass

from . import texts
from .kinds import Placed
from .room import Member, Room
from .told import Told
from .trail import Trail


@dataclass(slots=True)
class Entered(Placed):
    """Somebody has come from another room."""

    type = "entered"
    shown = ("at", "time", "name", "addr", "room")

    name: str
    addr: str

    def line(self) -> str:
        """Return `[ADDR]NAME:进入 ROOM`."""
        return f"[{self.addr}]{self.name}:{texts.ENTERED} {shown(self.room)}"


@dataclass(slots=True)
class Exited(Placed):
    """Somebody has gone into another room."""

    type = "exited"
    shown = ("at", "time", "name", "addr", "room")

    name: str
    addr: str

    def line(self) -> str:
        """Return `[ADDR]NAME:离开 ROOM`."""
        return f"[{self.addr}]{self.name}:{texts.EXITED} {shown(self.room)}"


def shown(room: str) -> str:
    """Return how people read the name of a room."""
    return room or texts.LOBBY


def leave(room: Room, member: Member, name: str, time: float, told: Told) -> None:
    """Take a member into the room `name`, and tell those who stay behind. Nobody in that room has been told yet."""
    told.move(member.number, name)  # while the member is still known to be in the room before
    before, member.room = member.room, name
    room.families.hiding.note(member)  # what happens in the room before is not hidden from this member any more
    room.lists.forget()
    told.tell_everyone(Exited(time, member.name, member.addr, room=before))


def go(room: Room, member: Member, name: str, time: float, told: Told) -> None:
    """Let a member go into the room `name`, as a line of it asks for, and tell everyone in both rooms."""
    leave(room, member, name, time, told)
    member.of(Trail).enter(told.memory.end, name)
    told.tell_everyone(Entered(time, member.name, member.addr), member)
