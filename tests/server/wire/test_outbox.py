"""The outbox on a pair of real sockets: its contract, point by point."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from server.wire.outbox import Outbox
from server.wire.transport import Transport

from ...support.peers import PATIENCE

LIMIT = 64 * 1024
LAST_WORDS = b"too slow\n"


class Pipe:
    """An outbox with small socket buffers behind it, and the peer that may read from it."""

    def __init__(self) -> None:
        self.ours, self.peer = socket.socketpair()
        self.ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        self.peer.settimeout(PATIENCE)
        self.outbox = Outbox(Transport(self.ours), "peer", LIMIT, LAST_WORDS)

    def read_all(self) -> bytes:
        """Return everything up to the end of the stream."""
        data = b""
        while chunk := self.peer.recv(65536):
            data += chunk
        return data


def writers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "writer peer"]


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    pipe = Pipe()
    yield pipe
    pipe.outbox.close()
    pipe.ours.shutdown(socket.SHUT_RDWR)
    assert pipe.outbox.join(PATIENCE)
    assert not writers()
    pipe.ours.close()
    pipe.peer.close()


def test_what_fits_is_sent_at_once(pipe: Pipe) -> None:
    """No writer is started for it."""
    pipe.outbox.put(b"one\n")
    assert pipe.peer.recv(100) == b"one\n"
    assert not writers()


def test_put_never_waits_and_the_order_is_kept(pipe: Pipe) -> None:
    """Far more is put than the kernel takes, before anybody reads. The writer sends the rest."""
    lines = [b"%06d\n" % number * 100 for number in range(60)]
    for line in lines:
        pipe.outbox.put(line)
    pipe.outbox.close()
    assert pipe.read_all() == b"".join(lines)


def test_it_sends_at_once_again_when_nothing_waits(pipe: Pipe) -> None:
    """When the writer has caught up, what is put is sent without it."""
    pipe.outbox.put(b"x" * 30_000)
    got = 0
    while got < 30_000:
        got += len(pipe.peer.recv(65536))
    pipe.outbox.put(b"next")
    assert pipe.peer.recv(100) == b"next"
    assert not pipe.outbox.overflowed


def test_a_reader_too_far_behind_is_told_and_dropped(pipe: Pipe) -> None:
    """The peer gets the first lines without a gap, the reason and the end. The handler's reading ends too."""
    lines = [b"%06d" % number + b"x" * 993 + b"\n" for number in range(200)]
    for line in lines:
        pipe.outbox.put(line)
    assert pipe.outbox.overflowed
    assert pipe.outbox.closed
    assert pipe.ours.recv(1) == b""
    received = pipe.read_all()
    assert received.endswith(LAST_WORDS)
    prefix = received.removesuffix(LAST_WORDS)
    assert LIMIT <= len(prefix) < LIMIT + 32 * 1024
    assert b"".join(lines).startswith(prefix)
    assert len(prefix) % 1000 == 0


def test_one_large_text_is_not_too_much_for_an_empty_outbox(pipe: Pipe) -> None:
    """The answer to `who` on a full server may be larger than the limit."""
    pipe.outbox.put(b"x" * (LIMIT * 4))
    pipe.outbox.close()
    assert len(pipe.read_all()) == LIMIT * 4


def test_a_closed_outbox_takes_nothing_more(pipe: Pipe) -> None:
    """What is put then is dropped, and the peer sees the end."""
    pipe.outbox.put(b"one")
    pipe.outbox.close()
    pipe.outbox.close()
    pipe.outbox.put(b"two")
    assert pipe.read_all() == b"one"


def test_a_peer_that_is_gone_closes_it(pipe: Pipe) -> None:
    """Nobody fails, whether the caller or the writer finds it, and the writer ends."""
    pipe.outbox.put(b"x" * 30_000)
    pipe.peer.close()
    while not pipe.outbox.closed:
        pipe.outbox.put(b"y")


def test_without_a_thread_to_spare_a_slow_peer_is_dropped(pipe: Pipe, monkeypatch: pytest.MonkeyPatch) -> None:
    """The peer keeps what it has got, and the handler's reading ends."""

    def fail(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", fail)
    pipe.outbox.put(b"x" * 30_000)
    assert pipe.outbox.overflowed
    assert pipe.outbox.closed
    assert pipe.ours.recv(1) == b""
    assert set(pipe.read_all()) == set(b"x")


def test_join_waits_until_all_is_sent(pipe: Pipe) -> None:
    """It waits with a writer and without one. It returns False when the time is up before."""
    assert not pipe.outbox.join(0)
    pipe.outbox.put(b"x" * 30_000)
    pipe.outbox.close()
    assert not pipe.outbox.join(0)
    assert len(pipe.read_all()) == 30_000
