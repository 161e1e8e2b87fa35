"""Tells people who are silent that they will soon be disconnected."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from ..chat import texts
from ..chat.events import Notice
from ..chat.room import Entry, Room
from ..chat.told import Told
from ..log.broadcaster import Broadcaster

PAUSE = 0.5  # seconds between two looks


@dataclass(slots=True)
class Remind(Entry):
    """Somebody who reads text has only some seconds left."""

    seconds: float

    def apply(self, room: Room, told: Told) -> None:
        """Tell them. A program has `idle` in its `hello` instead."""
        member = room.members.get(self.number)
        if member and member.session is None:
            told.tell_one(self.number, Notice(texts.IDLE_SOON.format(f"{self.seconds:g}")))


class Reminders:
    """Finds users who have to be reminded. One thread uses it."""

    def __init__(self, limit: float, warn: float, broadcaster: Broadcaster, now: Callable[[], float]) -> None:
        """Users are reminded `warn` seconds before the `limit` strikes; 0 means never.

        `now` is the watchdog's clock.
        """
        self._silence = limit - warn if limit and warn else 0.0
        self._warn = warn
        self._broadcaster = broadcaster
        self._now = now
        self._looked = now()
        self._reminded: dict[int, float] = {}  # of which silence each user was reminded: when it has begun

    def look(self) -> None:
        """Remind whoever is due. To be called often; it looks once in PAUSE seconds."""
        if not self._silence or (now := self._now()) < self._looked + PAUSE:
            return
        self._looked = now
        users = self._broadcaster.users()
        silent = {user.number: user.last_seen for user in users if user.last_seen + self._silence <= now}
        due = [number for number, since in silent.items() if self._reminded.get(number) != since]
        self._reminded = silent
        if due:
            self._broadcaster.offline([Remind(number, time.time(), self._warn) for number in due])
