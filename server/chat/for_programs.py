"""Events that only programs are told, which text users never read."""

from __future__ import annotations

from dataclasses import dataclass

from .events import Done
from .kinds import Event, Placed


@dataclass(slots=True)
class Renamed(Placed):
    """Somebody has another name now. Text users are not told, as in the Go notes."""

    type = "renamed"
    shown = ("at", "time", "old", "name", "addr", "room")

    old: str
    name: str
    addr: str

    def line(self) -> str:
        """Return nothing."""
        return ""


@dataclass(slots=True)
class Refused(Placed):
    """A program's line could not be done. It is remembered, in case the program's connection ends too soon."""

    type = "refused"
    is_private = True

    text: str
    code: str

    def heard_by(self, session: str) -> Event | None:
        """Return the receipt for the program whose line it was."""
        return Done(self.text, self.code, self.number) if session and self.session == session else None
