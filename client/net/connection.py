"""One connection to the server, and the thread that receives. Knows bytes and lines, and nothing of what they mean."""

from __future__ import annotations

import contextlib
import errno
import socket
import ssl
import threading

from ..events import Connected, Events, Lost, Received
from .tls import TlsConnection, Trust, Untrusted
from .values import MAX_LINE

RECV_SIZE = 64 * 1024  # bytes
CONNECT_TIMEOUT = 10.0  # seconds
# Milliseconds after which the system gives up on a server that acknowledges nothing, as when a cable is pulled.
USER_TIMEOUT = 20_000
REASONS: dict[str, tuple[type[Exception], ...]] = {
    "连接被拒绝": (ConnectionRefusedError,),
    "连接被重置": (ConnectionResetError,),
    "没有应答": (TimeoutError,),
    "找不到这个地址": (socket.gaierror, ValueError),
    "连接中断": (ssl.SSLError, ConnectionAbortedError, BrokenPipeError),
}
UNREACHABLE = (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN)


class Connection:
    """Lines to and from a server. What happens is put into `events`. Go: Client.conn

    For the main thread. `first` is sent as soon as the connection stands, and nothing else before Connected has come.
    """

    def __init__(self, ip: str, port: int, first: bytes, events: Events, trust: Trust | None = None) -> None:
        """Begin to connect. `trust` is for TLS."""
        self._server = ip, port
        self._first = first
        self._events = events
        self._trust = trust
        self._tls: TlsConnection | None = None
        self._way: socket.socket | TlsConnection | None = None  # None before it stands
        self._wanted = threading.Event()
        # A daemon: it may sit in a name server's or a firewall's silence when the user leaves.
        threading.Thread(target=self.deal_response, name="receiver", daemon=True).start()

    def send(self, data: bytes) -> None:
        """Send bytes. An error is no matter: the receiver will see that the server is gone."""
        if data and self._way:
            with contextlib.suppress(OSError):
                self._way.sendall(data)

    def go_on(self) -> None:
        """Receive more, once what came has been dealt with. So a flood waits in the kernel, and no key waits behind it."""
        self._wanted.set()

    def finish(self) -> None:
        """Say that nothing more is sent. The server answers what it has, then ends the connection."""
        assert self._way
        with contextlib.suppress(OSError):  # the server was quicker
            self._way.shutdown(socket.SHUT_WR)

    def deal_response(self) -> None:
        """Connect, and pass on what the server says until it is gone: the receiver thread's whole life.

        Go: net.Dial
        Go: Client.DealResponse
        """
        why, is_final = "", False
        try:
            if self._trust:
                self._tls = TlsConnection(self._trust, self._server[0])
            with socket.create_connection(self._server, CONNECT_TIMEOUT) as plain:
                self._receive(self._begin(plain))
        except Untrusted as error:
            why, is_final = str(error), True
        except (OSError, ValueError) as error:  # the latter from an address that cannot be one
            known = (text for text, kinds in REASONS.items() if isinstance(error, kinds))
            is_far = isinstance(error, OSError) and error.errno in UNREACHABLE
            why = "网络不通" if is_far else next(known, getattr(error, "strerror", None) or str(error))
        self._events.put(Lost(why, is_final))

    def _begin(self, plain: socket.socket) -> socket.socket | TlsConnection:
        """Say the first line, in TLS if that is wanted. Return the way over which all goes from now on."""
        way: socket.socket | TlsConnection = plain
        if self._tls:
            self._tls.shake_hands(plain)
            way = self._tls
        plain.settimeout(None)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT)
        if self._first:
            way.sendall(self._first)
        self._way = way
        self._events.put(Connected())
        return way

    def _receive(self, connection: socket.socket | TlsConnection) -> None:
        partial = bytearray()
        while data := connection.recv(RECV_SIZE):
            partial += data
            if b"\n" not in data and len(partial) <= MAX_LINE:
                continue  # only what has just come is searched, so the work grows with the bytes
            *lines, partial = partial.split(b"\n")
            if len(partial) > MAX_LINE:
                lines, partial = [*lines, partial], bytearray()
            self._wanted.clear()
            self._events.put(Received([bytes(line) for line in lines]))
            self._wanted.wait()
