"""Asking the log: a handler's thread lets an entry be applied, and waits for that."""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass, field
from typing import Protocol

from ..chat.room import Entry, Room
from ..chat.told import Told
from ..threads.channel import Channel, Closed
from ..wire.user import User

STEP = 0.5  # seconds after which whoever waits looks whether the broadcaster is still there


@dataclass(slots=True)
class Asked(Entry):
    """An entry for whose end a thread waits. For everybody else it is that entry."""

    entry: Entry
    is_applied: threading.Event = field(default_factory=threading.Event, compare=False)

    def apply(self, room: Room, told: Told) -> None:
        """Apply the entry, and wake whoever waits."""
        try:
            self.entry.apply(room, told)
        finally:
            self.is_applied.set()


class Putter(Protocol):
    """Puts what one connection wants into the log."""

    def add(self, entry: Entry) -> None:
        """Put an entry in, at the next `flush` at the latest."""

    def flush(self) -> None:
        """Put everything in that has not been put in yet."""


class Asking:
    """The way of one connection's lines into the log, for their commands. Its handler's thread uses it."""

    def __init__(self, user: User, putter: Putter, log: Channel[Entry]) -> None:
        self.host = user.origin.host
        self.is_private = user.origin.is_private
        self.explained: set[str] = set()
        self.line = 0
        self._user = user
        self._putter = putter
        self._log = log
        # The count of acknowledged bytes at which everything sent before the last `ask` has arrived.
        self._due = 0.0

    def ask(self, entry: Entry) -> None:
        """Have an entry applied before the line that is being read, and wait for that. Raises Closed."""
        asked = Asked(entry.number, entry.time, entry)
        self._putter.add(asked)
        self._putter.flush()
        while not asked.is_applied.wait(STEP):
            if self._log.closed:  # the broadcaster has died of a bug
                raise Closed
        acknowledged, waiting = self._user.transport.progress()
        self._due = math.inf if self._user.outbox.lag.waiting else acknowledged + waiting

    def has_arrived(self) -> bool:
        """Return whether everything sent to the user before `ask` returned has arrived in their system.

        Where the system does not tell: whether nothing at all is on its way. In a busy room something always is.
        """
        outbox, (acknowledged, waiting) = self._user.outbox, self._user.transport.progress()
        return not outbox.closed and (acknowledged >= self._due or not (waiting or outbox.lag.waiting))
