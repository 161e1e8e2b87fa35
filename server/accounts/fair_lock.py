"""A lock that is had in the order in which it was asked for. Knows nothing of what it is for."""

from __future__ import annotations

import threading


class FairLock:
    """A lock that one thread at a time has, first come, first served. Any thread may call any method.

    Lock rule: the lock inside is innermost, and nothing blocks under it.
    """

    def __init__(self, patience: float, stopping: threading.Event | None = None) -> None:
        """`patience` is the seconds that somebody waits. Once `stopping` is set, nobody waits any more."""
        self.stopping = stopping or threading.Event()
        self._patience = patience
        self._lock = threading.Lock()  # guards what follows
        self._is_taken = False
        self._waiting: dict[threading.Event, None] = {}  # who waits, in order; each is woken once

    def acquire(self) -> bool:
        """Wait for the lock. Return whether the caller has it now, who has to call `release` then."""
        with self._lock:
            if not self._is_taken:
                self._is_taken = True
                return True
            if self.stopping.is_set():
                return False
            place = threading.Event()
            self._waiting[place] = None
        place.wait(self._patience)
        with self._lock:
            if place in self._waiting:
                del self._waiting[place]
                return False
        return True  # `release` has taken the place out, perhaps in the last moment

    def release(self) -> None:
        """Give the lock to whoever has waited longest. If the server stops, wake all, and give it to nobody."""
        with self._lock:
            if self.stopping.is_set():
                self._is_taken = False
                for place in self._waiting:
                    place.set()
            elif self._waiting:
                place = next(iter(self._waiting))
                del self._waiting[place]
                place.set()
            else:
                self._is_taken = False
