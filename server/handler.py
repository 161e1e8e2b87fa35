"""One connection's life: somebody comes in, their lines become entries, they leave."""

from __future__ import annotations

import contextlib
import socketserver
import time

from .chat import texts
from .chat.entries import Leave, Opening
from .chat.refusals import EndOfTooLong, TooLong
from .chat.room import Entry
from .inlet import RECV_SIZE, Host, Inlet
from .threads.channel import Closed
from .wire.arrival import Arrival
from .wire.first_look import look, refer
from .wire.lines import LineEvent, LineReader
from .wire.sniff import FirstBytes


class Handler(socketserver.BaseRequestHandler):
    """One connection, in a thread of its own. Go: Server.Handler and its reading goroutine"""

    server: Host  # type: ignore[assignment]
    request: Arrival

    def handle(self) -> None:
        """Bring a user in, do what their lines ask for, and see them out. Runs in the connection's own thread."""
        first = look(self.request.transport, self.server.stopping)
        if first.foreign:
            refer(first, self.request.transport, self.server.page, self.server.settings.linger)
            return
        self._user = self.server.new_user(self.request)
        self._inlet = Inlet(self.server, self._user, self.server.rates_of(self.request.host))
        self._first = FirstBytes()
        self._is_in = False  # whether the user has come in, or is about to
        self._is_program = False  # whether the user is told values
        self._is_too_long = False  # whether the present line is
        self._too_long = texts.LINE_TOO_LONG.format(self.server.settings.max_line)
        try:
            self._live(first.opens)
            self._inlet.linger()
        finally:
            self._user.outbox.close()  # before the connection is closed, also after a bug

    def _live(self, opens: bool) -> None:
        """Put all that a user wants into the log, from coming to leaving. `opens`: the first line is an Opening."""
        self._inlet.wait(self._inlet.rates.join())
        with contextlib.suppress(Closed):  # the broadcaster has died of a bug, and the server is stopping
            if not opens:
                self._come_in()
            leave = Leave(self._user.number, time.time(), "lost")
            try:
                leave = self._read()
                self._inlet.flush()
            finally:
                self._inlet.leave(leave)

    def _read(self) -> Leave:
        """Put what the user's lines ask for into the log, until the connection ends one way or another.

        Go: the reading goroutine of Server.Handler, with isLive <- true
        """
        user, inlet = self._user, self._inlet
        reader = LineReader(self.server.settings.max_line)
        while data := self._recv():
            lines = reader.feed(data)
            if reader.crlf and not self._is_program and user.encoding is self.server.text:
                user.encoding = self.server.crlf_text
            for line in lines:
                if user.outbox.closed:  # whoever was dropped may go on sending, but nobody waits for that
                    return inlet.leave_entry()
                entry = self._understand(line)
                if not self._is_in and self._come_in(entry):
                    continue
                if isinstance(entry, Leave):
                    return entry
                inlet.add(entry)
            inlet.flush()
            if telnet_reply := reader.take_replies():
                user.outbox.put(telnet_reply)
            inlet.wait(inlet.rates.read())
        return inlet.leave_entry()

    def _come_in(self, entry: Entry | None = None) -> bool:
        """Let a user in. Return whether `entry`, their first line, was one that brings them in in its own way."""
        self._is_in = True
        self.server.broadcaster.online(self._user, entry if isinstance(entry, Opening) else None)
        self.server.drop_if_banned(self._user)  # a ban that comes later removes whoever is in
        return isinstance(entry, Opening)

    def _recv(self) -> bytes:
        """Return what the peer sends next, as soon as the peer has read most of what it was sent.

        Return nothing at the end, or if the peer is a web browser that joined before it sent its request.
        """
        self._user.outbox.wait_for_reader()
        if self._user.outbox.closed:  # what the peer sends now would only be thrown away
            return b""
        data = self._user.transport.recv(RECV_SIZE)
        return b"" if self._first.feed(data) else data

    def _understand(self, line: bytes | LineEvent) -> Entry:
        """Return what a line asks for."""
        number, now = self._user.number, time.time()
        if line is LineEvent.TOO_LONG:
            self._is_too_long = True
            return TooLong(number, now, self._too_long)
        if isinstance(line, LineEvent):
            return Leave(number, now, "quit" if line is LineEvent.END_OF_FILE else "kicked")
        self._inlet.take(len(line))
        if self._is_too_long:
            self._is_too_long = False
            return EndOfTooLong(number, now, self._too_long)
        entry = self._inlet.understand(line)
        self._is_program = self._is_program or isinstance(entry, Opening)
        return entry
