"""Answers that are made when somebody asks, and kept until something changes. Pure."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Protocol, TypeVar, cast

from .events import Users
from .kinds import EVERYWHERE, LOBBY

MOST_LISTED = 200  # users in one object, so that a program need not take a line of any length

T = TypeVar("T")


class Listed(Protocol):
    """A member, as far as this file needs to know them."""

    addr: str
    name: str
    room: str


class Lists:
    """The answers. Everyone who asks before something changes gets the same object."""

    def __init__(self) -> None:
        self._made: dict[Hashable, object] = {}

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what was made under a key since something changed, or make it."""
        if key not in self._made:
            self._made[key] = make()
        return cast(T, self._made[key])

    def forget(self) -> None:
        """Take note that something has changed."""
        self._made.clear()


def users(members: Iterable[Listed], room: str) -> list[Users]:
    """Return who of all members is in a room, or where each of them is, in lists of MOST_LISTED."""
    if room == EVERYWHERE:
        found = [_with_room(member) for member in members]
    else:
        found = [(member.addr, member.name) for member in members if member.room == room]
    return [Users(found[start : start + MOST_LISTED]) for start in range(0, len(found), MOST_LISTED)]


def _with_room(member: Listed) -> tuple[str, ...]:
    return (member.addr, member.name) if member.room == LOBBY else (member.addr, member.name, member.room)
