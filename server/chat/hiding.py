"""Which members are not told everything. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from .kept import Kept
from .kinds import Placed


class Hearer(Protocol):
    """A member, as far as this file needs to know them."""

    number: int
    kept: Kept


class Hiding:
    """The members from whom something may be hidden. What that is, their `Hider`s say."""

    def __init__(self) -> None:
        self._members: dict[int, Kept] = {}  # by number

    def __bool__(self) -> bool:
        """Return whether there are any."""
        return bool(self._members)

    def note(self, member: Hearer) -> None:
        """Take note of a member that has come in, or that has something else kept from now on."""
        if member.kept.hiders:
            self._members[member.number] = member.kept
        else:
            self.forget(member)

    def forget(self, member: Hearer) -> None:
        """Take note that a member has gone."""
        self._members.pop(member.number, None)

    def numbers(self, event: Placed) -> Iterator[int]:
        """Yield the numbers of the members who are not told of an event."""
        return (number for number, kept in self._members.items() if kept.hides(event))
