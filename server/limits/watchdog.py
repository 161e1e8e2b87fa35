"""Who has been silent for too long. Knows users, no socket.

The Go program gives each connection a `select` on isLive and time.After. Here one thread watches over all.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable

from ..wire.user import User

_SHORTEST = 0.05  # seconds between two looks at the users, however close their deadlines are
_LONGEST = 3600.0  # seconds; the system cannot wait for any number of them
_OVERSLEPT = 0.25  # seconds of oversleep that are not just a busy machine


class Watchdog:
    """Kicks whoever has sent no line for `limit` seconds. Go: the select in Server.Handler"""

    def __init__(
        self,
        limit: float,
        users: Callable[[], Iterable[User]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`users` returns everyone who is to be watched. `clock` counts seconds."""
        self._limit = limit
        self._users = users
        self._clock = clock
        self._stopped = threading.Event()
        self._overslept = 0.0

    def now(self) -> float:
        """Return seconds on a clock that stood still while this process was frozen. User.last_seen is read from it.

        A freeze keeps lines unread, so it is nobody's silence. A user heard before the freeze was noticed may be
        kicked late, by at most the length of the freeze.
        """
        return self._clock() - self._overslept

    def run(self) -> None:
        """Watch until stopped. This is the watchdog thread's whole life. Go: time.After"""
        pause = self.look()
        asleep_at = self._clock()
        while not self._stopped.wait(pause):
            late = self._clock() - asleep_at - pause
            if late > _OVERSLEPT:
                self._overslept += late
            pause = self.look()
            asleep_at = self._clock()

    def look(self) -> float:
        """Kick whoever is due. Return the seconds until somebody else can be."""
        now = self.now()
        soonest = self._limit
        for user in self._users():
            left = user.last_seen + self._limit - now
            if left > 0:
                soonest = min(soonest, left)
            elif not user.kicked:
                user.kicked = True
                user.outbox.interrupt()  # the handler does the rest, as for anyone who leaves
        return min(max(soonest, _SHORTEST), _LONGEST)

    def stop(self) -> None:
        """End the watch. May be called twice; any thread."""
        self._stopped.set()
