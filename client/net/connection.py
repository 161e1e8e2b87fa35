"""One connection to the server, and the thread that receives. Knows bytes and lines, and nothing of what they mean."""

from __future__ import annotations

import contextlib
import socket
import threading

from ..events import Connected, Events, Lost, Received
from .values import MAX_LINE

RECV_SIZE = 64 * 1024  # bytes
CONNECT_TIMEOUT = 10.0  # seconds
# Milliseconds after which the system gives up on a server that acknowledges nothing, as when a cable is pulled.
USER_TIMEOUT = 20_000
REASONS = {
    ConnectionRefusedError: "连接被拒绝",
    ConnectionResetError: "连接被重置",
    TimeoutError: "没有应答",
    socket.gaierror: "找不到这个地址",
    UnicodeError: "找不到这个地址",
}


class Connection:
    """Lines to and from a server. What happens is put into `events`. Go: Client.conn

    For the main thread. `first` is sent as soon as the connection stands, and nothing else before Connected has come.
    """

    def __init__(self, ip: str, port: int, first: bytes, events: Events) -> None:
        self._server = ip, port
        self._first = first
        self._events = events
        self._socket: socket.socket | None = None
        self._wanted = threading.Event()
        # A daemon: it may sit in a name server's or a firewall's silence when the user leaves.
        threading.Thread(target=self.deal_response, name="receiver", daemon=True).start()

    def send(self, data: bytes) -> None:
        """Send bytes. An error is no matter: the receiver will see that the server is gone."""
        if data and self._socket:
            with contextlib.suppress(OSError):
                self._socket.sendall(data)

    def go_on(self) -> None:
        """Receive more, once what came has been dealt with. So a flood waits in the kernel, and no key waits behind it."""
        self._wanted.set()

    def finish(self) -> None:
        """Say that nothing more is sent. The server answers what it has, then ends the connection."""
        assert self._socket
        with contextlib.suppress(OSError):  # the server was quicker
            self._socket.shutdown(socket.SHUT_WR)

    def deal_response(self) -> None:
        """Connect, and pass on what the server says until it is gone: the receiver thread's whole life.

        Go: net.Dial
        Go: Client.DealResponse
        """
        why = ""
        try:
            with socket.create_connection(self._server, CONNECT_TIMEOUT) as self._socket:
                self._receive(self._socket)
        except (OSError, UnicodeError) as error:  # the latter from an address that cannot be one
            known = (text for kind, text in REASONS.items() if isinstance(error, kind))
            why = next(known, getattr(error, "strerror", None) or str(error))
        self._events.put(Lost(why))

    def _receive(self, connection: socket.socket) -> None:
        connection.settimeout(None)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT)
        connection.sendall(self._first)
        self._events.put(Connected())
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
