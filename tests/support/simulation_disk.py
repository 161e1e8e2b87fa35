"""A model of the history, for the simulation."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from operator import attrgetter

from server.chat.archive import Gap, Restored
from server.chat.events import Joined, Left
from server.chat.for_programs import Renamed
from server.chat.kept import Kept
from server.chat.kinds import LOBBY, Placed
from server.chat.moves import Entered
from server.chat.sessions import Session
from server.log.subscriber import Batch

_place = attrgetter("at")


class Disk:
    """A model of the history: what was written is all of the first batches. It is the archive of a room, too."""

    knows_what_was_lost = True  # whether it reports nothing as lost after a kill, if nothing was lost

    def __init__(self) -> None:
        self.events: list[Placed] = []  # that are written
        self.start = 0  # the place at which the present life of the server begins
        self._sessions: dict[str, Session] = {}
        self._online: dict[str, tuple[str, str]] = {}  # names and rooms by address
        self._waiting: deque[tuple[list[Placed], list[Session]]] = deque()  # batches that are not yet written

    @property
    def stored(self) -> int:
        """The place of the last event that is written."""
        return self.events[-1].at if self.events else 0

    def record(self, batch: Batch) -> None:
        """Take note of a batch. It is written later."""
        told = batch.told
        self._waiting.append((told.placed(), [_copy(session) for session in told.sessions.values()]))

    def write(self, batches: int) -> None:
        """Write the next batches, as far as there are so many."""
        for _ in range(min(batches, len(self._waiting))):
            events, sessions = self._waiting.popleft()
            self.events += events
            for session in sessions:
                self._sessions[session.digest] = session
                if session.ended:
                    del self._sessions[session.digest]
            for event in events:
                if isinstance(event, Joined | Renamed | Entered):
                    self._online[event.addr] = event.name, event.room
                elif isinstance(event, Left):
                    self._online.pop(event.addr, None)

    def stop(self) -> None:
        """Write everything, because the server ends in order."""
        self.write(len(self._waiting))

    def kill(self) -> list[Placed]:
        """Forget what is not written, and return these events."""
        if not self.events:  # a file without anything does not know that there was a server before
            self.write(1)
        lost = [event for events, _ in self._waiting for event in events]
        self._waiting.clear()
        return lost

    def restored(self, most: int) -> Restored:
        """Return what a new process begins with, which remembers up to `most` events."""
        first = max(0, len(self.events) - most)
        sessions = [replace(_copy(session), member=0, words=0, token="") for session in self._sessions.values()]
        online = [(name, addr, room) for addr, (name, room) in self._online.items()]
        forgotten = self.events[first - 1].at if first else 0
        return Restored(self.stored, forgotten, self.events[first:], sessions, online)

    def between(self, after: int, until: int) -> Iterator[Placed | Gap]:
        """Yield all events at places above `after`, up to `until`, in order, and a Gap where some are missing."""
        begin, stored = bisect_right(self.events, after, key=_place), self.stored  # more may be written meanwhile
        known = self.events[begin - 1].at if begin else 0
        is_reported = known != after and after <= max(stored, self.start)  # it was lost when a process was killed
        if is_reported:
            yield Gap(known)
        for event in self.events[begin:]:
            if event.at > until:
                return
            after, is_reported = event.at, False
            yield event
        if stored < until and not is_reported:
            yield Gap(after)

    def last(self, count: int, until: int, room: str = LOBBY) -> Sequence[Placed]:
        """Return the last `count` events of talk in a room at places up to `until`, oldest first."""
        return [event for event in self.events if event.is_talk and event.room == room and event.at <= until][-count:]

    def search(self, words: str, count: int, until: int, room: str = LOBBY) -> Sequence[Placed]:
        """Return the newest `count` events of talk in a room up to `until` that hold all the words, oldest first."""
        return [event for event in self.last(len(self.events), until, room) if words in event.line()][-count:]


def _copy(session: Session) -> Session:
    """Return a session as it is now, with what families store of it and nothing else."""
    return replace(session, kept=Kept(session.kept.dump()))
