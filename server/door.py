"""A port through which people come in: who is let in, and the threads of their connections."""

from __future__ import annotations

import contextlib
import logging
import socket
import socketserver
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .chat import texts
from .chat.events import Bye
from .limits.connections import ConnectionLimiter
from .limits.log_limit import LogLimit
from .settings import Settings
from .threads.supervisor import Supervisor
from .wire.addresses import format_address
from .wire.certificates import Certificates
from .wire.entrance import Entrance, NotLetIn
from .wire.listener import Listener
from .wire.transport import Transport
from .wire.user import User

log = logging.getLogger(__name__)

MOST_HANDSHAKES, HANDSHAKES_PER_IP = 1024, 64  # TLS handshakes that may go on at a time
LINGER = 1.0  # seconds that a peer which is turned away has to read why


@dataclass(frozen=True, slots=True)
class Guard:
    """What all doors of a server share."""

    entrance: Entrance
    limiter: ConnectionLimiter
    supervisor: Supervisor
    stopping: threading.Event


def make_entrance(
    settings: Settings, certificates: Certificates | None, meter_of: Callable[[str], Callable[[float], float]]
) -> Entrance:
    """Return the way in that the settings ask for. `meter_of` is as for Entrance."""
    handshakes = ConnectionLimiter(MOST_HANDSHAKES, HANDSHAKES_PER_IP, settings.trust_loopback)
    return Entrance(certificates, settings.tls_only, settings.proxies, handshakes, meter_of)


class Door(Listener):
    """A listening port, its accept thread, and a handler thread for each connection. `open` and `shut` it once each."""

    def __init__(self, ip: str, port: int, handler: type[socketserver.BaseRequestHandler], guard: Guard) -> None:
        """Listen, without accepting anybody yet. Raises OSError or UnicodeError if the address cannot be had.

        `handler` gets an Arrival as its request.
        """
        self._guard = guard
        self._refusals = LogLimit()
        # For which host each handler's connection is counted. A proxy's is empty at first.
        self._hosts: dict[threading.Thread, str] = {}
        self._accept = guard.supervisor.thread("accept", lambda: self.serve_forever(0.1))
        super().__init__(ip, port, handler, guard.stopping)

    def open(self) -> None:
        """Let people in."""
        self._accept.start()

    def shut(self) -> None:
        """Let nobody in any more. Whoever is in stays."""
        self.shut_down(self._accept)

    def join_handlers(self, deadline: float) -> None:
        """Wait until all handlers have ended, but not longer than up to `deadline`, by the monotonic clock."""
        for thread in list(self.connections):
            thread.join(max(0.0, deadline - time.monotonic()))

    def lets_in(self, host: str) -> bool:
        """Return whether somebody from `host` may still come in. Whoever may not is counted as refused."""
        return self._guard.limiter.ban_of(host) is None

    def drop_if_banned(self, user: User) -> None:
        """Close the connection of a user whose host was banned after the connection had been let in."""
        if not self.lets_in(user.origin.host):
            user.outbox.close()  # nothing of what they have sent is said

    def refuse(self, transport: Transport, bye: Bye) -> None:
        """Tell a peer that cannot come in why, without waiting. Raises OSError."""
        raise NotImplementedError

    def process_request(self, request: Any, client_address: Any) -> None:
        """Give a connection its thread, if it may have one. Go: go server.Handler(conn)"""
        host = self._counted(client_address[0])
        if refusal := self._guard.limiter.enter(host):
            self._refuse(request, refusal)
        else:
            self._start_handler(request, client_address, host)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Run the whole life of a handler thread."""
        thread = threading.current_thread()
        self._hosts[thread] = self._counted(client_address[0])
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._guard.limiter.leave(self._hosts.pop(thread))

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Find out who has come, and let a handler deal with them."""
        entrance, thread = self._guard.entrance, threading.current_thread()
        try:
            arrival = entrance.arrive(request, client_address, self._guard.stopping)
        except NotLetIn as refusal:
            self._guard.limiter.note(refusal.bye.code if refusal.bye else "not_arrived")
            self._log_refusal(f"{refusal} (from {format_address(*client_address[:2])})")
            if refusal.bye:
                self._turn_away(Transport(request), refusal.bye)
            return
        before, host = self._hosts[thread], self._counted(arrival.host)
        limiter = self._guard.limiter
        if bye := limiter.ban_of(host) if before == host else limiter.move(before, host):
            self._log_refusal(bye.text)
            self._turn_away(arrival.transport, bye)
            return
        if before != host:
            self._hosts[thread] = host
            thread.name = f"handler {format_address(host, arrival.port)}"
        super().finish_request(arrival, (arrival.host, arrival.port))  # type: ignore[arg-type]

    def handle_error(self, request: object, client_address: object) -> None:
        """Log a bug in a handler. The OSError of a peer that has gone never comes here."""
        log.exception("handler of %s failed", client_address)

    def _start_handler(self, request: socket.socket, client_address: Any, host: str) -> None:
        if not self.start_thread(request, client_address, name=f"handler {format_address(*client_address[:2])}"):
            self._guard.limiter.leave(host)
            self._guard.limiter.note("busy")
            self._refuse(request, Bye("busy", texts.TOO_BUSY))

    def _counted(self, host: str) -> str:
        """Return for whom a connection from a host is counted.

        A proxy comes for somebody else, so that is nobody yet.
        """
        return "" if self._guard.entrance.is_proxy(host) else host

    def _refuse(self, request: socket.socket, bye: Bye) -> None:
        self._log_refusal(bye.text)
        with contextlib.suppress(OSError):  # it is refused all the same
            self.refuse(Transport(request), bye)
        self.shutdown_request(request)

    def _turn_away(self, transport: Transport, bye: Bye) -> None:
        """Refuse a connection that has a thread. The peer has a moment to read why."""
        with contextlib.suppress(OSError):  # it is refused all the same
            self.refuse(transport, bye)
        transport.stop_sending()
        transport.see_out(LINGER)

    def _log_refusal(self, reason: str) -> None:
        if self._refusals.is_due():
            log.warning("refused a connection: %s", reason)
