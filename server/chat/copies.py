"""How what one member is told differs from what everyone is told."""

from __future__ import annotations

from collections.abc import Sequence

from .kinds import Event


class Copy:
    """How one member's events differ from the common ones. The numbers are places in `Told.common`."""

    __slots__ = ("end", "evicted", "insertions", "is_long", "start", "switch")

    def __init__(self, start: int = 0) -> None:
        self.start = start  # events before this place are not for this member, who came later
        # What this member alone is told: in front of which place, what it stands for up to which place, and the event.
        # None stands for events that are hidden from this member.
        self.insertions: list[tuple[int, int, Event | None]] = []
        self.is_long = False  # whether one of the insertions is a Long
        self.end: int | None = None  # events from this place on are not for this member, who left before
        self.switch: int | None = None  # from this insertion on, the member is told values instead of text
        self.evicted = False  # whether the member has not left by itself

    def events(self, common: Sequence[Event]) -> list[Event]:
        """Return all that the member is told, in order, as values."""
        told: list[Event] = []
        done = self.start
        for place, goes_on, event in self.insertions:
            told += common[done:place]
            if event is not None:
                told.append(event)
            done = goes_on
        told += common[done : len(common) if self.end is None else self.end]
        return told

    def split(self) -> tuple[Copy, Copy]:
        """Return what is told before the switch, and what is told from there on."""
        assert self.switch is not None
        before, after = Copy(self.start), Copy(self.insertions[self.switch][0])
        before.end, after.end = after.start, self.end
        before.insertions, after.insertions = self.insertions[: self.switch], self.insertions[self.switch :]
        before.is_long = after.is_long = self.is_long
        return before, after
