"""The history of a server: a subscriber that keeps everything in a file, and an archive that knows it.

One thread, `history`, writes. The broadcaster's thread only hands things over. Whoever reads has a connection of their
own to the file, for as long as one statement takes.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TypeVar

from ..chat.archive import Gap
from ..chat.kinds import LOBBY, Placed
from ..chat.memory import REMEMBERED
from ..log.subscriber import Batch
from ..storage.file import File
from ..threads.channel import Closed
from . import index, reading, schema
from .waiting import Part, Waiting, weight
from .writer import Writer

T = TypeVar("T")

log = logging.getLogger(__name__)

MOST_TOGETHER = 500  # events and sessions in one transaction, unless one batch has more
REST = 4.0  # how long the thread rests after writing, as a multiple of how long it wrote
SHORTEST_REST = 0.005  # seconds; to wake the thread for each batch would cost as much as the batch
LONGEST_REST = 0.1  # seconds; what was said in the meantime is lost if the server is killed
REST_OF_READERS = 3.0  # the same for all together who read what they have missed
MOST_READERS = 4  # threads that read at a time


class History:
    """Keeps what happens in a file. A subscriber, and an archive."""

    def __init__(
        self, path: str | os.PathLike[str], remember: int = REMEMBERED, waiting: Waiting | None = None
    ) -> None:
        """Open the file, or make it. Raises HistoryError if it cannot be a history.

        `remember` is how many of the last events `restored` has at most.
        """
        self._file = File(path, schema.FORMAT)
        self._waiting = waiting or Waiting()
        self._writer = Writer(self._file)
        self._stopping = threading.Event()
        self._readers = threading.BoundedSemaphore(MOST_READERS)
        self._searching = threading.Lock()
        self._turn = threading.Lock()  # of those who have missed much
        self._thread = threading.Thread(target=self._live, name="history")
        self._is_dead = False
        self.restored = self._writer.restore(remember)

    @property
    def stored(self) -> int:
        """The place of the last event that has been written. 0 means that nothing can be read."""
        return self._writer.stored

    @property
    def written(self) -> int | None:
        """Like `stored`. None while nothing can be written, so that it makes no sense to wait for a place."""
        return None if self.trouble else self.stored

    @property
    def waiting(self) -> int:
        """How many events and sessions wait to be written."""
        return self._waiting.count

    @property
    def missing(self) -> int:
        """How many events were left out, because too much had to wait."""
        return self._waiting.missing

    @property
    def trouble(self) -> str:
        """Why nothing can be kept at present, or an empty text."""
        if self._is_dead:
            return "its thread has died of a bug"
        return "the file cannot be written" if self._writer.pause else ""

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def stop(self) -> None:
        """Write all that waits, and close the file. To be called when no batch comes any more."""
        self._waiting.close()
        self._stopping.set()
        if self._thread.ident:
            self._thread.join()
        else:
            self._writer.close(is_clean=not self._waiting.count)

    def __enter__(self) -> History:  # noqa: PYI034 (typing.Self is 3.11)
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def record(self, batch: Batch) -> None:
        """Hand a batch to the thread that writes. Runs in the broadcaster's thread, and never waits."""
        with contextlib.suppress(Closed):  # the thread has died of a bug
            self._waiting.put(batch.told)

    def between(self, after: int, until: int) -> Iterator[Placed | Gap]:
        """Yield all events at places above `after`, up to `until`, in order, with a Gap where some are missing.

        No connection is open while the caller deals with what was yielded. May block.
        """
        given, place = self._waiting.given, after
        while place < until and place < (stored := self.stored):
            chunk = partial(reading.chunk, after=place, until=min(until, stored), private=True)
            with self._in_turn():
                read = self._read(chunk)
            if read is None:
                yield Gap(place)
                return
            found, place = read
            for event in found:
                yield Gap(event.after) if isinstance(event, Gap) else event
        if place < until and (place < given or not self.stored):
            yield Gap(place)

    def _read(self, what: Callable[[sqlite3.Connection], T]) -> T | None:
        """Return what is read from the file, or None if it cannot be read, of which the writer is told."""
        file = self._writer.files
        try:
            with self._readers, self._file.reading() as connection:
                return what(connection)
        except (OSError, sqlite3.Error) as error:
            self._writer.suspect(error, file)
            return None

    @contextlib.contextmanager
    def _in_turn(self) -> Iterator[None]:
        """Wait for one's turn, and let the others wait for some time more, so that all together take little."""
        with self._turn:
            began = time.perf_counter()
            yield
            self._stopping.wait(min(REST_OF_READERS * (time.perf_counter() - began), LONGEST_REST))

    def last(self, count: int, until: int, room: str = LOBBY) -> Sequence[Placed]:
        """Return the last `count` events of talk in a room at places up to `until`, oldest first. May block."""
        return self._read(partial(reading.last_talk, count=count, until=until, room=room)) or ()

    def search(self, words: str, count: int, until: int, room: str = LOBBY) -> Sequence[Placed]:
        """Return the newest `count` events of talk in a room up to `until` that hold all the words, oldest first.

        One search runs at a time, so that many who search cannot take the machine. May block.
        """
        with self._searching:
            return self._read(partial(index.search, words=words, count=count, until=until, room=room)) or ()

    def _live(self) -> None:
        """Write until there is nothing more to write. This is the thread's whole life."""
        is_clean = False
        try:
            is_clean = self._work()
        except Exception:
            self._is_dead = True
            log.exception("history: the thread has died of a bug: nothing is kept any more, and the chat goes on")
        finally:
            self._waiting.close()  # what comes from now on is refused, and does not pile up
            self._writer.close(is_clean)

    def _work(self) -> bool:
        """Write all that comes. Return whether everything could be written."""
        while True:
            rest = 0.0
            while self._waiting.pause(rest) and not self._stopping.is_set():
                began = time.perf_counter()
                if not self._writer.extend_index():
                    break
                rest = min(REST * (time.perf_counter() - began), LONGEST_REST)
            parts = self._waiting.take()
            if not parts:
                return True
            began = time.perf_counter()
            for together in _groups(parts):
                while not self._writer.write(together):
                    if self._stopping.is_set() and self._writer.pause:
                        log.error("history: the server stops; missing events: %d", self._waiting.count)
                        return False
                    self._stopping.wait(self._writer.pause)
                self._waiting.done(together)
            if sum(map(weight, parts)) < MOST_TOGETHER:  # no flood
                self._writer.extend_index()
            self._rest(time.perf_counter() - began)

    def _rest(self, worked: float) -> None:
        """Leave the processor to others, and let more come together for the next transaction."""
        self._stopping.wait(min(max(REST * worked, SHORTEST_REST), LONGEST_REST))


def _groups(parts: Sequence[Part]) -> Iterator[list[Part]]:
    """Yield parts that are written together."""
    group: list[Part] = []
    size = 0
    for part in parts:
        if group and size + weight(part) > MOST_TOGETHER:
            yield group
            group, size = [], 0
        group.append(part)
        size += weight(part)
    yield group
