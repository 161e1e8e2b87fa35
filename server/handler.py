"""One connection: who comes, what their lines ask for, how they go.

The rule for connections: only the handler closes one. Anyone else who wants it to end calls shutdown(), which
wakes the handler out of recv(); close() would not.
"""

from __future__ import annotations

import contextlib
import logging
import select
import socket
import socketserver
import time
from typing import Protocol

from . import protocol
from .channel import Closed
from .commands import do_message
from .limits import Bucket, is_loopback
from .lines import LineReader, Mark, is_other_protocol
from .outbox import Outbox
from .room import Room
from .settings import Settings
from .user import User
from .watchdog import Watchdog

log = logging.getLogger(__name__)

RECV_SIZE = 4 * 1024  # bytes; what one user can have done before the others get a turn
FIRST_LOOK = 20  # ms for a web browser to give itself away; people are slower than that, and do not notice


class Host(Protocol):
    """What a handler needs of its server."""

    settings: Settings
    room: Room
    watchdog: Watchdog

    def shown_address(self, host: str, port: int) -> str:
        """What everyone sees in place of ADDR."""


class Handler(socketserver.BaseRequestHandler):
    """One connection, in a thread of its own. Go: Server.Handler and its reading goroutine"""

    server: Host  # type: ignore[assignment]
    request: socket.socket

    def handle(self) -> None:
        """Bring a user in, do what their lines ask for, see them out."""
        if self._speaks_something_else():
            return
        server, settings = self.server, self.server.settings
        host, port = self.client_address[:2]
        addr = server.shown_address(host, port)
        outbox = Outbox(self.request, addr, settings.outbox_limit, f"{protocol.TOO_SLOW}\n".encode())
        user = User(addr, outbox, server.watchdog.now())
        self._bucket: Bucket | None = None
        if not is_loopback(host):
            if settings.rate:
                self._bucket = Bucket(settings.burst, settings.rate)
            if settings.renames:
                user.renames = Bucket(settings.renames, settings.renames / settings.rename_period)
        with contextlib.suppress(Closed):  # the broadcaster has died of a bug, and the server is stopping
            server.room.online(user)
            try:
                self._read(user)
            finally:
                self._say_goodbye(user)
                server.room.offline(user)
        self._end(outbox)

    def _speaks_something_else(self) -> bool:
        """Whether the peer is a web browser or the like, which nobody should see come and go."""
        first = select.poll()
        first.register(self.request, select.POLLIN)
        try:
            return bool(first.poll(FIRST_LOOK)) and is_other_protocol(self.request.recv(RECV_SIZE, socket.MSG_PEEK))
        except OSError:  # reset by the peer
            return True

    def _read(self, user: User) -> None:
        """Deal with lines until the connection ends, one way or another."""
        lines = LineReader(self.server.settings.max_line)
        while data := self._recv():
            said = lines.feed(data)
            user.crlf = lines.crlf
            for line in said:
                # A reader that was dropped may go on sending; what it says is not waited for.
                if user.outbox.closed or not self._deal_with(user, line):
                    return
            self.server.room.flush(user)
            if telnet_reply := lines.take_replies():
                user.outbox.put(telnet_reply)

    def _recv(self) -> bytes:
        try:
            return self.request.recv(RECV_SIZE)
        except OSError:  # reset by the peer
            return b""

    def _deal_with(self, user: User, line: bytes | Mark) -> bool:
        """Do what a line asks for and give the receipt; False if the connection is to end."""
        room, settings = self.server.room, self.server.settings
        if line is Mark.TOO_LONG:
            room.send(user, protocol.LINE_TOO_LONG.format(settings.max_line))
            return True
        if isinstance(line, Mark):  # no end of line, or the end of input
            return False
        self._slow_down(user)
        user.last_seen = self.server.watchdog.now()
        stays = do_message(room, user, protocol.decode(line))
        if settings.receipt:
            room.send(user, protocol.RECEIPT)
        return stays

    def _slow_down(self, user: User) -> None:
        """Make a user who says too much wait, here, in the thread that nobody else waits for."""
        if self._bucket and (delay := self._bucket.take()):
            self.server.room.flush(user)
            time.sleep(delay)

    def _say_goodbye(self, user: User) -> None:
        if user.kicked:
            self.server.room.send(user, protocol.IDLE)
            log.info("%s 中断连接", user.name)
        elif user.outbox.overflowed:
            log.info("%s dropped: more than %d bytes unread", user.name, self.server.settings.outbox_limit)

    def _end(self, outbox: Outbox) -> None:
        """Let the outbox be emptied and the peer close first, for which it has a while."""
        linger = self.server.settings.linger
        if not outbox.join(linger):
            hang_up(self.request)
            outbox.close()  # only a dead broadcaster has not
            outbox.join(linger)
            return
        # To close with input unread would reset the connection, and the last words might be lost with it.
        deadline = time.monotonic() + linger
        with contextlib.suppress(OSError):  # the peer was quicker, or time is up
            while (left := deadline - time.monotonic()) > 0:
                self.request.settimeout(left)
                if not self.request.recv(RECV_SIZE):
                    return


def hang_up(connection: socket.socket) -> None:
    """End a connection whose handler sits in recv() or whose writer sits in send()."""
    with contextlib.suppress(OSError):  # it has ended already
        connection.shutdown(socket.SHUT_RDWR)
