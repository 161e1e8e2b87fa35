"""The encryption of a connection without a socket: cut at random, damaged at random, and bounded."""

from __future__ import annotations

import contextlib
import os
import random
import ssl

import pytest

from server.wire.tls import MOST_UNSENT, RECORD, Tls

from ...support.tls import VERSIONS, Certificate, Client, cuts

SEEDS = int(os.environ.get("FUZZ_SEEDS", "10000")) // 50


class Kernel:
    """Takes as many bytes as it likes."""

    def __init__(self, source: random.Random, most: int) -> None:
        self._source, self._most = source, most
        self.taken = b""

    def send(self, data: bytes) -> int:
        size = self._source.randint(0, self._most)
        self.taken += data[:size]
        return min(size, len(data))

    def take(self) -> bytes:
        """Return what the client has not got yet."""
        taken, self.taken = self.taken, b""
        return taken


def shake_hands(tls: Tls, kernel: Kernel, client: Client, source: random.Random, longest: int) -> None:
    """Let both sides agree, over a network that cuts everything."""
    client.feed(b"")
    while not (tls.shake_hands() and tls.flush() and client.has_shaken_hands):
        for piece in cuts(client.outgoing.read(), source, longest):
            tls.receive(piece)
            tls.shake_hands()
        for piece in cuts(kernel.take(), source, longest):
            client.feed(piece)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_cuts_change_nothing(certificate: Certificate, version: str) -> None:
    """Whatever pieces the network makes, and however little the kernel takes, both sides hear what was meant."""
    context, trust = certificate.certificates().context, certificate.trust(VERSIONS[version])
    for seed in range(SEEDS // 10):
        source = random.Random(seed)
        kernel = Kernel(source, source.choice((3, 100, 5000, 100_000)))
        tls, client = Tls(context, kernel.send), Client(trust)
        longest = source.choice((1, 10, 3000))
        shake_hands(tls, kernel, client, source, longest)
        text = source.randbytes(source.choice((0, 1, RECORD, 5 * RECORD + 1)))
        client.tls.write(text + b"x")
        heard, rest = b"", memoryview(text)
        for piece in cuts(client.outgoing.read(), source, longest):
            tls.receive(piece)
            while (more := tls.read(source.choice((1, 4096)))) is not None:
                heard += more
            rest = rest[tls.try_send(rest[: source.randint(1, 20_000)]) :]
        assert heard == text + b"x"
        while rest:
            rest = rest[tls.try_send(rest[: source.randint(1, 20_000)]) :]
        tls.say_goodbye()
        while not tls.flush():
            pass
        for piece in cuts(kernel.take(), source, longest):
            client.feed(piece)
        assert client.heard == text
        assert client.has_ended


def test_random_bytes_are_no_tls(certificate: Certificate) -> None:
    """Behind the first byte of a handshake, and behind what may be its first record. They are refused, or never enough."""
    context = certificate.certificates().context
    refused = 0
    for seed in range(SEEDS):
        source = random.Random(seed)
        begin = source.choice((b"\x16", b"\x16\x03\x01", b"\x16\x03\x01\x00\x30\x01\x00\x00\x2c\x03\x03"))
        tls = Tls(context, len)
        try:
            for piece in cuts(begin + source.randbytes(400), source, 100):
                tls.receive(piece)
                assert not tls.shake_hands()
        except OSError:
            refused += 1
    assert refused > SEEDS // 2


@pytest.mark.parametrize("version", VERSIONS)
def test_a_damaged_stream_is_never_heard(certificate: Certificate, version: str) -> None:
    """One bit of what the client sends is turned. Then what it says is not heard, or the damage made no difference."""
    context, trust = certificate.certificates().context, certificate.trust(VERSIONS[version])
    heard: list[bytes] = []
    for seed in range(SEEDS // 2):
        source = random.Random(seed)
        kernel = Kernel(source, 100_000)
        tls, client = Tls(context, kernel.send), Client(trust)
        with contextlib.suppress(OSError):
            heard.append(talk(tls, kernel, client, source.randint(0, 500), source.randrange(8)))
    assert set(heard) <= {b"", b"hello\n"}
    assert heard.count(b"hello\n") < SEEDS // 2


def talk(tls: Tls, kernel: Kernel, client: Client, turned: int, bit: int) -> bytes:
    """Let a client say one line. Turn a bit of the byte `turned` of its stream. Return what is heard. Raises OSError."""
    sent, heard = 0, b""
    client.feed(b"")
    for _ in range(8):
        data = bytearray(client.outgoing.read())
        if sent <= turned < sent + len(data):
            data[turned - sent] ^= 1 << bit
        sent += len(data)
        tls.receive(bytes(data))
        if tls.shake_hands():
            heard += tls.read(4096) or b""
        had_shaken_hands = client.has_shaken_hands
        client.feed(kernel.take())
        if client.has_shaken_hands and not had_shaken_hands:
            client.tls.write(b"hello\n")
    return heard


def test_answers_that_nobody_takes_are_bounded(certificate: Certificate) -> None:
    """Whoever causes more of them is at its end."""
    tls, source = Tls(certificate.certificates().context, lambda data: 0), random.Random(1)
    kernel, client = Kernel(source, 100_000), Client(certificate.trust())
    tls._send = kernel.send
    shake_hands(tls, kernel, client, source, 3000)
    client.tls.write(b"xy")
    tls.receive(client.outgoing.read())
    tls._send = lambda data: 0
    tls._outgoing.write(b"x" * MOST_UNSENT)  # as OpenSSL does for many new keys
    assert tls.read(1) == b"x"
    tls._outgoing.write(b"x")
    with pytest.raises(ConnectionAbortedError):
        tls.read(1)


def test_old_versions_are_refused(certificate: Certificate) -> None:
    """TLS 1.1 is broken."""
    tls = Tls(certificate.certificates().context, len)
    # The first message of a client that knows nothing newer than TLS 1.1.
    hello = b"\x03\x02" + bytes(32) + b"\x00" + b"\x00\x02\xc0\x09" + b"\x01\x00"
    message = b"\x01" + len(hello).to_bytes(3, "big") + hello
    tls.receive(b"\x16\x03\x01" + len(message).to_bytes(2, "big") + message)
    with pytest.raises(ssl.SSLError, match="UNSUPPORTED_PROTOCOL"):
        tls.shake_hands()
