"""Headers of the PROXY protocol, by value. Each comes whole, with talk behind it, and cut at every byte."""

from __future__ import annotations

import random
import socket
import struct

import pytest

from server.wire.proxy_protocol import MOST, BadHeader, Header, parse

BEGIN = b"\r\n\r\n\0\r\nQUIT\n"


def version_2(command: int, kind: int, content: bytes) -> bytes:
    return BEGIN + struct.pack("!BBH", command, kind, len(content)) + content


TCP4 = socket.inet_aton("192.0.2.7") + socket.inet_aton("192.0.2.1") + struct.pack("!HH", 50000, 6666)
TCP6 = (
    socket.inet_pton(socket.AF_INET6, "2001:db8::7")
    + socket.inet_pton(socket.AF_INET6, "2001:db8::1")
    + struct.pack("!HH", 50000, 6666)
)
GOOD = {
    b"PROXY TCP4 192.0.2.7 192.0.2.1 50000 6666\r\n": ("192.0.2.7", 50000),
    b"PROXY TCP6 2001:db8::7 2001:DB8::1 0 65535\r\n": ("2001:db8::7", 0),
    b"PROXY TCP6 2001:0db8:0:0:0:0:0:7 ::1 50000 6666\r\n": ("2001:db8::7", 50000),
    b"PROXY UNKNOWN\r\n": ("", 0),
    b"PROXY UNKNOWN " + b"f" * 91 + b"\r\n": ("", 0),
    version_2(0x21, 0x11, TCP4): ("192.0.2.7", 50000),
    version_2(0x21, 0x21, TCP6): ("2001:db8::7", 50000),
    version_2(0x21, 0x11, TCP4 + b"\x03\x00\x04abcd"): ("192.0.2.7", 50000),
    version_2(0x20, 0x00, b""): ("", 0),
    version_2(0x20, 0x11, TCP4): ("", 0),
    version_2(0x21, 0x31, bytes(216)): ("", 0),
    version_2(0x21, 0x00, b""): ("", 0),
}
BAD = [
    b"hello\n",
    b"\n",
    b"GET / HTTP/1.1\r\n",
    b"PROXY\n",
    b"proxy TCP4 192.0.2.7 192.0.2.1 50000 6666\r\n",
    b"PROXY TCP4 192.0.2.7 192.0.2.1 50000 6666\n",
    b"PROXY TCP4 192.0.2.7 192.0.2.1 50000\r\n",
    b"PROXY TCP4 192.0.2.7  192.0.2.1 50000 6666\r\n",
    b"PROXY TCP4 192.0.2.777 192.0.2.1 50000 6666\r\n",
    b"PROXY TCP4 2001:db8::7 2001:db8::1 50000 6666\r\n",
    b"PROXY TCP6 192.0.2.7 192.0.2.1 50000 6666\r\n",
    b"PROXY TCP4 192.0.2.7 192.0.2.1 65536 6666\r\n",
    b"PROXY TCP4 192.0.2.7 192.0.2.1 -1 6666\r\n",
    b"PROXY UDP4 192.0.2.7 192.0.2.1 50000 6666\r\n",
    b"PROXY UNKNOWNS\r\n",
    b"PROXY UNKNOWN " + b"f" * 200,
    version_2(0x22, 0x11, TCP4),
    version_2(0x11, 0x11, TCP4),
    version_2(0x21, 0x11, TCP4[:-1]),
    version_2(0x21, 0x21, TCP4),
    version_2(0x21, 0x11, TCP4 + bytes(MOST)),
    BEGIN[:-1] + b"\r",
]


@pytest.mark.parametrize("data", GOOD)
def test_a_header_is_read_exactly(data: bytes) -> None:
    """Nothing is known before its last byte has come, and nothing behind it is taken."""
    host, port = GOOD[data]
    for size in range(len(data)):
        assert parse(data[:size]) is None
    for behind in (b"", b"hello\n", b"\r\n", b"\x16\x03\x01"):
        assert parse(data + behind) == Header(len(data), host, port)


@pytest.mark.parametrize("data", BAD)
def test_what_is_no_header_is_known_as_such(data: bytes) -> None:
    """At its end at the latest. Until then it may become one."""
    with pytest.raises(BadHeader):
        parse(data)
    for size in range(len(data)):
        try:
            assert parse(data[:size]) is None
        except BadHeader:
            break


def test_random_bytes_are_no_header() -> None:
    """Also behind the beginning of one. Nothing but BadHeader is raised, and no wait is longer than the longest header."""
    for seed in range(5000):
        source = random.Random(seed)
        begin = source.choice((b"", b"PROXY ", b"PROXY TCP4 ", BEGIN, BEGIN + b"\x21\x11", BEGIN + b"\x21\x21\x00"))
        data = begin + source.randbytes(source.choice((1, 20, MOST)))
        try:
            found = parse(data)
        except BadHeader:
            continue
        assert found or len(data) < MOST
