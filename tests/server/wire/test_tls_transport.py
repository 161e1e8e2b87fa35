"""TLS over pairs of real sockets, with a real client at the other end: the same promises as a plain connection's."""

from __future__ import annotations

import contextlib
import random
import select
import socket
import ssl
import threading
from collections.abc import Callable, Iterator

import pytest

from server.wire import backlog
from server.wire.backlog import DEFAULT_MEMORY, Backlog
from server.wire.outbox import Outbox
from server.wire.tls import CHUNK
from server.wire.tls_transport import TlsTransport

from ...support.peers import PATIENCE
from ...support.tls import HOST, VERSIONS, Certificate, cuts

LIMIT = 64 * 1024
LAST_WORDS = b"too slow\n"
SIZES = (1, 7, 100, 4095, 4096, 4097, CHUNK, CHUNK + 1, 40_000)  # of pieces, around those of a record
Make = Callable[..., "Pair"]


class Pair:
    """A server's transport with a small socket buffer behind it, and a client that has shaken hands with it.

    For the client, an end without a goodbye is an error.
    """

    def __init__(
        self, certificate: Certificate, version: str = "TLS 1.3", buffer: int = 4096, limit: int = LIMIT
    ) -> None:
        self.ours, raw = socket.socketpair()
        self.ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, buffer)
        raw.settimeout(PATIENCE)
        self.paid: list[float] = []
        self.transport = TlsTransport(self.ours, certificate.certificates().context, self.paid.append)
        server = threading.Thread(target=self.transport.shake_hands, args=(PATIENCE,))
        server.start()
        context = certificate.trust(VERSIONS[version])
        self.client = context.wrap_socket(raw, server_hostname=HOST, suppress_ragged_eofs=False)
        server.join(PATIENCE)
        self.outbox = Outbox(self.transport, "peer", limit, LAST_WORDS, Backlog(DEFAULT_MEMORY))
        self.paid.clear()  # the handshake has its price, too

    def read(self, size: int) -> bytes:
        """Return so many bytes."""
        data = b""
        while len(data) < size:
            data += self.client.recv(size - len(data))
        return data

    def read_to_the_end(self) -> bytes:
        """Return everything up to the server's goodbye, while the server sees its peer out, as a handler does."""
        seeing_out = threading.Thread(target=self._see_out)
        seeing_out.start()
        data = bytearray()
        while chunk := self.client.recv(65536):
            data += chunk
        self.client.close()
        seeing_out.join(PATIENCE)
        assert not seeing_out.is_alive()
        return bytes(data)

    def close(self) -> None:
        self.transport.hang_up()
        self.outbox.close()
        self.outbox.join(PATIENCE)
        self.ours.close()
        self.client.close()

    def _see_out(self) -> None:
        assert self.outbox.join(PATIENCE)
        self.transport.see_out(PATIENCE)


@pytest.fixture
def make(certificate: Certificate) -> Iterator[Make]:
    """Make pairs, which are closed at the end."""
    with contextlib.ExitStack() as stack:

        def make(*options: object, **named: object) -> Pair:
            pair = Pair(certificate, *options, **named)  # type: ignore[arg-type]
            stack.callback(pair.close)
            return pair

        yield make


@pytest.mark.parametrize("version", VERSIONS)
def test_lines_go_both_ways(make: Make, version: str) -> None:
    """At once, and without a writer."""
    pair = make(version)
    pair.outbox.put(b"one\n")
    assert pair.client.recv(100) == b"one\n"
    pair.client.sendall(b"two\n")
    assert pair.transport.recv(100) == b"two\n"
    assert not [thread for thread in threading.enumerate() if thread.name == "writer peer"]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("seed", range(5))
def test_put_never_waits_and_the_order_is_kept(make: Make, version: str, seed: int) -> None:
    """Far more is put than the kernel takes, before anybody reads. The end comes with a goodbye."""
    pair = make(version, limit=10_000_000)
    source = random.Random(seed)
    pieces = [source.randbytes(source.choice(SIZES)) for _ in range(60)]
    for piece in pieces:
        pair.outbox.put(piece)
    pair.outbox.close()
    assert pair.read_to_the_end() == b"".join(pieces)


@pytest.mark.parametrize("seed", range(5))
def test_whoever_is_told_that_less_was_sent_gives_it_again(make: Make, seed: int) -> None:
    """In pieces of any size. Nothing is sent twice, and nothing is left out."""
    source = random.Random(seed)
    pair = make()
    text = source.randbytes(300_000)
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(pair.read(len(text))))
    reader.start()
    rest, shortened = memoryview(text), 0
    while rest:
        piece = rest[: source.choice(SIZES)]
        sent = pair.transport.try_send(piece)
        assert 0 <= sent <= len(piece)
        rest = rest[sent:]
        if sent < len(piece):
            shortened += 1
            select.select([], [pair.ours], [], PATIENCE)
    reader.join(PATIENCE)
    assert got == [text]
    assert shortened > 5


def test_what_the_kernel_has_not_got_is_not_reported_as_sent(make: Make) -> None:
    """For only then does the outbox start a writer. All that was reported can be read."""
    pair = make()
    sent = given = 0
    while sent == given:
        sent += pair.transport.try_send(b"x" * 100)
        given += 100
    assert pair.transport.try_send(b"x" * (given - sent)) == 0
    assert pair.read(sent) == b"x" * sent


def test_reading_and_writing_at_the_same_time(make: Make) -> None:
    """Two threads of the server and a client that does both. Every byte comes once and in order."""
    pair = make(buffer=32 * 1024, limit=10_000_000)
    ours, theirs = random.Random(1).randbytes(2_000_000), random.Random(2).randbytes(2_000_000)
    heard, answer = bytearray(), bytearray()

    def hear() -> None:
        while len(heard) < len(theirs):
            heard.extend(pair.transport.recv(4096))

    def put() -> None:
        for piece in cuts(ours, random.Random(3), 30_000):
            pair.outbox.put(piece)

    threads = [threading.Thread(target=target) for target in (hear, put)]
    for thread in threads:
        thread.start()
    pair.client.setblocking(False)
    rest = memoryview(theirs)
    while rest or len(answer) < len(ours):
        select.select([pair.client], [pair.client] if rest else [], [], 0 if pair.client.pending() else PATIENCE)
        with contextlib.suppress(ssl.SSLWantReadError, ssl.SSLWantWriteError):
            if rest:
                rest = rest[pair.client.send(rest[:20_000]) :]
        with contextlib.suppress(ssl.SSLWantReadError):
            answer += pair.client.recv(65536)
    for thread in threads:
        thread.join(PATIENCE)
    assert heard == theirs
    assert answer == ours


def test_a_reader_too_far_behind_is_told_and_dropped(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """It gets the first lines without a gap, the reason, and an end with a goodbye. The handler's reading ends too."""
    monkeypatch.setattr(backlog, "JUDGED_AFTER", -1.0)
    pair = make()
    lines = [b"%06d" % number + b"x" * 993 + b"\n" for number in range(500)]
    for line in lines:
        pair.outbox.put(line)
    assert pair.outbox.overflowed
    assert pair.transport.recv(1) == b""
    received = pair.read_to_the_end()
    assert received.endswith(LAST_WORDS)
    prefix = received.removesuffix(LAST_WORDS)
    assert LIMIT <= len(prefix) < LIMIT + 32 * 1024
    assert b"".join(lines).startswith(prefix)
    assert len(prefix) % 1000 == 0


def test_a_peer_that_is_given_up_gets_no_more(make: Make) -> None:
    """Neither the writer nor the handler waits for such a peer."""
    pair = make()
    pair.outbox.put(b"x" * LIMIT)
    pair.outbox.drop()
    assert pair.outbox.join(PATIENCE)
    pair.transport.see_out(0)


def test_whoever_sends_on_a_closed_socket_is_told_so(make: Make) -> None:
    """As after a bug in a handler, which closes the socket while the writer still sends."""
    pair = make()
    while pair.transport.try_send(b"x" * 65536):
        pass
    pair.ours.close()
    with pytest.raises(OSError):
        pair.transport.send_all(b"x")


def test_the_goodbye_comes_also_when_the_kernel_has_no_room_for_it(make: Make) -> None:
    """The reader is woken and sends it. A peer that takes nothing for the given time gets an end without."""
    for patient in (True, False):
        pair = make()
        sent = 0
        while more := pair.transport.try_send(b"x" * 100):
            sent += more
        pair.transport.stop_sending()
        assert pair.transport.recv(1) == b""
        if patient:
            seeing_out = threading.Thread(target=pair.transport.see_out, args=(PATIENCE,))
            seeing_out.start()
            assert pair.read(sent) == b"x" * sent
            assert set(pair.client.recv(100)) <= set(b"x")
            assert pair.client.recv(100) == b""
            seeing_out.join(PATIENCE)
        else:
            pair.transport.see_out(0)
            with pytest.raises(ssl.SSLEOFError):
                pair.read(sent + 101)


@pytest.mark.parametrize("taken", [0, 5])
def test_the_goodbye_comes_also_while_the_peer_talks(make: Make, taken: int) -> None:
    """What it says then is thrown away, whether it has been taken from the kernel or not, and the end is a clean one."""
    pair = make()
    pair.client.sendall(b"x" * 10)
    pair.client.sendall(b"x" * 1000)
    if taken:
        assert pair.transport.recv(taken) == b"x" * taken
    pair.outbox.put(b"last words\n")
    pair.outbox.close()
    assert pair.transport.recv(100) == b""
    pair.client.sendall(b"y" * 1000)
    assert pair.read_to_the_end() == b"last words\n"


@pytest.mark.parametrize("version", VERSIONS)
def test_the_peers_goodbye_is_its_end(make: Make, version: str) -> None:
    """It can still be answered."""
    pair = make(version)
    pair.client.sendall(b"hello\n")
    pair.client.setblocking(False)
    with contextlib.suppress(ssl.SSLWantReadError):
        pair.client.unwrap()
    assert pair.transport.recv(100) == b"hello\n"
    assert pair.transport.recv(100) == b""
    pair.outbox.put(b"answer\n")


def test_an_end_without_a_goodbye_is_an_end(make: Make) -> None:
    """What came before it counts, also where it was only looked at."""
    for look in (False, True):
        pair = make()
        pair.client.sendall(b"hello\n")
        pair.client.shutdown(socket.SHUT_RDWR)
        if look:
            assert pair.transport.peek(100, PATIENCE) == b"hello\n"
        assert pair.transport.recv(100) == b"hello\n"
        assert pair.transport.recv(100) == b""


def test_a_look_takes_nothing(make: Make) -> None:
    """What was looked at can be looked at again, together with what has come since, and is read afterwards."""
    pair = make()
    assert pair.transport.peek(100, 0) == b""
    pair.client.sendall(b"one")
    assert pair.transport.peek(2, PATIENCE) == b"on"
    assert pair.transport.peek(100, 0) == b"one"
    pair.client.sendall(b"two")
    select.select([pair.ours], [], [], PATIENCE)
    assert pair.transport.peek(100, 0) == b"onetwo"
    assert pair.transport.recv(4) == b"onet"
    pair.client.sendall(b"three")
    assert pair.transport.recv(100) == b"wo"
    assert pair.transport.recv(100) == b"three"


def test_a_time_for_reading_is_paid_for(make: Make) -> None:
    """Also if bytes keep coming that make no record. Each of them is paid for."""
    pair = make()
    assert pair.transport.recv(100, 0) == b""
    raw = pair.client.detach()
    with socket.socket(fileno=raw) as drip:
        drip.sendall(b"\x17\x03\x03\x10\x00")
        assert pair.transport.recv(100, 0) == b""
        assert len(pair.paid) == 1
        drip.sendall(b"x")
        assert pair.transport.peek(100, 0) == b""
        assert len(pair.paid) == 2


def test_what_is_not_tls_ends_it(make: Make) -> None:
    """The peer is told by an alert. Later sends fail as they do for a peer that is gone."""
    pair = make()
    with socket.socket(fileno=pair.client.detach()) as raw:
        raw.sendall(b"\x17\x03\x03\x00\x20" + bytes(32))
        assert pair.transport.recv(100) == b""
        assert raw.recv(1) == b"\x17"  # an alert is encrypted, too
        pair.outbox.put(b"x")
        assert pair.outbox.closed


def test_hanging_up_wakes_whoever_waits(make: Make) -> None:
    """The reader and the writer."""
    pair = make(limit=10_000_000)
    reader = threading.Thread(target=pair.transport.recv, args=(100,))
    reader.start()
    pair.outbox.put(b"x" * 1_000_000)
    pair.transport.hang_up()
    reader.join(PATIENCE)
    assert not reader.is_alive()
    assert pair.outbox.join(PATIENCE)


def test_stopping_to_read_wakes_the_reader(make: Make) -> None:
    """What waits can still be sent."""
    pair = make(limit=10_000_000)
    reader = threading.Thread(target=pair.transport.recv, args=(100,))
    reader.start()
    pair.outbox.put(b"x" * 100_000)
    pair.transport.stop_reading()
    reader.join(PATIENCE)
    assert not reader.is_alive()
    pair.outbox.close()
    assert pair.read_to_the_end() == b"x" * 100_000


def test_a_handshake_that_does_not_end_is_given_up(certificate: Certificate) -> None:
    """Whether the peer sends nothing, or a part of what it should, or goes away."""
    for part in (b"", b"\x16", b"\x16\x03\x01\x02\x00\x01"):
        ours, theirs = socket.socketpair()
        with ours, theirs:
            theirs.sendall(part)
            transport = TlsTransport(ours, certificate.certificates().context)
            with pytest.raises(TimeoutError):
                transport.shake_hands(0.01)
            theirs.close()
            with pytest.raises(OSError):
                transport.shake_hands(PATIENCE)
