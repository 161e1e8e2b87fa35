"""One connection's way in: its lines become entries in the log, and whoever costs the others too much has to wait."""

from __future__ import annotations

import threading
import time
from typing import Protocol

from .chat import texts
from .chat.entries import Leave
from .chat.refusals import Refuse
from .chat.room import Entry
from .commands.registry import Registry
from .limits.rates import RateLimits
from .limits.watchdog import Watchdog
from .log.asked import Asking
from .log.broadcaster import Broadcaster
from .settings import Settings
from .wire.arrival import Arrival
from .wire.decoding import decode
from .wire.encoding import Encoding
from .wire.user import User

RECV_SIZE = 4 * 1024  # bytes; what one user can have done before the others get a turn
MOST_LINES = 64  # that are put into the log at once
PREFIX = 64  # bytes that readers get for each line besides its text
GOODBYE_STEP = 0.05  # seconds
WAIT_STEP = 0.5  # seconds after which whoever waits looks whether the connection is still wanted


class Host(Protocol):
    """What a connection needs of the server. Go: User.server"""

    settings: Settings
    broadcaster: Broadcaster
    commands: Registry
    watchdog: Watchdog
    text: Encoding
    crlf_text: Encoding
    stopping: threading.Event
    page: str  # where the web page is, for those who send HTTP to the wrong port; empty if there is none

    def new_user(self, arrival: Arrival) -> User:
        """Return a user for a new connection."""

    def rates_of(self, host: str) -> RateLimits:
        """Return the rate limits of a new connection from `host`."""

    def drop_if_banned(self, user: User) -> None:
        """Close the connection of a user whose host was banned after the connection had been let in."""


class Inlet:
    """What a connection's reader needs to put lines into the log. One thread at a time may use it."""

    def __init__(self, host: Host, user: User, rates: RateLimits) -> None:
        self.user = user
        self.rates = rates
        self._host = host
        self._unsent: list[Entry] = []  # what has been read and is not yet in the log
        self._size = 0  # bytes of these lines
        self.way = Asking(user, self, host.broadcaster.message)

    def take(self, size: int) -> None:
        """Count a line of `size` bytes. It is a sign that its author is there, who may have to wait for it."""
        self.user.last_seen = self._host.watchdog.now()
        self.wait(self.rates.line(size))
        self._size += size  # only now: to wait, what was read before has been put in

    def understand(self, line: bytes) -> Entry:
        """Return what a line asks for, once it has been taken."""
        number, now = self.user.number, time.time()
        entry = self._host.commands.parse(number, now, decode(line), self.way)
        if reason := self.rates.refusal(entry):
            return Refuse(number, now, reason, "too_often")
        if entry.cost:
            self.wait(self.rates.work(entry.cost))
        return entry

    def add(self, entry: Entry) -> None:
        """Put an entry into the log, together with those that follow soon, or else at the next `flush`."""
        self._unsent.append(entry)
        if len(self._unsent) == MOST_LINES:
            self.flush()

    def flush(self) -> None:
        """Put what has been read into the log: one put for many lines. Wait if readers cannot keep up with it."""
        entries, size, self._unsent, self._size = self._unsent, self._size, [], 0
        self._host.broadcaster.broadcast(entries, size)
        if entries and self._host.broadcaster.backlog.is_congested():
            self.wait(self.rates.congested(size + PREFIX * len(entries)))

    def leave(self, leave: Leave) -> None:
        """Put what is left, and the leaving, into the log."""
        self._host.broadcaster.offline([*self._unsent, leave])

    def wait(self, seconds: float) -> None:
        """Let a user wait who costs the others too much: here, in the thread that nobody else waits for."""
        if not seconds:
            return
        self.flush()  # nobody has to wait for what this user has said before
        user, end = self.user, time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not user.outbox.closed:
            user.last_seen = self._host.watchdog.now()  # the user is not silent, but made to wait
            if self._host.stopping.wait(min(left, WAIT_STEP)):
                # Whoever is in will soon be told goodbye, which closes the outbox. Whoever is not yet in goes on.
                end = min(end, time.monotonic() + self._host.settings.linger)
                time.sleep(GOODBYE_STEP)

    def leave_entry(self) -> Leave:
        """Return why a connection has ended whose user did not ask for it.

        The watchdog has kicked the user, the outbox has given the peer up, or the peer is gone. In the first two cases
        the reading half was shut down, so that `recv` returned nothing, as it does in the third.
        """
        user, now = self.user, time.time()
        if user.kicked:
            return Leave(user.number, now, "idle", texts.IDLE)
        return Leave(user.number, now, "slow" if user.outbox.overflowed else "lost")

    def linger(self) -> None:
        """Let the outbox be emptied and the peer close first, for which it has a while."""
        linger, user = self._host.settings.linger, self.user
        if not user.outbox.join(linger):
            user.transport.hang_up()
            user.outbox.close()  # only a dead broadcaster has not
            user.outbox.join(linger)
        else:
            user.transport.see_out(linger)
