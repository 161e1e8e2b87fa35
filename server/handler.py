"""One connection's life: somebody comes in, their lines become entries, they leave."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading
import time
from typing import Protocol

from .chat import texts
from .chat.entries import Leave, Opening
from .chat.refusals import EndOfTooLong, Refuse, TooLong
from .chat.room import Entry
from .commands.registry import Registry
from .limits.rates import RateLimits
from .limits.watchdog import Watchdog
from .log.broadcaster import Broadcaster
from .settings import Settings
from .threads.channel import Closed
from .wire.decoding import decode
from .wire.encoding import Encoding
from .wire.first_look import look
from .wire.lines import LineEvent, LineReader
from .wire.sniff import FirstBytes
from .wire.transport import Transport
from .wire.user import User

RECV_SIZE = 4 * 1024  # bytes; what one user can have done before the others get a turn
MOST_LINES = 64  # that are put into the log at once
PREFIX = 64  # bytes that readers get for each line besides its text
LAST_READS = 32  # from a peer that does not close, when the connection ends
GOODBYE_STEP = 0.05  # seconds
WAIT_STEP = 0.5  # seconds after which whoever waits looks whether the connection is still wanted


class Host(Protocol):
    """What a handler needs of its server. Go: User.server"""

    settings: Settings
    broadcaster: Broadcaster
    commands: Registry
    watchdog: Watchdog
    text: Encoding
    crlf_text: Encoding
    stopping: threading.Event

    def new_user(self, transport: Transport, host: str, port: int) -> User:
        """Return a user for a new connection from `host`."""

    def rates_of(self, host: str) -> RateLimits:
        """Return the rate limits of a new connection from `host`."""


class Handler(socketserver.BaseRequestHandler):
    """One connection, in a thread of its own. Go: Server.Handler and its reading goroutine"""

    server: Host  # type: ignore[assignment]
    request: socket.socket

    def handle(self) -> None:
        """Bring a user in, do what their lines ask for, and see them out. Runs in the connection's own thread."""
        transport = Transport(self.request)
        first = look(transport, self.server.stopping)
        if first.foreign:
            return
        host, port = self.client_address[:2]
        user = self.server.new_user(transport, host, port)
        self._rates = self.server.rates_of(host)
        self._unsent: list[Entry] = []  # what has been read and is not yet in the log
        self._size = 0  # bytes of these lines
        self._first = FirstBytes()
        self._is_in = False  # whether the user has come in, or is about to
        self._is_program = False  # whether the user is told values
        self._is_too_long = False  # whether the present line is
        try:
            self._live(user, first.opens)
            self._end(user)
        finally:
            user.outbox.close()  # before the connection is closed, also after a bug

    def _live(self, user: User, opens: bool) -> None:
        """Put all that a user wants into the log, from coming to leaving. `opens`: the first line is an Opening."""
        self._wait(user, self._rates.join())
        with contextlib.suppress(Closed):  # the broadcaster has died of a bug, and the server is stopping
            if not opens:
                self._come_in(user)
            leave = Leave(user.number, time.time(), "lost")
            try:
                leave = self._read(user)
                self._flush(user)
            finally:
                self.server.broadcaster.offline([*self._unsent, leave])

    def _read(self, user: User) -> Leave:
        """Put what the user's lines ask for into the log, until the connection ends one way or another.

        Go: the reading goroutine of Server.Handler, with isLive <- true
        """
        reader = LineReader(self.server.settings.max_line)
        while data := self._recv(user):
            lines = reader.feed(data)
            if reader.crlf and not self._is_program and user.encoding is self.server.text:
                user.encoding = self.server.crlf_text
            for line in lines:
                if user.outbox.closed:  # whoever was dropped may go on sending, but nobody waits for that
                    return self._end_of(user)
                entry = self._understand(user, line)
                if not self._is_in and self._come_in(user, entry):
                    continue
                if isinstance(entry, Leave):
                    return entry
                self._unsent.append(entry)
                if len(self._unsent) == MOST_LINES:
                    self._flush(user)
            self._flush(user)
            if telnet_reply := reader.take_replies():
                user.outbox.put(telnet_reply)
            self._wait(user, self._rates.read())
        return self._end_of(user)

    def _come_in(self, user: User, entry: Entry | None = None) -> bool:
        """Let a user in. Return whether `entry`, their first line, was one that brings them in in its own way."""
        opening = entry if isinstance(entry, Opening) else None
        self._is_in = True
        self.server.broadcaster.online(user, opening)
        return opening is not None

    def _recv(self, user: User) -> bytes:
        """Return what the peer sends next, as soon as the peer has read most of what it was sent.

        Return nothing at the end, or if the peer is a web browser that joined before it sent its request.
        """
        user.outbox.wait_for_reader()
        if user.outbox.closed:  # what the peer sends now would only be thrown away
            return b""
        data = user.transport.recv(RECV_SIZE)
        return b"" if self._first.feed(data) else data

    def _understand(self, user: User, line: bytes | LineEvent) -> Entry:
        """Return what a line asks for."""
        number, now = user.number, time.time()
        if line is LineEvent.TOO_LONG:
            self._is_too_long = True
            return TooLong(number, now, self._too_long())
        if isinstance(line, LineEvent):
            return Leave(number, now, "quit" if line is LineEvent.END_OF_FILE else "kicked")
        user.last_seen = self.server.watchdog.now()
        self._size += len(line)
        self._wait(user, self._rates.line(len(line)))
        if self._is_too_long:
            self._is_too_long = False
            return EndOfTooLong(number, now, self._too_long())
        entry = self.server.commands.parse(number, now, decode(line))
        if reason := self._rates.refusal(entry):
            return Refuse(number, now, reason, "too_often")
        self._is_program = self._is_program or isinstance(entry, Opening)
        if entry.cost:
            self._wait(user, self._rates.work(entry.cost))
        return entry

    def _too_long(self) -> str:
        return texts.LINE_TOO_LONG.format(self.server.settings.max_line)

    def _flush(self, user: User) -> None:
        """Put what has been read into the log: one put for many lines. Wait if readers cannot keep up with it."""
        entries, size, self._unsent, self._size = self._unsent, self._size, [], 0
        self.server.broadcaster.broadcast(entries, size)
        if entries and self.server.broadcaster.backlog.is_congested():
            self._wait(user, self._rates.congested(size + PREFIX * len(entries)))

    def _wait(self, user: User, seconds: float) -> None:
        """Let a user wait who costs the others too much: here, in the thread that nobody else waits for."""
        if not seconds:
            return
        self._flush(user)  # nobody has to wait for what this user has said before
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not user.outbox.closed:
            user.last_seen = self.server.watchdog.now()  # the user is not silent, but made to wait
            if self.server.stopping.wait(min(left, WAIT_STEP)):
                # Whoever is in will soon be told goodbye, which closes the outbox. Whoever is not yet in goes on.
                end = min(end, time.monotonic() + self.server.settings.linger)
                time.sleep(GOODBYE_STEP)

    def _end_of(self, user: User) -> Leave:
        """Return why a connection has ended whose user did not ask for it.

        The watchdog has kicked the user, the outbox has given the peer up, or the peer is gone. In the first two cases
        the reading half was shut down, so that `recv` returned nothing, as it does in the third.
        """
        if user.kicked:
            return Leave(user.number, time.time(), "idle", texts.IDLE)
        return Leave(user.number, time.time(), "slow" if user.outbox.overflowed else "lost")

    def _end(self, user: User) -> None:
        """Let the outbox be emptied and the peer close first, for which it has a while."""
        linger = self.server.settings.linger
        if not user.outbox.join(linger):
            user.transport.hang_up()
            user.outbox.close()  # only a dead broadcaster has not
            user.outbox.join(linger)
            return
        # To close with input unread would reset the connection, and the last words might be lost with it. A peer that
        # goes on sending has to bear that.
        deadline = time.monotonic() + linger
        for _ in range(LAST_READS):
            left = deadline - time.monotonic()
            if left <= 0 or not user.transport.recv(RECV_SIZE, left):
                break
