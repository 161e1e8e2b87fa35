"""All sockets: the one that listens, those of the users, and how it all starts and stops.

The threads, each with its owner, who ends it:

- "accept", one, of ChatServer: serve_forever, ended by stop()
- "broadcaster", one, of ChatServer: Room.listen_message, ended by stop(), last
- "watchdog", one, of ChatServer, none without an idle limit: Watchdog.run, ended by stop()
- "handler ADDR", one a connection, of ChatServer: Handler.handle, ends with its connection
- "writer ADDR", one a connection that fell behind, of its Outbox: Outbox.listen_message, ends once that is closed

The rule for connections: only the handler closes one. Anyone else who wants it to end calls shutdown(), which
wakes the handler out of recv(); close() would not.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import socket
import socketserver
import threading
import time
from typing import Any

from . import protocol
from .commands import do_message
from .lines import LineReader, Mark
from .outbox import Outbox
from .room import Room
from .settings import Settings
from .user import User
from .watchdog import Watchdog

log = logging.getLogger(__name__)

RECV_SIZE = 4 * 1024  # bytes; what one user can have done before the others get a turn
ACCEPT_PAUSE = 0.2  # seconds to wait for a descriptor to come free
STACK_SIZE = 256 * 1024  # bytes; the default of 8 MiB counts against limits when there are thousands of threads


class Handler(socketserver.BaseRequestHandler):
    """One connection, in a thread of its own. Go: Server.Handler and its reading goroutine"""

    server: ChatServer
    request: socket.socket

    def handle(self) -> None:
        """Bring a user in, do what their lines ask for, see them out."""
        server = self.server
        addr = protocol.format_address(*self.client_address[:2])
        outbox = Outbox(self.request, addr, server.settings.outbox_limit, f"{protocol.TOO_SLOW}\n".encode())
        user = User(addr, outbox, server.watchdog.now())
        server.room.online(user)
        try:
            self._read(user)
        finally:
            self._say_goodbye(user)
            server.room.offline(user)
            self._end(outbox)

    def _read(self, user: User) -> None:
        """Deal with lines until the connection ends, one way or another."""
        lines = LineReader()
        # A reader that was dropped may go on sending; what it says is not waited for.
        while not user.outbox.closed and (data := self._recv()):
            said = lines.feed(data)
            user.crlf = lines.crlf
            for line in said:
                if not self._deal_with(user, line):
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
        room = self.server.room
        if line is Mark.TOO_LONG:
            room.send(user, protocol.LINE_TOO_LONG)
            return True
        if isinstance(line, Mark):  # no end of line, or the end of input
            return False
        user.last_seen = self.server.watchdog.now()
        stays = do_message(room, user, protocol.decode(line))
        if self.server.settings.receipt:
            room.send(user, protocol.RECEIPT)
        return stays

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
            outbox.join(linger)
            return
        # To close with input unread would reset the connection, and the last words might be lost with it.
        deadline = time.monotonic() + linger
        with contextlib.suppress(OSError):  # the peer was quicker, or time is up
            while (left := deadline - time.monotonic()) > 0:
                self.request.settimeout(left)
                if not self.request.recv(RECV_SIZE):
                    return


class ChatServer(socketserver.ThreadingTCPServer):
    """The server. start() and stop() each once, or as a context manager. Go: Server"""

    allow_reuse_address = True
    request_queue_size = 1024  # of the default 5, a burst of newcomers would wait for seconds
    block_on_close = False  # socketserver's own list of threads keeps those that never started

    def __init__(self, settings: Settings) -> None:
        """Bind, not yet listening to anybody. Raises OSError or UnicodeError if the address cannot be had."""
        self.settings = settings
        found = socket.getaddrinfo(settings.ip, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        self.address_family = found[0][0]
        self.room = Room()
        self.watchdog = Watchdog(settings.idle_timeout, self.room.users)
        # The connections that are being handled. The accept thread puts them in; each handler takes itself out.
        self._connections: dict[threading.Thread, socket.socket] = {}
        self._stopping = threading.Event()
        self._accept = threading.Thread(target=self.serve_forever, args=(0.1,), name="accept")
        self._broadcaster = threading.Thread(target=self.room.listen_message, name="broadcaster")
        self._watcher = threading.Thread(target=self.watchdog.run, name="watchdog")
        super().__init__((settings.ip, settings.port), Handler)

    @property
    def port(self) -> int:
        """The port it listens on."""
        port: int = self.server_address[1]
        return port

    def start(self) -> None:
        """Let people in. Go: Server.Start"""
        threading.stack_size(STACK_SIZE)
        self._broadcaster.start()
        if self.settings.idle_timeout:
            self._watcher.start()
        self._accept.start()

    def stop(self) -> None:
        """Tell everyone, let them have what is still queued, and end every thread and connection.

        Takes a second or two if some peer does not take its last words.
        """
        self._stopping.set()
        self.shutdown()
        self._accept.join()
        self.server_close()
        self.room.farewell(protocol.CLOSING)
        self._join_handlers(self.settings.linger)
        for thread, connection in list(self._connections.items()):
            hang_up(connection)
            thread.join()
        self.watchdog.stop()
        if self.settings.idle_timeout:
            self._watcher.join()
        self.room.close()
        self._broadcaster.join()

    def __enter__(self) -> ChatServer:  # noqa: PYI034 (typing.Self is 3.11)
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def refuse(self, connection: socket.socket, reason: str) -> None:
        """Tell a peer that cannot come in why, if that needs no waiting."""
        log.warning("refused a connection: %s", reason)
        with contextlib.suppress(OSError):  # it is refused all the same
            connection.send(f"{reason}\n".encode(), socket.MSG_DONTWAIT)

    def get_request(self) -> tuple[socket.socket, object]:
        """Accept; where there is no descriptor left, wait a little, or the accept loop would spin."""
        try:
            return super().get_request()
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE):
                self._stopping.wait(ACCEPT_PAUSE)
            raise

    def process_request(self, request: Any, client_address: Any) -> None:
        """Give a connection its thread. Go: go server.Handler(conn)"""
        thread = threading.Thread(
            target=self.process_request_thread,
            args=(request, client_address),
            name=f"handler {protocol.format_address(*client_address[:2])}",
        )
        self._connections[thread] = request  # before it starts, or stop() could miss it
        try:
            thread.start()
        except RuntimeError:  # the system has no more threads
            del self._connections[thread]
            self.refuse(request, protocol.TOO_BUSY)
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """A handler thread's whole life."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            del self._connections[threading.current_thread()]

    def handle_error(self, request: object, client_address: object) -> None:
        """Log a bug in a handler: OSError of a peer that has gone never comes here."""
        log.exception("handler of %s failed", client_address)

    def server_bind(self) -> None:
        """Bind; connections inherit TCP_NODELAY, and an IPv6 socket takes IPv4 too."""
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.address_family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()

    def _join_handlers(self, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        for thread in list(self._connections):
            thread.join(max(0.0, deadline - time.monotonic()))


def hang_up(connection: socket.socket) -> None:
    """End a connection whose handler sits in recv() or whose writer sits in send()."""
    with contextlib.suppress(OSError):  # it has ended already
        connection.shutdown(socket.SHUT_RDWR)
