"""What each member is told by a run of entries.

Nearly everybody is told the same. So that is kept once, in `common`, and only who is told something else has a Copy.
"""

from __future__ import annotations

from .events import DONE, Done, Event


class Copy:
    """How one member's events differ from the common ones. The numbers are places in `Told.common`."""

    __slots__ = ("end", "insertions", "is_long", "start")

    def __init__(self, start: int = 0) -> None:
        self.start = start  # events before this place are not for this member, who came later
        self.insertions: list[tuple[int, Event]] = []  # what this member alone is told, in front of which place
        self.is_long = False  # whether one of the insertions may be long
        self.end: int | None = None  # events from this place on are not for this member, who left before


class Told:
    """Collects what the members are told. One thread uses it; when all entries are applied, nobody changes it."""

    __slots__ = ("common", "copies")

    def __init__(self) -> None:
        self.common: list[Event] = []
        self.copies: dict[int, Copy] = {}  # by the member's number

    def tell_everyone(self, event: Event) -> None:
        """Tell everyone who is online at this point."""
        self.common.append(event)

    def tell_one(self, number: int, event: Event) -> None:
        """Tell one member alone. Go: User.SendMsg"""
        copy = self.copies.get(number)
        if copy is None:
            copy = self.copies[number] = Copy()
        copy.insertions.append((len(self.common), event))
        copy.is_long = copy.is_long or event.is_long

    def done(self, number: int, reply: str = "") -> None:
        """Tell a member that its line has been dealt with."""
        self.tell_one(number, Done(reply) if reply else DONE)

    def begin(self, number: int) -> None:
        """From here on a new member is told what everyone is told."""
        self.copies[number] = Copy(len(self.common))

    def end(self, number: int) -> None:
        """From here on a member is told nothing more."""
        self.copies.setdefault(number, Copy()).end = len(self.common)

    def heard_by(self, number: int) -> list[Event]:
        """Return all that one member is told, in order, as values."""
        copy = self.copies.get(number, Copy())
        end = len(self.common) if copy.end is None else copy.end
        heard: list[Event] = []
        done = copy.start
        for place, event in copy.insertions:
            heard += self.common[done:place]
            heard.append(event)
            done = place
        return heard + self.common[done:end]
