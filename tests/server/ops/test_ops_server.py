"""The ops port over real sockets: its threads, its limits, and who can reach it."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest

from server.ops.ops_server import MOST_CONNECTIONS, OpsServer
from server.ops.requests import MOST_BYTES, Page

from ...support.peers import PATIENCE

LONG = 10_000.0  # seconds; no test waits so long


@pytest.fixture
def ops() -> Iterator[OpsServer]:
    """A server with a page that says which thread has made it. It waits for its peers as long as they want."""
    with OpsServer(0, {"/thread": lambda: Page(threading.current_thread().name)}, LONG) as ops:
        yield ops


def come(ops: OpsServer) -> socket.socket:
    """Return a connection on which nothing has been said."""
    return socket.create_connection(("127.0.0.1", ops.port), PATIENCE)


def request(ops: OpsServer, path: str = "/thread") -> bytes:
    """Return the bytes of a good request."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{ops.port}\r\n\r\n".encode()


def rest(peer: socket.socket) -> bytes:
    """Return what comes up to the end."""
    data = b""
    while more := peer.recv(65536):
        data += more
    return data


def ask(ops: OpsServer) -> bytes:
    """Send a request on a connection of its own. Return the response."""
    with come(ops) as peer:
        peer.sendall(request(ops))
        return rest(peer)


def test_a_request_is_answered(ops: OpsServer) -> None:
    """However it is cut, in a thread that has a name, and the connection ends."""
    with come(ops) as peer:
        host, port = peer.getsockname()
        for byte in request(ops):
            peer.sendall(bytes([byte]))
        assert rest(peer).endswith(f"\r\n\r\nops {host}:{port}".encode())
    assert "ops" in {thread.name for thread in threading.enumerate()}


def test_it_listens_on_loopback_alone(ops: OpsServer) -> None:
    """Nobody else's machine can reach it."""
    assert ops.socket.getsockname() == ("127.0.0.1", ops.port)


def test_one_that_hangs_keeps_nobody_waiting(ops: OpsServer) -> None:
    """Another is answered while it says nothing, or half a request."""
    with come(ops) as silent, come(ops) as slow:
        slow.sendall(request(ops)[:20])
        assert ask(ops).startswith(b"HTTP/1.1 200 ")
        slow.sendall(request(ops)[20:])
        assert rest(slow).startswith(b"HTTP/1.1 200 ")
        silent.sendall(request(ops))
        assert rest(silent).startswith(b"HTTP/1.1 200 ")


def test_no_more_connections_than_may_be(ops: OpsServer) -> None:
    """One more is closed without an answer. When one has ended, there is room again."""
    several = [come(ops) for _ in range(MOST_CONNECTIONS)]
    with come(ops) as late:
        assert rest(late) == b""
    assert len([thread for thread in threading.enumerate() if thread.name.startswith("ops ")]) == MOST_CONNECTIONS
    several.pop().close()
    while not (answer := ask_if_there_is_room(ops)):  # the thread of the one that has gone may not have ended yet
        pass
    assert answer.startswith(b"HTTP/1.1 200 ")
    for peer in several:
        peer.close()


def ask_if_there_is_room(ops: OpsServer) -> bytes:
    """Return the response, or nothing if the connection is closed before the request was read."""
    try:
        return ask(ops)
    except ConnectionError:
        return b""


def test_time_is_bounded() -> None:
    """Whoever says nothing, half a request, or byte after byte, is closed without an answer."""
    with OpsServer(0, {}, patience=0.05) as ops:
        for said in (b"", b"GET / HTTP/1.1\r\n"):
            with come(ops) as peer:
                peer.sendall(said)
                assert rest(peer) == b""
        with come(ops) as peer:
            peer.settimeout(0.001)
            assert drip(peer) == b""


def drip(peer: socket.socket) -> bytes:
    """Send byte after byte, until something comes. Return that, or nothing at the end."""
    while True:
        try:
            peer.sendall(b"x")
            return peer.recv(1)
        except TimeoutError:
            pass
        except ConnectionError:  # closed with a byte unread
            return b""


def test_a_request_is_bounded(ops: OpsServer) -> None:
    """One that is too long is refused, and the answer arrives although more has been sent."""
    with come(ops) as peer:
        peer.sendall(b"GET /" + b"x" * (MOST_BYTES + 4 * 4096))
        peer.shutdown(socket.SHUT_WR)
        assert rest(peer).startswith(b"HTTP/1.1 400 ")


def test_an_answer_arrives_beside_a_body(ops: OpsServer) -> None:
    """It is not destroyed by what the peer has sent besides."""
    with come(ops) as peer:
        peer.sendall(request(ops).replace(b"GET", b"POST") + b"x" * 10_000)
        assert rest(peer).startswith(b"HTTP/1.1 405 ")
        for _ in range(3):
            assert ask(ops).startswith(b"HTTP/1.1 200 ")
            peer.sendall(b"more")  # which is still read


def test_a_bug_in_a_page_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """The peer sees the end, and others are answered."""

    def fail() -> Page:
        raise ValueError("a bug")

    with OpsServer(0, {"/bug": fail, "/thread": lambda: Page("x")}) as ops:
        with come(ops) as peer:
            peer.sendall(request(ops, "/bug"))
            assert rest(peer) == b""
        assert ask(ops).endswith(b"x")
    assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [ValueError]


def test_it_stops_although_somebody_hangs() -> None:
    """No thread and no connection is left; the fixture for all tests looks, too."""
    with contextlib.ExitStack() as stack:
        with OpsServer(0, {"/thread": lambda: Page("x")}, LONG) as ops:
            silent, lingering = (stack.enter_context(come(ops)) for _ in range(2))
            lingering.sendall(request(ops) + b"more")
            assert rest(lingering).startswith(b"HTTP/1.1 200 ")
        assert rest(silent) == b""
        with pytest.raises(ConnectionRefusedError):
            come(ops)
        assert [thread.name for thread in threading.enumerate() if thread.name.startswith("ops")] == []


def test_without_threads_a_request_is_refused(ops: OpsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """When there are threads again, it is answered."""
    start = threading.Thread.start

    def fail(thread: threading.Thread) -> None:
        if thread.name.startswith("ops "):
            raise RuntimeError("can't start new thread")
        start(thread)

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", fail)
        with come(ops) as peer:
            assert rest(peer) == b""
    assert ask(ops).startswith(b"HTTP/1.1 200 ")


def test_a_port_in_use() -> None:
    """It is an OSError, and nothing is left over."""
    with OpsServer(0, {}) as ops, pytest.raises(OSError, match="in use"):
        OpsServer(ops.port, {})
