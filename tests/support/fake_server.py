"""A server whose every object is written by a test, for what a real one does too seldom."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Iterator
from typing import Any

from .peers import PATIENCE

TOKEN = "0123456789abcdef" * 2


class FakeServer:
    """Listens on a free port. The test says what it says."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        listener.settimeout(PATIENCE)
        self.port: int = listener.getsockname()[1]
        self._connections = contextlib.ExitStack()
        self._name = ""  # that the last client has asked for

    def accept(self) -> FakeConnection:
        """Return the next client, which has not been greeted."""
        connection, _ = self._listener.accept()
        connection.settimeout(PATIENCE)
        fake = FakeConnection(connection)
        self._connections.callback(fake.close)
        return fake

    def welcome(self, taken: int = 0, session: str = TOKEN, idle: float = 0.0) -> FakeConnection:
        """Return the next client, greeted as the server does."""
        fake = self.accept()
        fake.asked = fake.raw_line()
        if fake.asked.startswith("/resume ") and self._name:
            fake.name = self._name  # it belongs to the session
        fake.greet(taken, session, idle)
        self._name = fake.name if fake.name != fake.addr else ""
        return fake

    def close(self) -> None:
        """End all connections, and stop listening."""
        self._listener.close()
        self._connections.close()


class FakeConnection:
    """The server's end of a connection."""

    places = 100  # in the log, of all connections

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._stream = connection.makefile(encoding="utf-8", newline="\n")
        self.addr = "{}:{}".format(*connection.getpeername())
        self.name = self.addr
        self.asked = ""  # the first line
        self.taken = 0

    def greet(self, taken: int = 0, session: str = TOKEN, idle: float = 0.0) -> None:
        """Answer the first line."""
        if self.asked.startswith("/json "):
            self.name = self.asked.removeprefix("/json ")
        self.taken = taken
        hello = {"version": "1", "hold": 60, "idle": idle, "session": session, "line": taken}
        self.tell("hello", **hello, addr=self.addr, name=self.name, at=str(FakeConnection.places))
        self.event("joined", name=self.name, addr=self.addr)

    def say(self, *lines: str) -> None:
        """Say lines of text."""
        self._socket.sendall("".join(f"{line}\n" for line in lines).encode())

    def say_raw(self, data: bytes) -> None:
        """Send bytes."""
        self._socket.sendall(data)

    def tell(self, kind: str, **fields: Any) -> None:
        """Tell an object."""
        self.say(json.dumps({"type": kind, **fields}, ensure_ascii=False))

    def event(self, kind: str, **fields: Any) -> None:
        """Tell an object that has a place in the log."""
        FakeConnection.places += 1
        self.tell(kind, at=str(FakeConnection.places), time="2026-11-24T21:01:17.373Z", **fields)

    def said(self, text: str, name: str = "bob") -> None:
        """Tell what somebody else has said."""
        self.event("said", name=name, addr="h:1", text=text)

    def bye(self, code: str, text: str = "") -> None:
        """Say goodbye, and end the connection."""
        self.tell("bye", code=code, text=text)
        self.close()

    def take(self, text: str) -> None:
        """Read a line, which must be this one, and deal with it as talk."""
        assert self.line() == text
        self.event("said", name=self.name, addr=self.addr, text=text, line=self.taken)
        self.tell("done", line=self.taken)

    def line(self) -> str:
        """Return the next line that somebody has typed. What the client itself asks is answered meanwhile."""
        while (line := self.raw_line()) in ("who", "") and not self._at_end:
            self.taken += 1
            if line:
                self.tell("users", line=self.taken, users=[{"name": self.name, "addr": self.addr}])
            self.tell("done", line=self.taken)
        self.taken += 1
        return line

    def raw_line(self) -> str:
        """Return the next line without its end. It is empty at the end of input, too."""
        line = self._stream.readline()
        self._at_end = not line
        return line.removesuffix("\n")

    def close(self) -> None:
        """End it. More than once does no harm."""
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
