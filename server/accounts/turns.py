"""Turns: one thread at a time, first come, first served. Knows nothing of what they are for."""

from __future__ import annotations

import threading


class Turns:
    """Lets one thread at a time do something. Any thread may call any method.

    Lock rule: its lock is innermost, and nothing blocks under it. Whoever waits for a turn holds no other lock.
    """

    def __init__(self, patience: float, stopping: threading.Event | None = None) -> None:
        """`patience` is the seconds that somebody waits. Once `stopping` is set, nobody waits any more."""
        self.stopping = stopping or threading.Event()
        self._patience = patience
        self._lock = threading.Lock()  # guards what follows
        self._is_taken = False
        self._row: dict[threading.Event, None] = {}  # who waits, in order; each is woken once

    def take(self) -> bool:
        """Wait for a turn. Return whether it has come. Whoever has got one has to call `pass_on`."""
        with self._lock:
            if not self._is_taken:
                self._is_taken = True
                return True
            if self.stopping.is_set():
                return False
            place = threading.Event()
            self._row[place] = None
        place.wait(self._patience)
        with self._lock:
            if place in self._row:
                del self._row[place]
                return False
        return True  # `pass_on` has taken the place out of the row, perhaps in the last moment

    def pass_on(self) -> None:
        """Give the turn to whoever has waited longest. If the server stops, wake all, and give it to nobody."""
        with self._lock:
            if self.stopping.is_set():
                self._is_taken = False
                for place in self._row:
                    place.set()
            elif self._row:
                place = next(iter(self._row))
                del self._row[place]
                place.set()
            else:
                self._is_taken = False
