"""Who is online, as those who ask are told. It is made when somebody asks, and kept until something changes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from .events import Users

MOST_LISTED = 200  # users in one object, so that a program need not take a line of any length


class Listed(Protocol):
    """A member, as far as this file needs to know them."""

    addr: str
    name: str


class Lists:
    """The answer to `who`, in lists of MOST_LISTED. Everyone who asks before something changes gets the same objects."""

    def __init__(self) -> None:
        self._made: list[Users] = []

    def of(self, members: Iterable[Listed]) -> Sequence[Users]:
        """Return who is online, which is `members`."""
        if not self._made:
            users = [(member.addr, member.name) for member in members]
            self._made = [Users(users[start : start + MOST_LISTED]) for start in range(0, len(users), MOST_LISTED)]
        return self._made

    def forget(self) -> None:
        """Take note that something has changed."""
        self._made = []
