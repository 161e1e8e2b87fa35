"""The entries of lines that cannot be done."""

from __future__ import annotations

from dataclasses import dataclass

from .entries import Line
from .events import Done, Notice
from .room import Entry, Member, Room
from .told import Told


class Trouble(Exception):
    """Something cannot be done for a user, who is told the text, and a program the code."""

    def __init__(self, text: str, code: str) -> None:
        super().__init__(code)
        self.text = text
        self.code = code


@dataclass(slots=True)
class Refuse(Line):
    """A line that cannot be done. Its author is told the reason, and a program the code."""

    reason: str
    code: str

    def act(self, room: Room, member: Member, told: Told) -> Done:
        """Return the reason."""
        return Done(self.reason, self.code)


@dataclass(slots=True)
class TooLong(Entry):
    """A line is longer than a line may be. It has not ended yet, so this is not its receipt."""

    reason: str

    def apply(self, room: Room, told: Told) -> None:
        """Tell a person at once. A program hears it at the end of the line, when its number is known."""
        member = room.members.get(self.number)
        if member and member.session is None:
            told.tell_one(self.number, Notice(self.reason))


@dataclass(slots=True)
class EndOfTooLong(Line):
    """The end of a line that was too long."""

    reason: str

    def act(self, room: Room, member: Member, told: Told) -> Done:
        """Return the reason for a program. A person knows it already."""
        return Done(self.reason if member.session else "", "too_long")
