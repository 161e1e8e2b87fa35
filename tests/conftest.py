"""Fixtures for all tests: a server, peers that come in to it, and the proof that nothing is left over."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator

import hypothesis
import pytest

from server.server import ChatServer

from .support.peers import Connect, Peer, StrictServer, running
from .support.processes import open_files
from .support.tls import certificate  # noqa: F401 (a fixture)

# A shell's background job ignores SIGINT, and the programs that we start would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

# No test fails by the clock, and none leaves a folder behind. `print_blob` says how to run a failure again.
hypothesis.settings.register_profile(
    "chatroom",
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("chatroom")


@pytest.fixture
def server() -> Iterator[StrictServer]:
    """A server with default settings, except that the idle limit is off."""
    with running() as server:
        yield server


@pytest.fixture
def peers() -> Iterator[Callable[[ChatServer], Peer]]:
    """Bring peers in to any server. Each has seen itself announced. All are closed at the end."""
    with contextlib.ExitStack() as stack:

        def connect(server: ChatServer) -> Peer:
            peer = Peer(server.port)
            stack.callback(peer.close)
            peer.until(peer.prefix + "已上线")
            return peer

        yield connect


@pytest.fixture
def connect(server: StrictServer, peers: Callable[[ChatServer], Peer]) -> Connect:
    """Bring a peer in to the server."""
    return lambda: peers(server)


@pytest.fixture
def trio(connect: Connect) -> tuple[Peer, Peer, Peer]:
    """Three peers who have seen each other come."""
    first, second, third = connect(), connect(), connect()
    assert first.lines(2) == [second.prefix + "已上线", third.prefix + "已上线"]
    assert second.line() == third.prefix + "已上线"
    return first, second, third


@pytest.fixture(autouse=True)
def nothing_left_over() -> Iterator[None]:
    """Check that after each test there are no more threads and descriptors than before."""
    threads, descriptors = set(threading.enumerate()), open_files()
    yield
    assert set(threading.enumerate()) <= threads
    assert open_files() <= descriptors
