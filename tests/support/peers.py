"""What the tests share: a server on a free port, and peers that talk to it over real sockets."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from server.ops.journal import Journal
from server.server import ChatServer
from server.settings import Settings

from .attacks import RESET

PATIENCE = 30.0  # seconds after which a test gives up waiting for what must come; no test passes by waiting so long

Connect = Callable[[], "Peer"]


class Peer:
    """A user at the other end of a real socket."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self.addr = "{}:{}".format(*self.socket.getsockname())
        self.name = self.addr
        self._partial = b""

    @property
    def prefix(self) -> str:
        return f"[{self.addr}]{self.name}:"

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def say(self, *lines: str) -> None:
        self.send("".join(line + "\n" for line in lines).encode())

    def raw_line(self) -> bytes:
        """Return the next line with its end. At the end of the stream, return what is left, or nothing."""
        while b"\n" not in self._partial:
            data = self.socket.recv(65536)
            if not data:
                rest, self._partial = self._partial, b""
                return rest
            self._partial += data
        line, _, self._partial = self._partial.partition(b"\n")
        return line + b"\n"

    def line(self) -> str:
        """Return the next line, which must end in LF alone."""
        line = self.raw_line().decode()
        assert line.endswith("\n"), f"the stream ended with {line!r}"
        assert "\r" not in line
        return line[:-1]

    def lines(self, count: int) -> list[str]:
        return [self.line() for _ in range(count)]

    def ask(self, line: str) -> list[str]:
        """Say `line`. Return all lines that come before its receipt."""
        self.say(line)
        return self.until("I'm live")

    def until(self, last: str) -> list[str]:
        """Return all lines that come before `last`."""
        lines = []
        while (line := self.line()) != last:
            lines.append(line)
        return lines

    def rename(self, name: str) -> None:
        assert self.ask(f"rename {name}") == [f"修改用户名为: {name}"]
        self.name = name

    def rest(self) -> bytes:
        """Return everything up to the end of the stream."""
        rest, self._partial = self._partial, b""
        while data := self.socket.recv(65536):
            rest += data
        return rest

    def reset(self) -> None:
        """Close so that the other side gets an RST."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.socket.close()

    def close(self) -> None:
        self.socket.close()


class Program(Peer):
    """A peer that reads objects."""

    def __init__(self, port: int, *lines: str) -> None:
        super().__init__(port)
        self.say(*lines)

    def value(self) -> dict[str, Any]:
        """Return the next object."""
        value: dict[str, Any] = json.loads(self.line())
        return value

    def until_type(self, kind: str) -> dict[str, Any]:
        """Return the next object of one type."""
        while (value := self.value())["type"] != kind:
            pass
        return value


class StrictServer(ChatServer):
    """A server in which a bug in a handler fails the test."""

    def __init__(self, settings: Settings) -> None:
        self.errors: list[BaseException | None] = []
        self.journal = Journal()
        super().__init__(settings, [self.journal])

    def handle_error(self, request: object, client_address: object) -> None:
        self.errors.append(sys.exc_info()[1])


@contextlib.contextmanager
def running(add: Callable[[StrictServer], None] = lambda server: None, /, **settings: object) -> Iterator[StrictServer]:
    """Run a server on a free port, by default without an idle limit.

    When it stops, it soon hangs up on peers that have not left. `add` may give it more doors before it starts.
    """
    chosen = Settings(**{"port": 0, "idle_timeout": 0.0, "linger": 0.3, **settings})  # type: ignore[arg-type]
    server = StrictServer(chosen)
    add(server)
    with server:
        yield server
    assert server.errors == []


def need(program: str) -> str:
    """Return the path of a program. Without it the test is skipped, or fails where the programs are required."""
    path = shutil.which(program)
    if path:
        return path
    if os.environ.get("REQUIRE_PROGRAMS"):
        pytest.fail(f"{program} is not installed")
    pytest.skip(f"{program} is not installed")


@contextlib.contextmanager
def spawn(command: list[str], **options: Any) -> Iterator[subprocess.Popen[str]]:
    """Run a program with its standard error in a pipe. It never outlives the test, not even one that fails."""
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, **options) as process:
        try:
            yield process
        finally:
            process.kill()
