"""What the user is told of a connection that ends."""

from __future__ import annotations

import errno
import os
import socket
import threading

import pytest

from client.events import Events, Lost
from client.net.connection import Connection
from client.net.tls import Trust

from ...support.peers import PATIENCE


def lost(host: str, trust: Trust | None = None) -> str:
    """Return why a connection has ended that was never there, once its thread has ended, too."""
    before, events = set(threading.enumerate()), Events()
    Connection(host, 1, b"", events, trust)
    event = events.get(timeout=PATIENCE)
    assert isinstance(event, Lost)
    for thread in set(threading.enumerate()) - before:
        thread.join(PATIENCE)
    return event.why


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ECONNREFUSED, "连接被拒绝"),
        (errno.ECONNABORTED, "连接中断"),
        (errno.EPIPE, "连接中断"),
        (errno.ETIMEDOUT, "没有应答"),
        (errno.ENETUNREACH, "网络不通"),
        (errno.EHOSTUNREACH, "网络不通"),
    ],
)
def test_why_a_connection_has_ended(monkeypatch: pytest.MonkeyPatch, number: int, said: str) -> None:
    """The language is the user's, and not the system's."""

    def fail(address: object, timeout: float) -> socket.socket:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(socket, "create_connection", fail)
    assert lost("host") == said


def test_an_address_that_cannot_be_one() -> None:
    """Over TLS a server needs a name that a certificate can be for."""
    assert lost("", Trust()) == "找不到这个地址"
