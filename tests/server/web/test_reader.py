"""Reading requests, from a peer that somebody plays."""

from __future__ import annotations

import socket
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.web.reader import Gone, Reader, TooLarge, TooSlow
from server.wire.transport import Transport

LONG = 10_000.0  # seconds; no test waits so long


class Pieces:
    """A peer that sends pieces, then nothing more."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = list(pieces)

    def recv(self, size: int, timeout: float) -> bytes:
        return self.pieces.pop(0) if self.pieces else b""


def reader(*pieces: bytes, allowed: int = 100) -> Reader:
    """Return a reader of pieces, of which so many bytes may be read."""
    made = Reader(cast(Transport, Pieces(*pieces)))
    made.begin(LONG)
    made.allow(allowed)
    return made


@given(st.lists(st.sampled_from([b"a", b"bc", b"\r\n", b"\n", b"x" * 20])), st.data())
def test_lines_are_the_same_however_they_were_cut(parts: list[bytes], data: st.DataObject) -> None:
    """And what follows is read from where they end."""
    text = b"".join(parts) + b"\nend\nbody"
    cuts = sorted(data.draw(st.lists(st.integers(1, len(text) - 1), max_size=8)))
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True) if start < end]
    reading, lines = reader(*pieces, allowed=len(text)), []
    while (line := reading.readline()) != b"end\n":
        lines.append(line)
    assert b"".join(lines) + b"end\nbody" == text
    assert all(line.count(b"\n") == 1 for line in lines)
    assert reading.read(4) == b"body"


def test_a_limit_is_a_limit() -> None:
    """One byte more is too much, whether it comes alone or in a crowd, in a line or not."""
    assert reader(b"12345678\n\n", allowed=9).readline() == b"12345678\n"
    for pieces in ([b"123456789\n"], [b"1234", b"56789\n"], [b"x" * 1000], [b"x"] * 20):
        with pytest.raises(TooLarge):
            reader(*pieces, allowed=9).readline()
    lines = reader(b"1234\n1234\n", allowed=9)
    assert lines.readline() == b"1234\n"
    with pytest.raises(TooLarge):
        lines.readline()
    with pytest.raises(TooLarge):
        reader(b"x" * 20, allowed=9).read(10)


def test_a_part_of_a_line_can_be_read() -> None:
    """As `http.client` asks for it."""
    reading = reader(b"1234", b"5678\n")
    assert reading.readline(6) == b"123456"
    assert reading.readline(6) == b"78\n"


def test_the_end_in_the_middle_of_a_request() -> None:
    """Half a line is none."""
    with pytest.raises(Gone):
        reader(b"GET /").readline()
    with pytest.raises(Gone):
        reader(b"x").read(2)


def test_time_that_is_over() -> None:
    """Nothing more is waited for. What has come can still be read."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        reading = Reader(Transport(ours))
        reading.allow(100)
        theirs.sendall(b"one\ntw")
        assert reading.wait(LONG)
        reading.begin(0)
        assert reading.readline() == b"one\n"
        with pytest.raises(TooSlow):
            reading.readline()
        assert not Reader(Transport(ours)).wait(0)
