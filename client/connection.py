"""One connection to the server, and the thread that receives. Knows lines, no terminal."""

from __future__ import annotations

import contextlib
import socket
import threading

from .events import Connected, Events, Lost, Received
from .text import clean

RECV_SIZE = 64 * 1024  # bytes
CONNECT_TIMEOUT = 10.0  # seconds
# Milliseconds after which the system gives up on a server that acknowledges nothing, as when a cable is pulled.
USER_TIMEOUT = 20_000


class Connection:
    """Lines to and from a server; what happens is put into EVENTS. Go: Client.conn

    For the main thread. Nothing may be sent before Connected has come.
    """

    def __init__(self, ip: str, port: int, events: Events) -> None:
        self._server = ip, port
        self._events = events
        self._socket: socket.socket | None = None
        self._wanted = threading.Event()
        # A daemon: it may sit in a name server's or a firewall's silence when the user leaves.
        threading.Thread(target=self.deal_response, name="receiver", daemon=True).start()

    def send(self, line: str) -> None:
        """Send one line, given without its end."""
        assert self._socket
        with contextlib.suppress(OSError):  # the receiver will see that the server is gone
            self._socket.sendall(line.encode("utf-8", "replace") + b"\n")

    def go_on(self) -> None:
        """Receive more, once what came has been dealt with: so a flood waits in the kernel, and no key behind it."""
        self._wanted.set()

    def finish(self) -> None:
        """Say that nothing more is sent: the server answers what it has, then ends the connection."""
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
            why = str(error)
        self._events.put(Lost(why))

    def _receive(self, connection: socket.socket) -> None:
        connection.settimeout(None)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT)
        host, port = connection.getsockname()[:2]
        self._events.put(Connected(f"[{host}]:{port}" if ":" in host else f"{host}:{port}"))
        partial = b""
        while data := connection.recv(RECV_SIZE):
            *lines, partial = (partial + data).split(b"\n")
            if lines:
                self._wanted.clear()
                self._events.put(Received([clean(line.decode("utf-8", "replace")) for line in lines]))
                self._wanted.wait()
