"""How what one member is told differs from what everyone in its room is told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from .hiding import Hiding
from .kinds import LOBBY, Event, Placed


class Copy:
    """How one member's events differ from the common ones of one room. The numbers are places in `common`.

    For a member that goes into another room, or goes over to values, another copy begins there, behind `earlier` ones.
    """

    __slots__ = ("common", "earlier", "end", "evicted", "insertions", "is_long", "room", "start", "switches")

    def __init__(self, room: str, common: Sequence[Event], start: int = 0) -> None:
        self.room = room
        self.common = common  # what everyone in the room is told
        self.start = start  # events before this place are not for this member, who came later
        # (start, end, event): this member is told `event` in place of `common[start:end]`. If both are the same, it is
        # told that besides. With None, it is told nothing in their place.
        self.insertions: list[tuple[int, int, Event | None]] = []
        self.is_long = False  # whether one of the insertions is a Long
        self.end: int | None = None  # events from this place on are not for this member, who left before
        self.switches = False  # whether the member is told values from here on, and was told text before
        self.evicted = False  # whether the member has not left by itself
        self.earlier: Sequence[Copy] = ()

    def tell_instead(self, event: Event | None) -> None:
        """Tell the member something in place of the last common event, or nothing."""
        place = len(self.common)
        self.insertions.append((place - 1, place, event))

    def pieces(self) -> list[Copy]:
        """Return the earlier copies, then this one."""
        return [*self.earlier, self]

    def events(self) -> Iterator[Event]:
        """Yield what the member is told, without what the earlier copies have."""
        done = self.start
        for place, goes_on, event in self.insertions:
            yield from self.common[done:place]
            if event is not None:
                yield event
            done = goes_on
        yield from self.common[done : self.end]

    @property
    def is_empty(self) -> bool:
        """Whether the member is told nothing by a copy that has ended."""
        return not self.insertions and self.end == self.start


class Present(Protocol):
    """A member, as far as this file needs to know them."""

    number: int
    room: str


class Copies:
    """The copies of whoever is told something else than the others; and what the others are told."""

    __slots__ = ("_members", "made", "parts")

    def __init__(self, members: Mapping[int, Present]) -> None:
        """`members` are whoever is online, by number."""
        self.made: dict[int, Copy] = {}  # by the member's number
        self.parts: defaultdict[str, list[Event]] = defaultdict(list)  # what everyone in a room is told, by room
        self._members = members

    def rooms(self) -> set[str]:
        """Return the rooms in which somebody is told something, or can be."""
        return {*self.parts, *(member.room for member in self._members.values())}

    def of(self, number: int) -> Copy:
        """Return a member's copy, which is made if there is none."""
        copy = self.made.get(number)
        if copy is None:
            member = self._members.get(number)
            room = member.room if member else LOBBY
            copy = self.made[number] = Copy(room, self.parts[room])
        return copy

    def begin(self, number: int, room: str) -> Copy:
        """From here on a new member is told what everyone in a room is told."""
        common = self.parts[room]
        copy = self.made[number] = Copy(room, common, len(common))
        return copy

    def go_on(self, number: int, room: str | None = None) -> Copy:
        """End a member's copy here, and return the one with which it goes on, in another room or in the same."""
        before = self.of(number)
        before.end = len(before.common)
        copy = self.begin(number, before.room if room is None else room)
        if before.is_empty:  # nothing is handed over between the two
            copy.earlier, copy.switches = before.earlier, before.switches
        else:
            copy.earlier, before.earlier = before.pieces(), ()
        return copy

    def hide(self, event: Placed, hiding: Hiding, author: Present | None) -> None:
        """Hide an event, which everyone in its room has just been told, from those who do not want to hear it."""
        for number in hiding.numbers(event):
            if author is None or number != author.number:
                self.of(number).tell_instead(None)

    def heard_by(self, number: int) -> list[Event]:
        """Return all that one member is told, in order, as values."""
        if number not in self.made:
            return list(self.parts[self._members[number].room])
        return [event for piece in self.made[number].pieces() for event in piece.events()]
