"""One connection to the server. Knows lines, no terminal."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable

RECV_SIZE = 64 * 1024  # bytes


class Connection:
    """Lines to and from a server. One thread sends, one receives. Go: Client.conn"""

    def __init__(self, ip: str, port: int) -> None:
        """Connect. Raises OSError if nobody answers there."""
        self._socket = socket.create_connection((ip, port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, line: str) -> None:
        """Send one line, given without its end. Raises OSError if the server is gone."""
        self._socket.sendall(line.encode("utf-8", "replace") + b"\n")

    def receive(self, show: Callable[[str], None]) -> None:
        """Pass each line that comes to SHOW, without its end, until the server is gone."""
        partial = b""
        with contextlib.suppress(OSError):  # a server that dies does not say so
            while data := self._socket.recv(RECV_SIZE):
                *lines, partial = (partial + data).split(b"\n")
                for line in lines:
                    show(line.decode("utf-8", "replace"))

    def finish(self) -> None:
        """Say that nothing more is sent: the server answers what it has, then ends the connection."""
        with contextlib.suppress(OSError):  # the server was quicker
            self._socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Give the descriptor back."""
        self._socket.close()
