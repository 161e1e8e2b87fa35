"""How long a session waits for its program to come back."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from ..chat.room import NOBODY, Entry
from ..commands.sessions import Expire

PAUSE = 1.0  # seconds between two looks


class Holds:
    """Finds sessions that have been without a connection for too long. One thread uses it.

    That a session ends is an entry in the log like everything else, so it is decided there whether its program has come
    back before.
    """

    def __init__(
        self,
        limit: float,
        held: Callable[[], Mapping[str, int]],
        put: Callable[[list[Entry]], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`limit` is in seconds. `held` returns where in the log each session has lost its connection, by digest."""
        self._limit = limit
        self._held = held
        self._put = put
        self._clock = clock
        self._looked = clock()
        self._ages: dict[tuple[str, int], float] = {}  # seconds that each of them has waited

    def look(self) -> None:
        """End the sessions that have waited for too long. To be called often; it looks once in PAUSE seconds.

        While the process is frozen, nobody can come back. So no more than two pauses are counted at once.
        """
        passed = self._clock() - self._looked
        if passed < PAUSE:
            return
        self._looked += passed
        held = self._held()
        self._ages = {place: self._ages.get(place, 0.0) + min(passed, 2 * PAUSE) for place in held.items()}
        ended = [place for place, age in self._ages.items() if age > self._limit]
        if ended:
            self._put([Expire(NOBODY, time.time(), *place) for place in ended])
