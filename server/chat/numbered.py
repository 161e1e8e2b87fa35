"""A line that carries its number, so that it can be sent twice and is taken once. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from .entries import Line
from .room import Entry, Room
from .told import Told


@dataclass(slots=True)
class Numbered(Line):
    """A line for one session alone, and for one place in the count of the session's lines.

    Whoever did not hear whether a line has arrived sends it again. That it is not taken twice is decided where the log is
    applied, because only there it is known how many lines were taken.
    """

    digest: str  # the session's
    line: int  # the number that the session has to give to this line; 0 is any
    entry: Entry

    def apply(self, room: Room, told: Told) -> None:
        """Do what the line asks for, if it is the next one of its session."""
        member = room.members.get(self.number)
        session = member.session if member else None
        if session and session.digest == self.digest and self.line in (0, session.line + 1):
            self.entry.apply(room, told)
