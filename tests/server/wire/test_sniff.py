"""Telling a chat from HTTP and TLS, by value. Each input comes whole, cut in two at every byte, and byte by byte."""

from __future__ import annotations

import pytest

from server.wire.sniff import FirstBytes

FOREIGN = [
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\nwho\n",
    b"POST /who?a=b HTTP/1.0\n",
    b"OPTIONS * HTTP/1.1\r\n",
    b"CONNECT host:443 HTTP/1.1\r\n",
    b"GET http://host/ HTTP/1.1\r\n",
    b"PROPPATCH / HTTP/1.1\r\n",
    b"M-SEARCH * HTTP/1.1\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"\x16\x03\x01\x00\xc8\x01",
]
CHAT = [
    *(b"\n", b"hello\n", b"GET\n", b"GET up\n", b"GET /x\n", b"GET /x\r\n", b"get / HTTP/1.1\n", b"HTTP/1.1 is old\n"),
    *(
        b"GET /x HTML\n",
        b"GET  / HTTP/1.1\n",
        b"GET / x HTTP/1.1\n",
        b"GE / HTTP/1.1\n",
        b"OK go\n",
        b"X" * 21,
        b"\x16\n",
    ),
    *(
        "世界\n".encode(),
        b"\xff\xfb\x01",
        b"\x16\x02",
        b"\x16\x03\x05",
        b"GET /x\nGET / HTTP/1.1\n",
        b" GET / HTTP/1.1\n",
    ),
]


def decisions(*chunks: bytes) -> tuple[bool, bool]:
    """Return whether the peer is foreign, and whether that is certain."""
    first = FirstBytes()
    for chunk in chunks:
        assert first.feed(chunk) == first.foreign
        assert len(first._start) < 40
    return first.foreign, first.decided


@pytest.mark.parametrize("data", FOREIGN + CHAT)
def test_the_first_bytes_tell_however_they_were_cut(data: bytes) -> None:
    """The answer is the same, whole, cut in two anywhere, and byte by byte. In the end it is always certain."""
    expected = (data in FOREIGN, True)
    assert decisions(data) == expected
    for cut in range(len(data)):
        assert decisions(data[:cut], data[cut:]) == expected
    assert decisions(*(bytes([byte]) for byte in data)) == expected


@pytest.mark.parametrize(
    "data", [b"", b"GE", b"GET ", b"GET /a", b"GET /a ", b"GET /a HTTP", b"GET /a HTTP/", b"\x16", b"\x16\x03"]
)
def test_a_beginning_leaves_it_open(data: bytes) -> None:
    """It is no chat yet."""
    assert decisions(data) == (False, False)


def test_a_target_of_any_length_is_found_and_not_kept() -> None:
    """A browser sends paths of a megabyte."""
    assert decisions(b"GET /", *[b"x" * 4096] * 256, b" HTTP/1.1\r\n") == (True, True)
    assert decisions(b"GET /" + b"x" * 1_000_000 + b" HTTP/1.1\r\n") == (True, True)


OPENING = [
    b"/json\n",
    b"/json\r\n",
    "/json 小明\n".encode(),
    b"/resume abc 12\r\nhello\n",
    b"/json " + b"x" * 200 + b"\n",
]
NO_OPENING = [
    b"/jsonx\n",
    b"/Json\n",
    b" /json\n",
    b"/who\n",
    b"//json\n",
    b"/json " + b"x" * 201 + b"\n",
    b"json\n",
    b"/\n",
]


@pytest.mark.parametrize("data", OPENING + NO_OPENING)
def test_a_programs_first_line_is_known_however_it_was_cut(data: bytes) -> None:
    """And it is waited for up to its end."""
    for cut in range(len(data) + 1):
        first = FirstBytes()
        first.feed(data[:cut])
        if data in OPENING and b"\n" not in data[:cut]:
            assert (first.opens, first.decided) == (False, False)
        first.feed(data[cut:])
        assert (first.opens, first.decided, first.foreign) == (data in OPENING, True, False)


def test_of_a_first_line_without_end_little_is_kept() -> None:
    """It is no opening."""
    first = FirstBytes()
    first.feed(b"/json " + b"x" * 300)
    assert (first.opens, first.decided) == (False, True)
