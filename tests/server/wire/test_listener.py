"""How connections are accepted, and what happens when that cannot be done."""

from __future__ import annotations

import errno
import socket
import socketserver
import threading

import pytest

from server.wire.listener import Listener


class Pauses(threading.Event):
    """Takes note of each wait, and does not wait."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[float | None] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.seen.append(timeout)
        return False


@pytest.mark.parametrize(
    ("number", "pauses"),
    [(errno.EMFILE, 1), (errno.ENFILE, 1), (errno.ENOBUFS, 1), (errno.ENOMEM, 1), (errno.ECONNABORTED, 0)],
)
def test_it_waits_a_little_when_the_system_has_nothing_left(
    monkeypatch: pytest.MonkeyPatch, number: int, pauses: int
) -> None:
    """The next attempt would fail at once, too. A peer that has gone meanwhile is nothing to wait for."""

    def fail(listener: Listener) -> tuple[socket.socket, object]:
        raise OSError(number, "planted")

    monkeypatch.setattr(socketserver.TCPServer, "get_request", fail)
    stopping = Pauses()
    with Listener("127.0.0.1", 0, socketserver.BaseRequestHandler, stopping) as listener, pytest.raises(OSError):
        listener.get_request()
    assert len(stopping.seen) == pauses
