"""A server whose every line is written by a test, for what a real one does too seldom."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

from .peers import PATIENCE


class FakeServer:
    """Listens on a free port; the test says what it says."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        listener.settimeout(PATIENCE)
        self.port: int = listener.getsockname()[1]
        self._connections = contextlib.ExitStack()

    def accept(self) -> FakeConnection:
        """The next client."""
        connection, _ = self._listener.accept()
        connection.settimeout(PATIENCE)
        fake = FakeConnection(connection)
        self._connections.callback(fake.close)
        return fake

    def close(self) -> None:
        """Away, with all connections."""
        self._listener.close()
        self._connections.close()


class FakeConnection:
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
def fake_server(port: int = 0) -> Iterator[FakeServer]:
    """A fake server on a free port, or on `port`."""
    server = FakeServer(socket.create_server(("127.0.0.1", port)))
    try:
        yield server
    finally:
        server.close()
