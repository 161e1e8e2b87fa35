"""What each member is told by a run of entries.

Nearly everybody in a room is told the same. So that is kept once for each room, in `parts`, and only those who are told
something else have a Copy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .copies import Copies
from .hiding import Hiding
from .kinds import LOBBY, Event, Own, Placed, in_turn
from .memory import Memory
from .sessions import Author, Session


class Told:
    """Collects what the members are told. One thread uses it; when all entries are applied, nobody changes it."""

    __slots__ = ("_copies", "_hiding", "_memory", "_placed", "_settled", "copies", "parts", "sessions")

    def __init__(self, memory: Memory, members: Mapping[int, Author], hiding: Hiding) -> None:
        """`memory` gives events their places, `members` knows who is where, `hiding` who is not told of some events."""
        self._copies = Copies(members)
        self.copies = self._copies.made  # how what somebody is told differs from that, by the member's number
        self.parts = self._copies.parts  # what everyone in a room is told, by room
        self.sessions: dict[str, Session] = {}  # those that have changed, by digest
        self._hiding = hiding
        self._memory = memory
        self._placed: list[Placed] = []
        self._settled = 0  # how many of these have their places

    @property
    def memory(self) -> Memory:
        """The memory, with all that has happened up to here."""
        self.settle()
        return self._memory

    def settle(self) -> None:
        """Give all events so far their places."""
        if self._settled < len(self._placed):
            self._memory.extend(self._placed[self._settled :])
            self._settled = len(self._placed)

    def placed(self) -> list[Placed]:
        """Return all events that have got a place, in order."""
        return self._placed

    def remember(self, event: Placed) -> None:
        """Give an event a place, and remember it, without telling anybody now."""
        self._placed.append(event)

    def tell_everyone(self, event: Placed, author: Author | None = None) -> None:
        """Tell everyone who is in the room of the event at this point, or in that of its author.

        The author's own copy has the number of the line.
        """
        if author is not None:
            event.room = author.room
        self.parts[event.room].append(event)
        self._placed.append(event)
        if author is not None and author.session is not None:
            event.session, event.number = author.session.digest, author.session.line
            self._copies.of(author.number).tell_instead(Own(event))
        if self._hiding.rooms:
            self._copies.hide(event, self._hiding, author)

    def tell_all_rooms(self, event: Event) -> None:
        """Tell everyone who is online at this point.

        The event has no place in the log, unless it is remembered, too.
        """
        for room in self._copies.rooms():
            self.parts[room].append(event)

    def tell_one(self, number: int, event: Event) -> None:
        """Tell one member alone. Go: User.SendMsg"""
        copy = self.copies.get(number) or self._copies.of(number)
        place = len(copy.common)
        copy.insertions.append((place, place, event))
        if event.is_long:
            copy.is_long = True

    def tell_several(self, number: int, told: Sequence[Event]) -> None:
        """Tell one member several things, which are made while they are sent if they are many."""
        for event in in_turn(told):
            self.tell_one(number, event)

    def begin(self, number: int, room: str = LOBBY) -> None:
        """From here on a new member is told what everyone in a room is told."""
        self._copies.begin(number, room)

    def move(self, number: int, room: str) -> None:
        """From here on a member is told what everyone in another room is told."""
        self._copies.go_on(number, room)

    def switch(self, number: int) -> None:
        """From here on a member is told values."""
        self._copies.go_on(number).switches = True

    def end(self, number: int, evict: bool = False) -> None:
        """From here on a member is told nothing more. With `evict`, its connection is ended, too."""
        copy = self._copies.of(number)
        copy.end, copy.evicted = len(copy.common), evict

    def heard_by(self, number: int) -> list[Event]:
        """Return all that one member is told, in order, as values."""
        return self._copies.heard_by(number)
