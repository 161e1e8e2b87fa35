"""The listening socket, who is let in, and how it all starts and stops.

The threads, each with its owner, who ends it:

- "accept", one, of ChatServer: serve_forever, ended by stop()
- "broadcaster", one, of ChatServer: Room.listen_message, ended by stop(), last
- "watchdog", one, of ChatServer, none without an idle limit: Watchdog.run, ended by stop()
- "handler ADDR", one a connection, of ChatServer: Handler.handle, ends with its connection
- "writer ADDR", one a connection that fell behind, of its Outbox: Outbox.listen_message, ends once that is closed

The first three must not die: a server without one of them would live on deaf. If one does, it is logged and the owner
of the server is told.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import itertools
import logging
import os
import resource
import socket
import socketserver
import threading
import time
from collections.abc import Callable
from typing import Any

from . import protocol
from .channel import Closed
from .handler import Handler, hang_up
from .limits import Bucket, Gate
from .room import Room
from .settings import Settings
from .watchdog import Watchdog

log = logging.getLogger(__name__)

ACCEPT_PAUSE = 0.2  # seconds to wait for a descriptor to come free
STACK_SIZE = 256 * 1024  # bytes; the default of 8 MiB counts against limits when there are thousands of threads
SPARE_DESCRIPTORS = 16  # for all that is not a connection


class ChatServer(socketserver.ThreadingTCPServer):
    """The server. start() and stop() each once, or as a context manager. Go: Server"""

    allow_reuse_address = True
    request_queue_size = 1024  # of the default 5, a burst of newcomers would wait for seconds
    block_on_close = False  # socketserver's own list of threads keeps those that never started

    def __init__(self, settings: Settings, on_failure: Callable[[], None] = lambda: None) -> None:
        """Bind, not yet listening to anybody. Raises OSError or UnicodeError if the address cannot be had.

        ON_FAILURE is called, in the thread that it happens to, when the server should be stopped because of a bug.
        """
        self.settings = settings
        self.failed = False
        self.max_users = within_file_limit(settings.max_users)
        self._on_failure = on_failure
        self._gate = Gate(self.max_users, settings.max_per_ip)
        self._numbers = itertools.count(1)
        self._secret = os.urandom(16)
        self._refusals = Bucket(burst=2, rate=0.1)  # how often they are logged
        found = socket.getaddrinfo(settings.ip, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        self.address_family = found[0][0]
        self.room = Room()
        self.watchdog = Watchdog(settings.idle_timeout, self.room.users)
        # The connections that are being handled. The accept thread puts them in; each handler takes itself out.
        self._connections: dict[threading.Thread, socket.socket] = {}
        self._stopping = threading.Event()
        self._accept = threading.Thread(target=self._live, args=(self._serve,), name="accept")
        self._broadcaster = threading.Thread(target=self._live, args=(self.room.listen_message,), name="broadcaster")
        self._watcher = threading.Thread(target=self._live, args=(self.watchdog.run,), name="watchdog")
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
        with contextlib.suppress(Closed):  # the broadcaster has died: nobody can be told
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

    def shown_address(self, host: str, port: int) -> str:
        """What everyone sees in place of ADDR: the address, or a tag.

        The tag's first half is the same for one host as long as the server runs, its second half is the connection's.
        """
        if not self.settings.hide_addr:
            return protocol.format_address(host, port)
        place = hashlib.blake2b(host.encode(), digest_size=3, key=self._secret).hexdigest()
        return f"{place}#{next(self._numbers)}"

    def get_request(self) -> tuple[socket.socket, object]:
        """Accept; where there is no descriptor left, wait a little, or the accept loop would spin."""
        try:
            return super().get_request()
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE):
                self._stopping.wait(ACCEPT_PAUSE)
            raise

    def process_request(self, request: Any, client_address: Any) -> None:
        """Give a connection its thread, if it may have one. Go: go server.Handler(conn)"""
        if self._gate.is_full():
            self._refuse(request, protocol.FULL)
        elif not self._gate.enter(client_address[0]):
            self._refuse(request, protocol.TOO_MANY_FROM_THERE)
        else:
            self._start_handler(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """A handler thread's whole life."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._gate.leave(client_address[0])
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

    def _start_handler(self, request: socket.socket, client_address: Any) -> None:
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
            self._gate.leave(client_address[0])
            self._refuse(request, protocol.TOO_BUSY)

    def _refuse(self, connection: socket.socket, reason: str) -> None:
        """Tell a peer that cannot come in why, if that needs no waiting, and close."""
        if self._refusals.try_take():
            log.warning("refused a connection: %s", reason)
        with contextlib.suppress(OSError):  # it is refused all the same
            connection.send(f"{reason}\n".encode(), socket.MSG_DONTWAIT)
        self.shutdown_request(connection)

    def _serve(self) -> None:
        self.serve_forever(0.1)

    def _live(self, life: Callable[[], None]) -> None:
        """The whole life of a thread that must not die."""
        try:
            life()
        except Exception:
            log.exception("%s has died of a bug: the server stops", threading.current_thread().name)
            self.failed = True
            self._on_failure()

    def _join_handlers(self, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        for thread in list(self._connections):
            thread.join(max(0.0, deadline - time.monotonic()))


def within_file_limit(users: int) -> int:
    """USERS, or as many as there are descriptors for; 0 is no limit of its own."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return users
    return min(users or soft, max(1, soft - SPARE_DESCRIPTORS))
