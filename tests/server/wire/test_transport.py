"""The way to one peer's socket, over a real pair of sockets."""

from __future__ import annotations

import socket

import pytest

from server.wire.transport import Transport

LONG = 10_000.0  # seconds; no test waits so long


def test_a_time_for_reading_is_none_for_sending() -> None:
    """Whoever has read with a time limit sends without waiting all the same, also to a peer that takes nothing."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        transport = Transport(ours)
        theirs.sendall(b"x")
        assert transport.recv(10, LONG) == b"x"
        while transport.try_send(b"y" * 65536):
            pass
        assert theirs.recv(1) == b"y"


def test_a_time_for_reading_ends() -> None:
    """Nothing is read when it is over, and what comes later can still be read."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        transport = Transport(ours)
        assert transport.recv(10, 0) == b""
        theirs.sendall(b"x")
        assert transport.recv(10, LONG) == b"x"
        theirs.close()
        assert transport.recv(10, LONG) == b""


def test_a_closed_socket_tells_nothing_and_fails_nobody() -> None:
    """Another thread may ask when the handler has just closed it."""
    ours, theirs = socket.socketpair()
    with theirs:
        ours.close()
        transport = Transport(ours)
        assert (transport.unacknowledged(), transport.progress()) == (0, (0, 0))
        assert transport.recv(10, LONG) == b""
        with pytest.raises(OSError):
            transport.peek(10, LONG)
