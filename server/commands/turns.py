"""One after the other: what two connections of one session must not do at the same time."""

from __future__ import annotations

import threading
from collections.abc import Hashable, Iterator
from contextlib import contextmanager


class Turns:
    """A lock for each key, which is there only as long as somebody has it or waits for it. Any thread may call `turn`.

    Lock rule: a turn is taken before any other lock, and its holder may wait for the disk and for the log. The lock inside
    is innermost, and nothing blocks under it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()  # guards `_taken`
        self._taken: dict[Hashable, tuple[threading.Lock, int]] = {}  # and how many have it or wait for it

    @contextmanager
    def turn(self, key: Hashable) -> Iterator[None]:
        """Wait until nobody else has a turn for this key, and have it."""
        with self._lock:
            lock, users = self._taken.get(key, (threading.Lock(), 0))
            self._taken[key] = lock, users + 1
        try:
            with lock:
                yield
        finally:
            with self._lock:
                lock, users = self._taken.pop(key)
                if users > 1:
                    self._taken[key] = lock, users - 1
