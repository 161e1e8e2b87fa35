"""Entries of a handler's thread that tell nobody anything. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from .room import Entry, Member, Room
from .told import Told

T = TypeVar("T")


@dataclass(slots=True)
class Look(Entry, Generic[T]):
    """A look at the room, at one place of the log. It changes nothing."""

    question: Callable[[Room, Member, Told], T]
    answer: T | None = None  # None if the member has left

    def apply(self, room: Room, told: Told) -> None:
        """Answer the question."""
        member = room.members.get(self.number)
        if member is not None:
            self.answer = self.question(room, member, told)


def is_next(member: Member, line: int) -> bool:
    """Return whether a line that wants to be number `line` of its session is the next one. 0 is any.

    What is done outside the log must be asked for by such a line: any other does nothing when it comes into the log.
    """
    return member.session is None or line in (0, member.session.line + 1)


@dataclass(slots=True)
class Nothing(Entry):
    """What is left of a line that has been dealt with before."""

    def apply(self, room: Room, told: Told) -> None:
        """Do nothing."""
