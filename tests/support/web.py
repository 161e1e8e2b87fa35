"""What the tests of the web door share: a server that has one, and plain HTTP clients."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
from collections.abc import Iterator
from typing import Any

from server.web.reader import Limits
from server.web.web_server import WebServer

from .peers import PATIENCE, StrictServer, running

EVENTS = {"Accept": "text/event-stream"}


class StrictWebServer(WebServer):
    """A web door in which a bug in a handler fails the test."""

    def __init__(self, chat: StrictServer, names: tuple[str, ...], limits: Limits | None) -> None:
        self.chat = chat
        super().__init__(chat, 0, names, limits)

    def handle_error(self, request: object, client_address: object) -> None:
        self.chat.handle_error(request, client_address)


@contextlib.contextmanager
def web(names: tuple[str, ...] = (), limits: Limits | None = None, **settings: object) -> Iterator[StrictWebServer]:
    """Run a server with a web door, whose server is its `chat`."""

    def add(server: StrictServer) -> None:
        server.doors.append(StrictWebServer(server, names, limits))

    with running(add, **settings) as server:
        door = server.doors[-1]
        assert isinstance(door, StrictWebServer)
        yield door


class Client(http.client.HTTPConnection):
    """One connection, which is kept alive."""

    def __init__(self, door: WebServer) -> None:
        super().__init__("127.0.0.1", door.port, timeout=PATIENCE)

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, str]:
        """Send a request. Return the status and the text of its answer. In the names of headers, _ stands for -."""
        self.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        self.answer = self.getresponse()
        return self.answer.status, self.answer.read().decode()

    def post(self, token: str, body: str | bytes, line: int | None = None) -> int:
        """Post lines of a session. Return the status."""
        headers = {"Content_Type": "text/plain", "Authorization": f"Bearer {token}"}
        if line is not None:
            headers["Line"] = str(line)
        return self.ask("POST", "/say", body if isinstance(body, bytes) else body.encode(), **headers)[0]


class Stream:
    """A stream of events."""

    def __init__(self, door: WebServer, path: str = "/events", **headers: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", door.port, timeout=PATIENCE)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.connection.request("GET", path, headers={**EVENTS, **named})
        self.answer = self.connection.getresponse()
        self.status = self.answer.status
        self.at = ""  # the id of the last event that had one
        self.token = ""

    def event(self) -> dict[str, Any]:
        """Return the next event, or nothing at the end of the stream."""
        value: dict[str, Any] = {}
        while line := self.answer.readline().decode():
            if line == "\n":
                break
            field, _, text = line[:-1].partition(": ")
            if field == "id":
                self.at = text
            else:
                assert field == "data"
                value = json.loads(text)
        self.token = value.get("session", self.token)
        return value

    def until(self, kind: str) -> dict[str, Any]:
        """Return the next event of one type."""
        while (value := self.event()).get("type") != kind:
            assert value, f"the stream has ended before {kind}"
        return value

    def close(self) -> None:
        """Go away."""
        self.answer.close()
        self.connection.close()


def raw(door: WebServer, request: bytes) -> bytes:
    """Send bytes over a connection of their own. Return all that comes until its end."""
    with socket.create_connection(("127.0.0.1", door.port), PATIENCE) as connection:
        connection.sendall(request)
        answer = b""
        with contextlib.suppress(ConnectionResetError):
            while data := connection.recv(65536):
                answer += data
        return answer
