"""What waits: for one reader, and for all of them together."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

DEFAULT_MEMORY = 128 * 1024 * 1024  # bytes

SLOW = 100 * 1024  # bytes a second; a reader that takes less is slow, one that takes more is only behind a flood
JUDGED_AFTER = 1.0  # seconds after which it is known which of the two a reader is
FLOODED = 4  # times the limit: how far even a reader that is not slow may fall behind


class Lag:
    """How far one reader is behind. The lock of its outbox guards it; single values may be read without, as a guess."""

    def __init__(self, limit: int, backlog: Backlog, unacknowledged: Callable[[], int] = lambda: 0) -> None:
        """`limit` is the number of bytes that may wait for a slow reader.

        `unacknowledged` returns how many bytes the kernel has taken from us, and the reader not yet from the kernel.
        These may be megabytes, and the kernel takes more from us only when a third of them are gone.
        """
        self.waiting = 0  # bytes
        self.private = 0  # of these, how many no other reader shares
        self._limit = limit
        self._backlog = backlog
        self._since = 0.0  # when something began to wait
        self._taken = 0  # bytes that the kernel has taken since then, and more than it still has
        self._unacknowledged = unacknowledged
        self._pause: threading.Lock | None = None  # what the handler waits for
        self._interrupted = False

    def add(self, size: int, shared: bool) -> None:
        """Count bytes that begin to wait."""
        if not self.waiting:
            self._since, self._taken = time.monotonic(), self._unacknowledged()
        self.waiting += size
        if not shared:
            self.private += size
            self._backlog.add(size)
        if self.waiting > self._limit // 2:
            self._backlog.note(self, behind=True)

    def sent(self, size: int, private: int, taken: int) -> None:
        """Count bytes that wait no longer, because the reader has taken so many, or because they were given up."""
        self.waiting -= size
        self._taken += taken
        self._free(min(private, self.private))  # all of it is free already if the reader was given up
        if self.waiting <= self._limit // 4:
            self._backlog.note(self, behind=False)
            self.resume()

    def give_up(self) -> None:
        """Count what waits as free. The writer throws it away, as soon as it has the processor."""
        self._free(self.private)

    def is_too_slow(self) -> bool:
        """Return whether the reader is too far behind, and does not read or reads slowly, rather than is in a flood."""
        if self.waiting <= self._limit or self.waiting > FLOODED * self._limit:
            return self.waiting > self._limit
        elapsed = time.monotonic() - self._since
        return elapsed > JUDGED_AFTER and self._taken - self._unacknowledged() < SLOW * elapsed

    def is_behind(self) -> bool:
        """Return whether the reader is far behind, but not too slow."""
        return self.waiting > self._limit // 2 and not self.is_too_slow()

    def pause(self) -> threading.Lock | None:
        """Return a lock that is released when the reader has taken most of what waits. Return None if it has."""
        if self.waiting <= self._limit // 4 or self._interrupted:
            return None
        self._pause = threading.Lock()
        self._pause.acquire()
        return self._pause

    def resume(self, interrupt: bool = False) -> None:
        """Release that lock. With `interrupt`, the handler never waits again."""
        self._interrupted = self._interrupted or interrupt
        if self._pause:
            self._pause.release()
            self._pause = None

    def _free(self, private: int) -> None:
        self.private -= private
        self._backlog.add(-private)


class Backlog:
    """Counts the bytes that wait for all readers, and knows who is behind. Any thread.

    Bytes that readers share are not counted: all of them lag behind one stream, and none by more than its own limit.
    Lock rule: its lock is innermost.
    """

    def __init__(self, limit: int) -> None:
        """`limit` is the number of bytes that may wait."""
        self.size = 0  # bytes
        self._limit = limit
        self._lock = threading.Lock()
        self._behind: set[Lag] = set()  # changed and copied in one step each, so without the lock

    def add(self, size: int) -> None:
        """Count bytes that begin to wait. A negative number is for those that were sent or given up."""
        with self._lock:
            self.size += size

    def is_over(self) -> bool:
        """Return whether more waits than may."""
        return self.size > self._limit

    def note(self, lag: Lag, behind: bool) -> None:
        """Take note that a reader has fallen behind or has caught up."""
        if behind:
            self._behind.add(lag)
        else:
            self._behind.discard(lag)

    def is_congested(self) -> bool:
        """Return whether readers are behind who are not slow themselves. Then the loudest speakers have to wait."""
        return bool(self._behind) and any(lag.is_behind() for lag in self._behind.copy())
