"""The server's own history in the simulation. Its thread does not run: what it writes, and when, comes from the seed."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path

from server.chat.archive import Gap, Restored
from server.chat.kinds import LOBBY, Placed
from server.history.history import History
from server.history.waiting import Part
from server.log.subscriber import Batch

from .simulation_disk import Disk


class FileDisk(Disk):
    """A history in a file."""

    knows_what_was_lost = False

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._history = History(path)
        self._parts: deque[Part] = deque()

    @property
    def stored(self) -> int:
        """The place of the last event that is written."""
        return self._history.stored

    def record(self, batch: Batch) -> None:
        """Take note of a batch."""
        self._history.record(batch)  # what this hands over stays there, because the thread does not run
        part = Part(batch.told.placed())
        part.follow(batch.told.sessions)
        if part.events or part.changed or part.ended:
            self._parts.append(part)

    def write(self, batches: int) -> None:
        """Write the next batches in one transaction."""
        parts = [self._parts.popleft() for _ in range(min(batches, len(self._parts)))]
        if parts:
            assert self._history._writer.write(parts)

    def stop(self) -> None:
        """Write everything, because the server ends in order."""
        super().write(0)
        self.write(len(self._parts))
        self._history._writer.close(is_clean=True)

    def kill(self) -> list[Placed]:
        """Forget what is not written, and return these events."""
        if not self.stored:  # a file without anything does not know that there was a server before
            self.write(1)
        lost = [event for part in self._parts for event in part.events]
        self._parts.clear()
        self._history._writer.close(is_clean=False)
        return lost

    def restored(self, most: int) -> Restored:
        """Return what a new process begins with."""
        self._history._writer.close(is_clean=False)  # the first life begins with a file that is there already
        self._history = History(self._path, most)
        return self._history.restored

    def between(self, after: int, until: int) -> Iterator[Placed | Gap]:
        """Yield all events at places above `after`, up to `until`, and a Gap where some are missing."""
        return self._history.between(after, until)

    def last(self, count: int, until: int, room: str = LOBBY) -> Sequence[Placed]:
        """Return the last `count` events of talk in a room up to `until`."""
        return self._history.last(count, until, room)

    def search(self, words: str, count: int, until: int, room: str = LOBBY) -> Sequence[Placed]:
        """Return the newest `count` events of talk in a room up to `until` that hold all the words."""
        return self._history.search(words, count, until, room)

    def close(self) -> None:
        """Close the file."""
        self._history._writer.close(is_clean=False)
