"""A server that a test plays line by line, for what a real one does too seldom."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

from .support.peers import PATIENCE


class PlayedServer:
    """Listens on a free port; the test says what it says."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        listener.settimeout(PATIENCE)
        self.port: int = listener.getsockname()[1]
        self._connections = contextlib.ExitStack()

    def accept(self) -> PlayedConnection:
        """The next client."""
        connection, _ = self._listener.accept()
        connection.settimeout(PATIENCE)
        played = PlayedConnection(connection)
        self._connections.callback(played.close)
        return played

    def close(self) -> None:
        """Away, with all connections."""
        self._listener.close()
        self._connections.close()


class PlayedConnection:
    """The server's end of a connection."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._stream = connection.makefile(encoding="utf-8", newline="\n")
        self.addr = "{}:{}".format(*connection.getpeername())
        self.tag = f"[{self.addr}]{self.addr}:"
        self.say(self.tag + "已上线")

    def say(self, *lines: str) -> None:
        self._socket.sendall("".join(f"{line}\n" for line in lines).encode())

    def take(self, text: str) -> None:
        """Read a line, which must be TEXT, and deal with it as talk."""
        assert self.line() == text
        self.say(self.tag + text, "I'm live")

    def line(self) -> str:
        """The next line, without its end; empty, too, at the end of input."""
        return self._stream.readline().removesuffix("\n")

    def close(self) -> None:
        """End it; more than once does no harm."""
        self._stream.close()
        with contextlib.suppress(OSError):  # the client was quicker
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


@contextlib.contextmanager
def played(port: int = 0) -> Iterator[PlayedServer]:
    """A played server, on PORT if that is given."""
    server = PlayedServer(socket.create_server(("127.0.0.1", port)))
    try:
        yield server
    finally:
        server.close()
