"""Which members are not told everything. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from .kept import Kept
from .kinds import Placed


class Hearer(Protocol):
    """A member, as far as this file needs to know them."""

    number: int
    room: str
    kept: Kept


class Hiding:
    """The members who have a `Hider`, by room. The hiders decide which events they are not told."""

    def __init__(self) -> None:
        self.rooms: dict[str, dict[int, Kept]] = {}  # by room, then by number; no room is empty
        self._members: dict[int, str] = {}  # the room in which each of them was noted

    def note(self, member: Hearer) -> None:
        """Take note of a member that has come in, is in another room, or has something else kept from now on."""
        self.forget(member)
        if member.kept.hiders:
            self._members[member.number] = member.room
            self.rooms.setdefault(member.room, {})[member.number] = member.kept

    def forget(self, member: Hearer) -> None:
        """Take note that a member has gone."""
        room = self._members.pop(member.number, None)
        if room is not None:
            del self.rooms[room][member.number]
            if not self.rooms[room]:
                del self.rooms[room]

    def numbers(self, event: Placed) -> Sequence[int]:
        """Return the numbers of the members who are not told of an event."""
        room = self.rooms.get(event.room)
        return [number for number, kept in room.items() if kept.hides(event)] if room else ()
