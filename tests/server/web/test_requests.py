"""What the web door answers to whom, over real sockets."""

from __future__ import annotations

import gzip
import http.client
import queue
import re
import socket
import threading
import time
from collections.abc import Iterator
from functools import partial

import pytest

from server.chat.entries import Opening
from server.web import streams
from server.web.page import Page
from server.web.reader import Limits

from ...support.peers import PATIENCE, Peer
from ...support.tls import Certificate
from ...support.web import EVENTS, Client, Stream, StrictWebServer, raw, web

PLAIN = {"Content_Type": "text/plain"}
HEAD = b"POST /say HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n"


@pytest.fixture
def door() -> Iterator[StrictWebServer]:
    """A web door."""
    with web() as door:
        yield door


@pytest.fixture
def client(door: StrictWebServer, request: pytest.FixtureRequest) -> Client:
    """A connection to it."""
    client = Client(door)
    request.addfinalizer(client.close)
    return client


def status_of(answer: bytes) -> int:
    """Return the status of the only answer in some bytes."""
    assert answer.count(b"HTTP/1.1 ") == 1, answer
    return int(answer.split()[1])


def test_the_page_is_sent(client: Client) -> None:
    """Also packed, for whoever can unpack it. Nobody keeps it, frames it, or is told where its readers come from."""
    page = Page()
    assert client.ask("GET", "/") == (200, page.data.decode())
    headers = client.answer.headers
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert headers["Content-Security-Policy"] == page.policy
    client.request("GET", "/?x=1", headers={"Accept-Encoding": "br, gzip"})
    packed = client.getresponse()
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.read()) == page.data


def test_every_answer_has_its_headers(door: StrictWebServer, client: Client) -> None:
    """Those that let a browser be careful, a length, and nothing that lets another page in."""
    stream = Stream(door)
    answers = [stream.answer]
    for method, path in (("GET", "/"), ("GET", "/nothing"), ("PUT", "/"), ("POST", "/say")):
        client.ask(method, path)
        answers.append(client.answer)
        assert client.answer.headers["Content-Length"]
    for answer in answers:
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert not [name for name in answer.headers if re.match("access-control|set-cookie|server", name.lower())]
    stream.close()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        *(
            ("GET", path, 404)
            for path in ("/x", "/say/", "/events/", "/favicon.ico", "/../page.html", "http://localhost/")
        ),
        *(("POST", "/", 405), ("HEAD", "/", 405), ("OPTIONS", "/", 405), ("DELETE", "/say", 405), ("GET", "/say", 405)),
        *(("POST", "/events", 405), ("OPTIONS", "/say", 405), ("OPTIONS", "/events", 405)),
        ("GET", "/events", 406),
    ],
)
def test_there_is_nothing_else(client: Client, method: str, path: str, status: int) -> None:
    """No other path, and for each path one method."""
    assert client.ask(method, path)[0] == status
    if status == 405:
        assert client.answer.headers["Allow"] == ("POST" if path == "/say" else "GET")


@pytest.mark.parametrize(
    ("host", "status"),
    [("127.0.0.1", 200), ("LOCALHOST:99", 200), ("chat.example", 200), ("evil.example", 421), ("", 400)],
)
def test_whoever_calls_us_by_another_name_gets_nothing(host: str, status: int) -> None:
    """So a page whose name was made to point to this machine gets nothing, not even the page."""
    with web(names=("chat.example",)) as door:
        answer = raw(door, f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        assert status_of(answer) == status
        assert answer.endswith(b"\n")


@pytest.mark.parametrize("path", ["/", "/events", "/say"])
@pytest.mark.parametrize(
    "headers", [{"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_another_page_gets_nothing(door: StrictWebServer, client: Client, path: str, headers: dict[str, str]) -> None:
    """Nobody hears of it."""
    peer = Peer(door.chat.port)
    peer.line()
    client.request("POST" if path == "/say" else "GET", path, headers={**EVENTS, **headers})
    answer = client.getresponse()
    assert (answer.status, answer.read().count(b"\n")) == (403, 1)
    assert peer.ask("who") == [f"{peer.prefix}在线"]
    peer.close()


def test_our_own_page_is_let_in(door: StrictWebServer) -> None:
    """By the headers that a browser sends for it."""
    ours = {"Origin": f"http://127.0.0.1:{door.port}", "Sec_Fetch_Site": "same-origin"}
    stream = Stream(door, **ours)
    assert stream.event()["type"] == "hello"
    stream.close()


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET /\r\n\r\n", 400),
        (b"GET / HTTP/2.0\r\n\r\n", 505),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", 400),
        (b"x\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n", 400),
        (b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 200 + b"\r\n", 431),
        (b"GET /" + b"x" * 20000, 431),
        (b"GET / HTTP/1.1\r\n" + b"a: " + b"x" * 20000 + b"\r\n\r\n", 431),
        (HEAD + b"Content-Length: 65537\r\n\r\n", 413),
        (HEAD + b"Content-Length: x\r\n\r\n", 411),
        (HEAD + b"\r\n", 411),
        (HEAD + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411),
        (HEAD + b"Content-Length: 0\r\nContent-Length: 1\r\n\r\nx", 400),
        (HEAD + b"Content-Length: 0\r\n\r\n", 401),
        (HEAD.replace(b"text/plain", b"text/html") + b"Content-Length: 0\r\n\r\n", 415),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(door: StrictWebServer, request_: bytes, status: int) -> None:
    """Then the connection ends, because nobody knows where the next request begins."""
    answer = raw(door, request_)
    assert status_of(answer) == status
    assert b"Connection: close\r\n" in answer


def test_a_request_is_read_however_it_was_cut(door: StrictWebServer) -> None:
    """Also with the next one behind it: nothing of it is lost."""
    request = b"GET /no HTTP/1.1\r\nHost: localhost\r\n\r\n"
    page = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n"
    with socket.create_connection(("127.0.0.1", door.port), PATIENCE) as connection:
        for byte in page:
            connection.sendall(bytes([byte]))
        connection.sendall(page + request)
        answer = b""
        while data := connection.recv(65536):
            answer += data
    assert re.findall(rb"HTTP/1.1 (\d+)", answer) == [b"200", b"200", b"404"]


def test_connections_are_kept(door: StrictWebServer) -> None:
    """For the page and for posts, on one connection."""
    stream, client = Stream(door), Client(door)
    stream.event()
    assert client.ask("GET", "/")[0] == 200
    mine = client.sock.getsockname()
    for _ in range(3):
        assert client.post(stream.token, "x") == 202
        assert client.post("0" * 32, "x") == 404
    assert client.sock.getsockname() == mine
    stream.close()
    client.close()


def test_a_client_that_asks_first_is_told_to_go_on(door: StrictWebServer) -> None:
    """As curl does for a large body."""
    stream = Stream(door)
    stream.event()
    with socket.create_connection(("127.0.0.1", door.port), PATIENCE) as connection:
        token = f"Authorization: Bearer {stream.token}\r\n".encode()
        connection.sendall(HEAD + token + b"Content-Length: 2\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n")
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"hi")
        assert status_of(connection.recv(1000)) == 202
    assert stream.until("said")["text"] == "hi"
    stream.close()


@pytest.mark.parametrize("sent", [b"G", b"GET / HTTP/1.1\r\nHost: ", HEAD + b"Content-Length: 5\r\n\r\nx"])
def test_a_request_that_does_not_come_in_time(sent: bytes) -> None:
    """Whoever sends a byte now and then holds no thread for long."""
    with web(limits=Limits(request=0.05)) as door:
        answer = raw(door, sent)
        assert status_of(answer) == 408


def test_a_connection_without_a_request_ends() -> None:
    """Without a word, for a request may just be on its way."""
    with web(limits=Limits(idle=0.05)) as door:
        assert raw(door, b"") == b""
        client = Client(door)
        assert client.ask("GET", "/")[0] == 200
        assert client.sock.recv(10) == b""
        client.close()


def test_whoever_goes_in_the_middle_of_a_request(door: StrictWebServer) -> None:
    """It is no request, and needs no answer."""
    with socket.create_connection(("127.0.0.1", door.port), PATIENCE) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n")
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(100) == b""


def test_whoever_does_not_read_gets_no_further_answer(door: StrictWebServer) -> None:
    """However many pages are asked for: what waits for one connection is bounded, and the connection ends."""
    page = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(PATIENCE)
        connection.connect(("127.0.0.1", door.port))
        with pytest.raises(OSError, match=r"reset|[Bb]roken"):
            while True:
                connection.sendall(page * 100)


def test_browsers_from_one_address_are_limited() -> None:
    """Together with those of telnet, and each is told so in its own way."""
    with web(max_per_ip=2, trust_loopback=False) as door:
        peer, client = Peer(door.chat.port), Client(door)
        peer.line()
        assert client.ask("GET", "/")[0] == 200
        answer = raw(door, b"")
        assert status_of(answer) == 503
        assert answer.endswith("来自同一地址的连接过多，请稍后再试\n".encode())
        peer.close()
        client.close()


def test_a_banned_address_gets_nothing_over_a_kept_connection(door: StrictWebServer, client: Client) -> None:
    """It is told what a new connection is told, and the connection ends."""
    limiter = door.chat.guard.limiter
    assert client.ask("GET", "/")[0] == 200
    limiter.banned.add("127.0.0.1", 0)
    assert client.ask("GET", "/events?name=evil", None, **EVENTS) == (503, "此地址已被管理员封禁\n")
    assert client.answer.headers["Connection"] == "close"
    at_the_door = raw(door, b"").decode()
    assert at_the_door.endswith("\r\n\r\n此地址已被管理员封禁\n")
    assert f"Retry-After: {client.answer.headers['Retry-After']}\r\n" in at_the_door
    assert limiter.refused["banned"] == 2
    limiter.banned.remove("127.0.0.1")
    assert client.ask("GET", "/")[0] == 200


def test_a_ban_that_comes_while_somebody_comes_in(door: StrictWebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is not yet in when a ban removes those who are in does not stay."""
    enter = streams.Stream.enter

    def ban_before(stream: streams.Stream, opening: Opening) -> None:
        door.chat.guard.limiter.banned.add("127.0.0.1", 0)
        enter(stream, opening)

    monkeypatch.setattr(streams.Stream, "enter", ban_before)
    stream = Stream(door)
    assert stream.until("bye")["code"] == "lost"
    assert stream.event() == {}
    stream.close()


def test_coming_in_and_keeping_the_processor_busy_have_their_price(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each connection counts as one that comes in, and each piece of a request by what it costs."""
    counted: queue.Queue[str] = queue.Queue()

    def count(what: str, seconds: float = 0.0) -> float:
        counted.put(what)
        return seconds and 0.0

    with web(trust_loopback=False) as door:
        allowance = door.chat.rates_of("127.0.0.1")._allowance
        monkeypatch.setattr(allowance, "join", partial(count, "join"))
        monkeypatch.setattr(allowance, "busy", partial(count, "busy"))
        client = Client(door)
        for path in ("/", "/", "/no"):
            client.ask("GET", path)
        client.close()
        assert [counted.get(timeout=PATIENCE) for _ in range(4)] == ["join", "busy", "busy", "busy"]
        with socket.create_connection(("127.0.0.1", door.port), PATIENCE) as slow:
            slow.sendall(b"G")
            assert counted.get(timeout=PATIENCE) == "join"
            for _ in range(3):
                while counted.empty():  # no message tells when a piece is read, and two may be read as one
                    slow.sendall(b"x")
                    time.sleep(0.01)
                assert counted.get() == "busy"


def test_a_server_that_stops_waits_for_no_request() -> None:
    """Whoever has a connection without a request sees its end at once. `linger` is longer than any test waits."""
    with web(linger=PATIENCE * 10) as door:
        client = Client(door)
        assert client.ask("GET", "/")[0] == 200
        silent = socket.create_connection(("127.0.0.1", door.port), PATIENCE)
        while len(door.idle) < 2:
            assert client.ask("GET", "/")[0] == 200

        def leave() -> None:
            for connection in (client.sock, silent):
                assert connection.recv(1) == b""
                connection.close()

        leaving = threading.Thread(target=leave)
        leaving.start()
    leaving.join()
    client.close()


def test_over_tls_everything_is_the_same(certificate: Certificate) -> None:
    """On the same port. A page that came that way is our own as well."""
    with web(tls=str(certificate.cert), tls_key=str(certificate.key)) as door:
        for connection in (
            http.client.HTTPConnection("127.0.0.1", door.port, timeout=PATIENCE),
            http.client.HTTPSConnection("127.0.0.1", door.port, timeout=PATIENCE, context=certificate.trust()),
        ):
            connection.request("GET", "/")
            assert connection.getresponse().read() == Page().data
            scheme = "https" if isinstance(connection, http.client.HTTPSConnection) else "http"
            connection.request("GET", "/events", headers={**EVENTS, "Origin": f"{scheme}://127.0.0.1:{door.port}"})
            answer = connection.getresponse()
            assert answer.readline().startswith(b'data: {"type":"hello"')
            answer.close()
            connection.close()
