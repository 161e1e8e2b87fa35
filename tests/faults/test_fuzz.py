"""Random bytes, cut at random, for the line reader, the parser and a live server.

`make fuzz` runs more seeds than these; a failure names its seed.
"""

from __future__ import annotations

import os
import random
import re
import socket
from collections.abc import Callable

from server.chat.entries import Say
from server.chat.names import check, fold
from server.commands import discover
from server.commands.basic import Rename, Whisper
from server.limits.token_bucket import TokenBucket
from server.server import ChatServer
from server.wire.decoding import decode
from server.wire.lines import ENDLESS, MAX_LINE, LineEvent, LineReader

from ..support.peers import PATIENCE, Peer, running

COMMANDS = discover()
SEEDS = range(int(os.environ.get("FUZZ_FIRST", "0")), int(os.environ.get("FUZZ_SEEDS", "10000")))

# Pieces that mean something to the reader or the parser. Random bytes alone would seldom hit them.
PIECES = [
    *(
        b"\n",
        b"\r\n",
        b"\r\0",
        b"\r",
        b"\0",
        b"\x04",
        b"\x08",
        b"\x7f",
        b"\x1b[2J",
        b"\xff",
        b"\xff\xff",
        b"\xff\xfd\x06",
    ),
    *(
        b"\xff\xf4",
        b"\xff\xfa",
        b"\xff\xf0",
        b"\xff\xec",
        b"\xff\xfb\x01",
        b"\xc0\xaf",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
    ),
    *(
        "世".encode(),
        "é".encode(),
        "e\u0301".encode(),
        "\u202e".encode(),
        "\u2028".encode(),
        "ﬀ".encode(),
        b" ",
        b"|",
        b"/",
    ),
    *(b"who", b"rename ", b"to ", b"to|", b"/who", b"//", b"/help", b"/quit", b"[127.0.0.1:1]x:", b"x" * 5000),
]
ALLOWED = re.compile(rb"(?:[^\x00-\x08\x0b-\x1f\x7f]*\r?\n)*")


def noise(rng: random.Random) -> bytes:
    """Return up to 39 parts, each a random piece or a few random bytes."""
    parts = [
        rng.choice(PIECES) if rng.random() < 0.6 else rng.randbytes(rng.randrange(8))
        for _ in range(rng.randrange(1, 40))
    ]
    return b"".join(parts)


def cut(rng: random.Random, data: bytes) -> list[bytes]:
    """Return `data`, cut at random into up to five parts."""
    places = sorted(rng.randrange(len(data) + 1) for _ in range(rng.randrange(5)))
    return [data[start:end] for start, end in zip([0, *places], [*places, len(data)], strict=True)]


def read(pieces: list[bytes]) -> list[bytes | LineEvent]:
    """Return what a handler would see of the pieces. It stops at the end of file and at an endless line."""
    reader, found = LineReader(), []
    for piece in pieces:
        for line in reader.feed(piece):
            found.append(line)
            if line in (LineEvent.ENDLESS, LineEvent.END_OF_FILE):
                return found
        assert len(reader._partial) <= MAX_LINE + 1
        assert len(reader._telnet._cut) < 70
        assert len(reader.take_replies()) <= 3
    return found


def test_the_reader_and_the_parser_take_anything() -> None:
    """The lines do not depend on the cuts, and their texts are fit for a terminal."""
    for seed in SEEDS:
        rng = random.Random(seed)
        data = noise(rng)
        found = read(cut(rng, data))
        assert found == read([data]), f"seed {seed}: the lines depend on the cuts"
        for line in found:
            if isinstance(line, LineEvent):
                continue
            assert len(line) <= MAX_LINE, f"seed {seed}"
            text = decode(line)
            assert ALLOWED.fullmatch(text.encode() + b"\n"), f"seed {seed}: {text!r}"
            match COMMANDS.parse(1, 0.0, text):
                case Say(text=said):
                    assert said, f"seed {seed}"
                case Whisper(key=key, text=content):
                    assert key and content.strip(" "), f"seed {seed}"
                case Rename(name=name, key=key):
                    assert check(name, COMMANDS.commands) == name and fold(name) == key, f"seed {seed}"


def test_a_live_server_takes_anything(peers: Callable[[ChatServer], Peer]) -> None:
    """It answers each guest in whole clean lines and lets it go, while two others talk."""
    with running(linger=0.2) as server:
        one, two = peers(server), peers(server)
        heard = b""
        for seed in SEEDS:
            rng = random.Random(seed)
            with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as guest:
                try:
                    for piece in cut(rng, noise(rng)):
                        guest.sendall(piece)
                    guest.shutdown(socket.SHUT_WR)
                    while data := guest.recv(65536):
                        heard += data
                except (ConnectionResetError, BrokenPipeError):  # the server closed with some of it unread
                    heard = b""
            heard = heard.replace(b"\xff\xfc\x06", b"")  # the answer to a timing mark
            assert ALLOWED.fullmatch(heard), f"seed {seed}: {heard!r}"
            heard.decode()
            heard = b""
            if seed % 100 == 0:
                one.say(f"after {seed}")
                for peer in (one, two):
                    assert peer.until(f"{one.prefix}after {seed}") is not None
                assert one.line() == "I'm live"


def test_a_bucket_never_lends_more_than_it_has() -> None:
    """In any span of time it gives no more tokens than the burst and those that came in."""
    rng = random.Random(1)
    now = 0.0
    bucket = TokenBucket(5, 2, lambda: now)
    taken = 0
    for _ in range(10_000):
        now += rng.random() * rng.choice((0.01, 1.0, 10.0))
        taken += bucket.try_take()
        assert taken <= 5 + now * 2


def test_a_line_of_the_limit_is_not_endless() -> None:
    """The pieces above are made for these two limits."""
    assert len(PIECES[-1]) > MAX_LINE
    assert ENDLESS > MAX_LINE
