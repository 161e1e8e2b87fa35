"""What each member is told by a run of entries.

Nearly everybody is told the same. So that is kept once, in `common`, and only who is told something else has a Copy.
"""

from __future__ import annotations

from collections.abc import Sequence

from .copies import Copy
from .hiding import Hiding
from .kinds import Event, Own, Placed, Several
from .memory import Memory
from .sessions import Author, Session

MOST_AT_ONCE = 32  # events for one member, of which each is made under the map lock


class Told:
    """Collects what the members are told. One thread uses it; when all entries are applied, nobody changes it."""

    __slots__ = ("_hiding", "_memory", "_placed", "_settled", "common", "copies", "sessions")

    def __init__(self, memory: Memory, hiding: Hiding | None = None) -> None:
        """`memory` gives events their places. `hiding` knows who is not told of some events, if anybody is not."""
        self.common: list[Event] = []
        self.copies: dict[int, Copy] = {}  # by the member's number
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
        """Tell everyone who is online at this point. The author's own copy has the number of the line."""
        self.common.append(event)
        self._placed.append(event)
        if author is not None and author.session is not None:
            event.session, event.number = author.session.digest, author.session.line
            place = len(self.common)
            self._copy(author.number).insertions.append((place - 1, place, Own(event)))
        if self._hiding:
            self._hide(event, self._hiding, author)

    def say_goodbye(self, event: Event) -> None:
        """Tell everyone who is online as the last thing that they hear. It has no place in the log."""
        self.common.append(event)

    def tell_one(self, number: int, event: Event) -> None:
        """Tell one member alone. Go: User.SendMsg"""
        copy = self.copies.get(number) or self._copy(number)
        place = len(self.common)
        copy.insertions.append((place, place, event))
        if event.is_long:
            copy.is_long = True

    def tell_several(self, number: int, told: Sequence[Event]) -> None:
        """Tell one member several things, which are made while they are sent if they are many."""
        if len(told) > MOST_AT_ONCE:
            self.tell_one(number, Several(told))
        else:
            for event in told:
                self.tell_one(number, event)

    def begin(self, number: int) -> None:
        """From here on a new member is told what everyone is told."""
        self.copies[number] = Copy(len(self.common))

    def switch(self, number: int) -> None:
        """From here on a member is told values. It must be told something at this place."""
        copy = self._copy(number)
        copy.switch = len(copy.insertions)

    def end(self, number: int, evict: bool = False) -> None:
        """From here on a member is told nothing more. With `evict`, its connection is ended, too."""
        copy = self._copy(number)
        copy.end, copy.evicted = len(self.common), evict

    def heard_by(self, number: int) -> list[Event]:
        """Return all that one member is told, in order, as values."""
        return self.copies.get(number, Copy()).events(self.common)

    def _hide(self, event: Placed, hiding: Hiding, author: Author | None) -> None:
        place = len(self.common)
        for number in hiding.numbers(event):
            if author is None or number != author.number:
                self._copy(number).insertions.append((place - 1, place, None))

    def _copy(self, number: int) -> Copy:
        copy = self.copies.get(number)
        if copy is None:
            copy = self.copies[number] = Copy()
        return copy
