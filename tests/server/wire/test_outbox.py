"""The outbox on a pair of real sockets: its contract, point by point."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from server.wire import backlog
from server.wire.backlog import DEFAULT_MEMORY, FLOODED, Backlog
from server.wire.outbox import Outbox
from server.wire.pieces import PIECE
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
        self.backlog = Backlog(DEFAULT_MEMORY)
        self.outbox = Outbox(Transport(self.ours), "peer", LIMIT, LAST_WORDS, self.backlog)

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


@pytest.mark.parametrize(("judged_after", "times"), [(-1.0, 1), (1e9, FLOODED)])
def test_a_reader_too_far_behind_is_told_and_dropped(
    pipe: Pipe, monkeypatch: pytest.MonkeyPatch, judged_after: float, times: int
) -> None:
    """At the limit if it is known to be slow, else at some times the limit.

    The peer gets the first lines without a gap, the reason and the end. The handler's reading ends too.
    """
    monkeypatch.setattr(backlog, "JUDGED_AFTER", judged_after)
    lines = [b"%06d" % number + b"x" * 993 + b"\n" for number in range(500)]
    for line in lines:
        pipe.outbox.put(line)
    assert pipe.outbox.overflowed
    assert pipe.outbox.closed
    assert pipe.ours.recv(1) == b""
    received = pipe.read_all()
    assert received.endswith(LAST_WORDS)
    prefix = received.removesuffix(LAST_WORDS)
    assert LIMIT * times <= len(prefix) < LIMIT * times + 32 * 1024
    assert b"".join(lines).startswith(prefix)
    assert len(prefix) % 1000 == 0


def test_a_reader_behind_a_flood_is_not_dropped_at_the_limit(pipe: Pipe, monkeypatch: pytest.MonkeyPatch) -> None:
    """As long as it takes enough; and it is known to be behind, until it has caught up."""
    monkeypatch.setattr(backlog, "JUDGED_AFTER", -1.0)
    monkeypatch.setattr(backlog, "SLOW", 0)
    lines = [b"%06d" % number + b"x" * 993 + b"\n" for number in range(150)]
    for line in lines:
        pipe.outbox.put(line)
    assert not pipe.outbox.closed
    assert pipe.backlog.is_congested()
    pipe.outbox.close()
    assert pipe.read_all() == b"".join(lines)
    assert pipe.outbox.join(PATIENCE)
    assert not pipe.backlog.is_congested()


def test_shared_bytes_cost_no_memory(pipe: Pipe) -> None:
    """Only what is put for one user alone is counted, until it is sent."""
    pipe.outbox.put(b"x" * 30_000, shared=True)
    assert pipe.backlog.size == 0
    pipe.outbox.put_parts([(b"y" * 1000, False), (memoryview(b"z" * 500), True)])
    assert (pipe.backlog.size, pipe.outbox.lag.private) == (1000, 1000)
    pipe.outbox.close()
    assert pipe.read_all() == b"x" * 30_000 + b"y" * 1000 + b"z" * 500
    assert pipe.outbox.join(PATIENCE)
    assert pipe.backlog.size == 0


def test_a_peer_that_is_given_up_frees_its_memory(pipe: Pipe) -> None:
    """At once, although it reads nothing. Its reader sees the end, and the peer no last words."""
    pipe.outbox.put(b"x" * LIMIT)
    assert pipe.backlog.size > 0
    pipe.outbox.drop()
    assert (pipe.backlog.size, pipe.outbox.overflowed, pipe.outbox.closed) == (0, True, True)
    assert pipe.outbox.join(PATIENCE)
    assert pipe.ours.recv(1) == b""
    assert set(pipe.read_all()) == set(b"x")


def test_who_has_left_and_reads_nothing_can_be_given_up(pipe: Pipe) -> None:
    """A closed outbox keeps its memory until all is sent, or it is given up."""
    pipe.outbox.put(b"x" * LIMIT)
    pipe.outbox.close()
    assert pipe.backlog.size > 0
    pipe.outbox.drop()
    assert pipe.backlog.size == 0
    assert pipe.outbox.join(PATIENCE)


def test_who_keeps_no_memory_is_not_given_up(pipe: Pipe) -> None:
    """Nothing would come free by it."""
    pipe.outbox.put(b"x" * LIMIT, shared=True)
    pipe.outbox.drop()
    assert not pipe.outbox.closed


def test_the_handler_waits_for_its_own_reader(pipe: Pipe) -> None:
    """It goes on when most of what waits has been taken, and at once when it is interrupted."""
    pipe.outbox.wait_for_reader()  # nothing waits
    pipe.outbox.put(b"x" * LIMIT)
    handler = threading.Thread(target=pipe.outbox.wait_for_reader)
    handler.start()
    got = 0
    while got < LIMIT:
        got += len(pipe.peer.recv(65536))
    handler.join(PATIENCE)
    assert not handler.is_alive()
    pipe.outbox.put(b"x" * LIMIT)
    handler = threading.Thread(target=pipe.outbox.wait_for_reader)
    handler.start()
    pipe.outbox.interrupt()
    handler.join(PATIENCE)
    assert not handler.is_alive()


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
    """It waits with a writer and without one. It returns False when the time is up before, and can be asked again."""
    assert not pipe.outbox.join(0)
    pipe.outbox.put(b"x" * 30_000)
    pipe.outbox.close()
    assert not pipe.outbox.join(0)
    assert len(pipe.read_all()) == 30_000
    assert pipe.outbox.join(PATIENCE)
    assert pipe.outbox.join(PATIENCE)


def test_what_is_made_while_it_is_sent_waits_for_its_reader(pipe: Pipe) -> None:
    """Little of it is made before it is read, it counts for next to nothing, and all else waits behind it."""
    made: list[int] = []

    def lines() -> Iterator[bytes]:
        for number in range(10_000):
            made.append(number)
            yield b"%06d\n" % number * 100

    pipe.outbox.put_parts([(b"first\n", True), (lines(), False), (b"second\n", False)])
    pipe.outbox.put(b"third\n")
    assert pipe.peer.recv(6, socket.MSG_WAITALL) == b"first\n"
    assert len(made) < 1000
    assert pipe.outbox.lag.waiting < 5000
    pipe.outbox.close()
    expected = b"".join(b"%06d\n" % number * 100 for number in range(10_000))
    assert pipe.read_all() == expected + b"second\nthird\n"
    assert pipe.outbox.lag.waiting == pipe.outbox.lag.private == pipe.backlog.size == 0


def test_many_answers_that_are_made_later_are_bounded_too(pipe: Pipe) -> None:
    """Whoever asks without end and reads nothing is dropped, as whoever does not read talk is."""
    for _ in range(4 * LIMIT // 1024 + 2):
        pipe.outbox.put_parts([(iter([b"x" * 100_000]), False)])
    assert pipe.outbox.overflowed
    pipe.peer.close()


def test_a_peer_that_is_given_up_makes_no_more_work(pipe: Pipe) -> None:
    """What has not been made is not made any more, and whoever makes it is told to end."""
    ended = threading.Event()

    def lines() -> Iterator[bytes]:
        try:
            while True:
                yield b"x" * 10_000
        finally:
            ended.set()

    pipe.outbox.put_parts([(lines(), False)])
    pipe.outbox.drop()
    pipe.peer.close()
    assert ended.wait(PATIENCE)


def test_a_bug_in_what_is_made_while_it_is_sent_ends_the_connection(
    pipe: Pipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What waited is lost, so nothing that is put later may arrive as if nothing had happened."""
    bugs: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", bugs.append)

    def lines() -> Iterator[bytes]:
        yield b"x" * 2 * PIECE
        raise ZeroDivisionError("planted")

    pipe.outbox.put_parts([(lines(), False)])
    pipe.outbox.put(b"waits")
    assert set(pipe.read_all()) <= set(b"x")
    assert pipe.ours.recv(1) == b""
    assert pipe.outbox.join(PATIENCE)
    pipe.outbox.put(b"later")
    assert [bug.exc_type for bug in bugs] == [ZeroDivisionError]
    assert (pipe.outbox.closed, pipe.backlog.size) == (True, 0)
