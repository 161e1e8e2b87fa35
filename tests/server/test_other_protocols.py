"""HTTP and TLS on the chat's port: web pages must not be able to talk, whenever and in whatever pieces they send."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable

import pytest

from server.server import ChatServer
from server.wire import first_look
from server.wire.transport import Transport

from ..support.peers import PATIENCE, Peer, StrictServer

Peers = Callable[[ChatServer], Peer]

FOREIGN = {
    "http": b"GET / HTTP/1.1\r\nHost: localhost:6666\r\n\r\n",
    "post": b"POST /who HTTP/1.1\r\nHost: localhost:6666\r\nContent-Length: 4\r\n\r\nwho\n",
    "http2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "tls": bytes.fromhex("16030100c8010000c40303") + bytes(32),
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_a_browser_is_closed_before_it_joins(server: StrictServer, peers: Peers, kind: str) -> None:
    """The server sends it nothing, and nobody sees it come or go."""
    first = peers(server)
    # The server waits long enough to see the first bytes, even on a busy machine.
    release = first_look.FIRST_LOOK
    first_look.FIRST_LOOK = PATIENCE
    try:
        browser = socket.create_connection(("127.0.0.1", server.port), PATIENCE)
        browser.sendall(FOREIGN[kind])
        try:
            assert browser.recv(100) == b""
        except ConnectionResetError:
            pass  # the server closed without reading what it sent
        browser.close()
    finally:
        first_look.FIRST_LOOK = release
    assert first.ask("who") == [first.prefix + "在线"]


def test_a_browser_is_told_where_the_page_is(
    server: StrictServer, peers: Peers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one line, if there is a page. What it asks for is not done."""
    server.page = "http://10.0.0.1:8080/"
    first = peers(server)
    monkeypatch.setattr(first_look, "FIRST_LOOK", PATIENCE)
    with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as browser:
        browser.sendall(b"POST / HTTP/1.1\r\nHost: x\r\n" + BODY)
        head, _, line = end_of(browser).decode().partition("\r\n\r\n")
    assert head.startswith("HTTP/1.0 404 ")
    assert (
        line
        == "这里是 telnet 的端口，网页在 http://10.0.0.1:8080/ (this port is for telnet, the page is at http://10.0.0.1:8080/)\n"
    )
    assert first.ask("who") == [first.prefix + "在线"]


BODY = b"\r\nHost: x\r\n\r\nrename webpage\nto first hi\nforged\n"
IN_PIECES = {
    "inside the method": (b"PO", b"ST / HTTP/1.1"),
    "inside the path": (b"POST /index", b".html HTTP/1.1"),
    "inside the version": (b"POST / HTT", b"P/1.1"),
    "a path longer than the first look": (b"POST /" + b"x" * 5000, b" HTTP/1.1"),
    "a path longer than all that is looked at": (b"POST /" + b"x" * 70_000, b" HTTP/1.1"),
    "tls": (b"\x16", b"\x03\x01\x00\xc8\n"),
}


def end_of(browser: socket.socket) -> bytes:
    """Return what the server sends up to the end, which may be a reset, because it reads no more."""
    heard = b""
    with contextlib.suppress(ConnectionResetError):
        while data := browser.recv(65536):
            heard += data
    return heard


@pytest.mark.parametrize("case", IN_PIECES)
def test_a_browser_that_is_not_done_is_waited_for(
    case: str, server: StrictServer, peers: Peers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What may become a request does not join before that is clear, in whatever pieces it comes."""
    first = peers(server)
    looked = threading.Event()
    peek = Transport.peek

    def look(transport: Transport, size: int, timeout: float) -> bytes:
        data = peek(transport, size, PATIENCE)
        looked.set()
        return data

    monkeypatch.setattr(Transport, "peek", look)
    monkeypatch.setattr(first_look, "LONGEST_LOOK", PATIENCE)
    begin, end = IN_PIECES[case]
    if "all that is" in case:
        monkeypatch.setattr(first_look, "MOST_PEEKED", 80_000)
    with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as browser:
        browser.sendall(begin)
        assert looked.wait(PATIENCE)
        browser.sendall(end + BODY)
        assert end_of(browser) == b""
    assert first.ask("who") == [first.prefix + "在线"]


@pytest.mark.parametrize("case", IN_PIECES)
def test_a_browser_that_comes_too_late_says_nothing(case: str, server: StrictServer, peers: Peers) -> None:
    """It has joined before it sends anything. Then it leaves, and none of its lines is done or said."""
    first, browser = peers(server), peers(server)
    first.until(browser.prefix + "已上线")
    for piece in IN_PIECES[case]:
        browser.send(piece)
    with contextlib.suppress(ConnectionResetError, BrokenPipeError):
        browser.send(BODY)
    heard = end_of(browser.socket).decode()
    assert heard in ("", "消息过长，上限 4096 字节\n")
    assert first.line() == browser.prefix + "下线"
    assert first.ask("who") == [first.prefix + "在线"]


def test_only_the_first_line_can_be_a_request(server: StrictServer, peers: Peers) -> None:
    """Whoever has said something is no browser, and may say what a browser says."""
    peer = peers(server)
    assert peer.ask("hello") == [peer.prefix + "hello"]
    assert peer.ask("GET / HTTP/1.1") == [peer.prefix + "GET / HTTP/1.1"]


def test_whoever_stops_in_the_middle_of_a_request_joins(server: StrictServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The wait is bounded, so that a person who has typed no more than `GET` is online like everybody else."""
    monkeypatch.setattr(first_look, "LONGEST_LOOK", 0.0)
    peer = Peer(server.port)
    peer.send(b"GET")
    assert peer.line() == peer.prefix + "已上线"
    peer.send(b" up\n")
    assert peer.until("I'm live") == [peer.prefix + "GET up"]
    peer.close()


@pytest.mark.parametrize("line", ["GET", "GET up", "GET /x", "HTTP/1.1 is old", "get / HTTP/1.1"])
def test_talk_about_http_is_talk(line: str, peers: Peers, server: StrictServer) -> None:
    """A line that only resembles a request is said to everyone."""
    peer = Peer(server.port)
    peer.say(line)
    assert peer.until("I'm live")[-1] == peer.prefix + line
    peer.close()
