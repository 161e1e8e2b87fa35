"""Who is online, as those who ask are told. It is made when somebody asks, and kept until something changes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from .events import Users
from .kinds import EVERYWHERE, LOBBY, Event

MOST_LISTED = 200  # users in one object, so that a program need not take a line of any length


class Listed(Protocol):
    """A member, as far as this file needs to know them."""

    addr: str
    name: str
    room: str


class Lists:
    """The answer to `who`, in lists of MOST_LISTED. Everyone who asks before something changes gets the same objects."""

    def __init__(self) -> None:
        self._made: dict[str, list[Users]] = {}  # by room
        self.rooms: Event | None = None  # the answer to another question, which is also kept until something changes

    def of(self, members: Iterable[Listed], room: str) -> Sequence[Users]:
        """Return who of all members is in a room, or where each of them is."""
        made = self._made.get(room)
        if made is None:
            if room == EVERYWHERE:
                users = [_with_room(member) for member in members]
            else:
                users = [(member.addr, member.name) for member in members if member.room == room]
            made = [Users(users[start : start + MOST_LISTED]) for start in range(0, len(users), MOST_LISTED)]
            self._made[room] = made
        return made

    def forget(self) -> None:
        """Take note that something has changed."""
        self._made.clear()
        self.rooms = None


def _with_room(member: Listed) -> tuple[str, ...]:
    return (member.addr, member.name) if member.room == LOBBY else (member.addr, member.name, member.room)
