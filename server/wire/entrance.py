"""From an accepted socket to whoever has arrived over it: whom a proxy speaks for, and whether they come with TLS.

Nobody hears of a connection before this is known. It is found out in the connection's own thread, in a bounded time, so
nobody else waits for it. A port that knows neither proxies nor TLS does not look at anything.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from ..chat import texts
from ..chat.events import Bye
from ..settings import Network
from . import proxy_protocol
from .addresses import is_in, is_loopback
from .arrival import Arrival
from .certificates import Certificates
from .tls_transport import TlsTransport
from .transport import Transport

HEADER = 5.0  # seconds that a proxy has to say for whom it connects
HANDSHAKE = 10.0  # seconds that a handshake may take, and before it the wait of an address that has cost too much
FIRST_BYTE = 0.25  # seconds for TLS to begin, on a port where people come without it, too
FIRST_BYTE_ALONE = 1.0  # the same, where nobody else is let in
STEP = 0.02  # seconds between two looks at a header that is not complete
END_OF_THREAD = 0.0002  # seconds of processor time to end a connection and its thread
COST = 0.002  # seconds of processor time that a handshake may cost, more or less
PAUSE = 0.5  # seconds that a reader waits at most because its last piece was dear

_TLS = b"\x16"  # with this byte every TLS connection begins, and no text


class Limiter(Protocol):
    """Counts the handshakes that are going on."""

    def enter(self, host: str) -> Bye | None:
        """Count one in. Return why it is refused, if it is."""

    def leave(self, host: str) -> None:
        """Count one out."""


class NoLimit:
    """Lets everybody in."""

    def enter(self, host: str) -> Bye | None:
        """Refuse nobody."""

    def leave(self, host: str) -> None:
        """Forget nobody."""


class NotLetIn(Exception):
    """Nobody has arrived, for the reason given. With a `bye`, the peer is to be told."""

    def __init__(self, reason: str, bye: Bye | None = None) -> None:
        super().__init__(reason)
        self.bye = bye


@dataclass(frozen=True, slots=True)
class Entrance:
    """The way in that all doors of a server share. Any thread may call any method."""

    certificates: Certificates | None = None  # without any, nobody can come with TLS
    tls_only: bool = False  # whether other machines must
    proxies: Sequence[Network] = ()  # whose connections begin with a header of the PROXY protocol
    handshakes: Limiter = field(default_factory=NoLimit)
    # Returns what counts processor time for an address, and returns the seconds that it has to wait.
    meter_of: Callable[[str], Callable[[float], float]] = lambda host: lambda seconds: 0.0

    def is_proxy(self, host: str) -> bool:
        """Return whether connections from `host` come for somebody else, and say for whom."""
        return bool(self.proxies) and is_in(host, self.proxies)

    def arrive(self, connection: socket.socket, address: Any, stopping: threading.Event) -> Arrival:
        """Return who has arrived. Raises NotLetIn if the connection is to be closed.

        Runs in the connection's own thread, and may wait for the peer. `stopping` ends every pause, and
        `Listener.hang_up` every wait for the peer.
        """
        host, port = address[:2]
        transport = Transport(connection)
        try:
            if self.is_proxy(host):
                host, port = _read_header(transport, host, port, stopping)
            if self.certificates and self._begins_tls(transport, host):
                transport = self._shake_hands(connection, host, self.certificates.context, stopping)
            elif self.tls_only and not is_loopback(host):
                raise NotLetIn(texts.TLS_ONLY, Bye("tls_only", texts.TLS_ONLY))
        except OSError as error:
            raise NotLetIn(_reason(error)) from error
        return Arrival(transport, host, port)

    def _begins_tls(self, transport: Transport, host: str) -> bool:
        alone = self.tls_only and not is_loopback(host)
        return transport.peek(1, FIRST_BYTE_ALONE if alone else FIRST_BYTE) == _TLS

    def _shake_hands(
        self, connection: socket.socket, host: str, context: ssl.SSLContext, stopping: threading.Event
    ) -> TlsTransport:
        """Return the connection with TLS. Raises OSError or NotLetIn.

        How many do this at a time is limited. What it costs is paid by the address, before the next one begins.
        """
        if self.handshakes.enter(host):
            raise NotLetIn("too many TLS handshakes at a time")
        meter = self.meter_of(host)
        try:
            # The thread was made for this connection, and the handshake is paid in advance, so that each of many waits
            # longer.
            wait = meter(time.thread_time() + END_OF_THREAD + COST)
            if wait and (stopping.wait(min(wait, HANDSHAKE)) or wait > HANDSHAKE):
                raise NotLetIn("the TLS handshakes of its address cost too much")

            def pay(seconds: float) -> None:
                if wait := meter(seconds):
                    stopping.wait(min(wait, PAUSE))

            began = time.thread_time()
            transport = TlsTransport(connection, context, pay)
            meter(time.thread_time() - began)
            transport.shake_hands(HANDSHAKE)
            return transport
        finally:
            meter(-COST)  # what it really cost has been counted
            self.handshakes.leave(host)


def _read_header(transport: Transport, host: str, port: int, stopping: threading.Event) -> tuple[str, int]:
    """Return for whom a proxy has connected. Take the header, and nothing behind it. Raises OSError or NotLetIn."""
    end = time.monotonic() + HEADER
    try:
        while True:
            data = transport.peek(proxy_protocol.MOST, max(0.0, end - time.monotonic()))
            if header := proxy_protocol.parse(data):
                break
            # What has come is still there, so that polling would not wait.
            if not data or stopping.wait(STEP) or time.monotonic() > end:
                raise NotLetIn("a proxy has not said for whom it connects")
    except proxy_protocol.BadHeader as error:
        raise NotLetIn(f"a proxy has not said for whom it connects: {error}") from error
    transport.recv(header.size)
    if not header.host:  # for itself, mostly to see whether the server is there
        if not transport.peek(1, HEADER):
            raise NotLetIn("a proxy has connected and said nothing")
        return host, port
    if is_loopback(header.host) and not is_loopback(host):  # another machine's loopback is not ours, and not trusted
        return host, header.port
    return header.host, header.port


def _reason(error: OSError) -> str:
    """Return in a few words why a peer has not arrived."""
    if isinstance(error, ssl.SSLError):
        return f"the TLS handshake failed: {(error.reason or 'not TLS').lower().replace('_', ' ')}"
    return str(error.strerror or error)
