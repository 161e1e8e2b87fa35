"""The memory: the last events of the log, each at its place. Pure.

A place is a number that grows from event to event, also over a restart of the server: it begins with the microseconds
since 1970, of which there are always more than events. So a place that was given out before a restart, and that no
history has kept, is never given to another event.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from operator import attrgetter

from .kinds import LOBBY, Placed

REMEMBERED = 10_000  # events
TALK = 200  # of the last events of talk, that are always kept
MOST_BYTES = 16 * 1024 * 1024  # that are remembered, however many events these are
OVERHEAD = 700  # bytes that an event takes besides its text, together with the line of JSON that is kept of it
SLACK = 8  # an eighth more are kept before some are forgotten, which is cheaper than one by one

_place = attrgetter("at")


class Memory:
    """Gives events their places, and keeps the last of them. The map lock guards it."""

    def __init__(self, start: int = 0, most: int = REMEMBERED) -> None:
        """`start` is the place after which the log goes on, `most` how many events are kept. With 0, nothing is."""
        self.end = start  # the place of the last event
        self.forgotten = start  # nothing is known here up to this place
        # The end of the restored history, and where this run begins. What was between was lost with the last run.
        self._lost = (start, start)
        self.talk: deque[Placed] = deque(maxlen=TALK if most else 0)  # the last that was said in the lobby
        self._events: list[Placed] = []
        self._pieces: deque[tuple[int, int]] = deque()  # how many of them came together, and their bytes
        self._most = most
        self._size = 0  # bytes of all of them

    def extend(self, events: Sequence[Placed]) -> None:
        """Give events the next places, and keep them."""
        for at, event in enumerate(events, self.end + 1):
            event.at = at
        self.end += len(events)
        self._keep(events)
        self.talk.extend([event for event in events if event.is_talk and event.room == LOBBY])

    def restore(self, events: Sequence[Placed], forgotten: int, talk: Iterable[Placed]) -> None:
        """Begin with what a history has kept: events that have their places, and the last events of talk.

        `forgotten` is the place up to which even this part of the history knows nothing.
        """
        self.forgotten = forgotten
        self._keep(events)
        self._lost = (self.stands, self.end)
        self.talk.extend(talk)

    def since(self, place: int) -> list[Placed]:
        """Return all remembered events behind a place."""
        return self._events[bisect_right(self._events, place, key=_place) :]

    def last_talk(self, room: str, count: int, hides: Callable[[Placed], bool]) -> list[Placed]:
        """Return the last events of talk in a room that are not hidden, oldest first.

        Of the lobby these are among the last TALK, of another room among what is remembered.
        """
        events = self.talk if room == LOBBY else self._events
        talk = (event for event in reversed(events) if event.is_talk and event.room == room and not hides(event))
        return list(islice(talk, count))[::-1]

    def older_talk(self) -> list[Placed]:
        """Return the talk of the lobby that is kept although its events are forgotten."""
        return [event for event in self.talk if event.at <= self.forgotten]

    @property
    def stands(self) -> int:
        """The place of the last event that is known."""
        return self._events[-1].at if self._events else self.forgotten

    def kept_before(self, place: int) -> int:
        """Return the place itself, or where the history ended if that is before it and the place was lost.

        A server that was killed may have given out places behind the end of its history.
        """
        end, start = self._lost
        return end if end < place <= start else place

    def last_before(self, place: int) -> int:
        """Return the place of the last event up to `place`, as far as is remembered."""
        index = bisect_right(self._events, place, key=_place)
        return self._events[index - 1].at if index else self.forgotten

    def trim(self) -> None:
        """Forget the oldest events, as far as there are too many of them. To be called between two batches."""
        if len(self._events) <= self._most + self._most // SLACK and self._size <= MOST_BYTES:
            return
        left, dropped = len(self._events), 0
        while self._pieces and (left - self._pieces[0][0] >= self._most or self._size > MOST_BYTES):
            count, size = self._pieces.popleft()
            left -= count
            dropped += count
            self._size -= size
        if dropped:
            self.forgotten = self._events[dropped - 1].at
            del self._events[:dropped]

    def _keep(self, events: Sequence[Placed]) -> None:
        text = "".join([getattr(event, "text", "") for event in events])
        # Each character is here twice: as it is, and as its escape or its UTF-8 in a line of JSON.
        size = OVERHEAD * len(events) + len(text) * (3 if text.isascii() else 8)
        self._events += events
        self._size += size
        self._pieces.append((len(events), size))


def characters(events: Sequence[Placed]) -> int:
    """Return how long the texts of some events are together."""
    return sum([len(getattr(event, "text", "")) for event in events])
