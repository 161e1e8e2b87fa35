"""Streams of events: coming in, being away, coming back, and the end, over real sockets."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator

import pytest

from server.chat.entries import Close

from ...support.attacks import RESET
from ...support.peers import PATIENCE, Peer
from ...support.web import Client, Stream, StrictWebServer, raw, web


@pytest.fixture
def door() -> Iterator[StrictWebServer]:
    """A web door."""
    with web() as door:
        yield door


@pytest.fixture
def open_stream(request: pytest.FixtureRequest) -> Callable[..., Stream]:
    """Open streams. All are closed at the end."""

    def open_stream(door: StrictWebServer, path: str = "/events", **headers: str) -> Stream:
        stream = Stream(door, path, **headers)
        request.addfinalizer(stream.close)
        return stream

    return open_stream


Open = Callable[..., Stream]


def resume(token: str, at: str) -> dict[str, str]:
    """Return the headers that take a session up."""
    return {"Authorization": f"Bearer {token}", "Last_Event_ID": at}


def say(door: StrictWebServer, token: str, body: str, line: int | None = None) -> int:
    """Post once."""
    with contextlib.closing(Client(door)) as client:
        return client.post(token, body, line)


def test_somebody_comes_in_under_their_name(door: StrictWebServer, open_stream: Open) -> None:
    """In one step, as a program does. Each event that has a place has it as its id."""
    peer = Peer(door.chat.port)
    peer.line()
    stream = open_stream(door, "/events?name=%E5%B0%8F%E6%98%8E")
    assert (stream.status, stream.answer.headers["Content-Type"]) == (200, "text/event-stream")
    hello = stream.event()
    assert (hello["type"], hello["name"], hello["line"], stream.at) == ("hello", "小明", 0, "")
    joined = stream.event()
    assert (joined["type"], stream.at) == ("joined", joined["at"])
    assert peer.line() == f"[{hello['addr']}]小明:已上线"
    assert say(door, stream.token, "x") == 202
    assert stream.event()["at"] == stream.at
    assert stream.event()["type"] == "done"
    peer.close()


@pytest.mark.parametrize(
    ("query", "code"),
    [("name=who", "name_bad"), ("name=bob", "name_taken"), ("name=", None), ("x=1", None), ("", None)],
)
def test_whoever_cannot_have_the_name_comes_in_under_the_address(
    door: StrictWebServer, open_stream: Open, query: str, code: str | None
) -> None:
    """And is told why."""
    peer = Peer(door.chat.port)
    peer.line()
    peer.rename("bob")
    stream = open_stream(door, f"/events?{query}")
    hello = stream.event()
    assert hello["name"] == hello["addr"]
    stream.until("joined")
    if code:
        assert stream.event()["code"] == code
    peer.close()


@pytest.mark.parametrize("query", ["name=a%20b", "name=a&name=b"])
def test_a_name_that_is_none_brings_nobody_in(door: StrictWebServer, open_stream: Open, query: str) -> None:
    """It is refused before anybody hears of it."""
    peer = Peer(door.chat.port)
    peer.line()
    assert open_stream(door, f"/events?{query}").status == 400
    assert peer.ask("who") == [f"{peer.prefix}在线"]
    peer.close()


def test_whoever_comes_back_hears_what_they_have_missed(door: StrictWebServer, open_stream: Open) -> None:
    """Once and in order, and their lines go on to be counted."""
    peer = Peer(door.chat.port)
    peer.line()
    first = open_stream(door, "/events?name=ming")
    first.until("joined")
    assert say(door, first.token, "one\ntwo", line=1) == 202
    assert first.until("done")["line"] == 1
    at = first.at
    assert first.until("done")["line"] == 2
    first.close()
    while "下线" not in peer.line():
        pass
    peer.say("rename bob", "to ming psst", "meanwhile")
    peer.until(f"[{peer.addr}]bob:meanwhile")
    assert say(door, first.token, "x", line=3) == 404
    again = open_stream(door, **resume(first.token, at))
    hello = again.event()
    assert (hello["session"], hello["name"], hello["line"]) == (first.token, "ming", 2)
    assert again.at == ""
    heard = [again.event() for _ in range(6)]
    assert [value["type"] for value in heard] == ["said", "left", "renamed", "whisper", "said", "joined"]
    assert (heard[0]["text"], heard[0]["line"]) == ("two", 2)
    assert say(door, first.token, "two\nthree", line=2) == 202
    assert again.until("said")["text"] == "three"
    peer.close()


def test_an_old_stream_ends_when_its_session_is_taken_up(door: StrictWebServer, open_stream: Open) -> None:
    """It is told so. What is posted goes to the new one."""
    old = open_stream(door, "/events?name=ming")
    old.until("joined")
    new = open_stream(door, **resume(old.token, old.at))
    assert old.until("bye")["code"] == "resumed"
    assert old.event() == {}
    assert new.until("joined")["name"] == "ming"
    assert say(door, old.token, "x", line=1) == 202
    assert new.until("said")["line"] == 1


def test_a_stream_for_an_unknown_session_has_a_new_one(door: StrictWebServer, open_stream: Open) -> None:
    """What is posted for the unknown one is not taken for the new one."""
    stream = open_stream(door, **resume("0" * 32, "1"))
    hello = stream.event()
    assert hello["session"] != "0" * 32
    assert stream.until("done")["code"] == "no_session"
    assert say(door, "0" * 32, "old", line=1) == 202
    assert say(door, stream.token, "new", line=1) == 202
    assert stream.until("said")["text"] == "new"


@pytest.mark.parametrize(("token", "at"), [("0" * 32, "x"), ("0" * 32, ""), ("0" * 32, "-1"), ("0" * 32, "1" * 19)])
def test_a_session_or_place_that_is_none_brings_nobody_in(
    door: StrictWebServer, open_stream: Open, token: str, at: str
) -> None:
    """Before anybody hears of it."""
    assert open_stream(door, **resume(token, at)).status == 400


def test_whoever_is_silent_is_kicked(open_stream: Open) -> None:
    """As by telnet: the goodbye says why, and the others see an ordinary leave. The session is held."""
    with web(idle_timeout=0.3) as door:
        stream = open_stream(door, "/events?name=ming")
        assert stream.until("bye") == {"type": "bye", "code": "idle", "text": "长时间未使用，连接中断"}
        assert stream.event() == {}
        again = open_stream(door, **resume(stream.token, stream.at))
        assert again.event()["session"] == stream.token


def test_a_connection_that_has_waited_is_not_kicked_at_once(open_stream: Open) -> None:
    """Its silence before the stream does not count."""
    with web(idle_timeout=1000.0) as door:
        clock = [0.0]
        door.chat.watchdog._clock = lambda: clock[0]
        client = Client(door)
        client.ask("GET", "/")
        clock[0] = 2000.0
        client.request("GET", "/events", headers={"Accept": "text/event-stream"})
        answer = client.getresponse()
        assert answer.readline().startswith(b"data: ")
        door.chat.watchdog.look()
        assert [user.kicked for user in door.chat.broadcaster.users()] == [False]
        answer.close()
        client.close()


def test_heartbeats_keep_a_stream(open_stream: Open) -> None:
    """Each line that is posted counts as one."""
    with web(idle_timeout=1000.0) as door:
        clock = [0.0]
        door.chat.watchdog._clock = lambda: clock[0]
        stream = open_stream(door)
        stream.until("joined")
        for _ in range(5):
            clock[0] += 600.0
            assert say(door, stream.token, "") == 202
            stream.until("done")
            door.chat.watchdog.look()
        clock[0] += 1001.0
        door.chat.watchdog.look()
        assert stream.until("bye")["code"] == "idle"


@pytest.mark.parametrize("way", ["close", "reset", "half", "more"])
def test_whoever_goes_is_gone(door: StrictWebServer, open_stream: Open, way: str) -> None:
    """In whatever way. So is whoever sends more, which no browser does."""
    other = open_stream(door, "/events?name=bob")
    other.until("joined")
    with socket.create_connection(("127.0.0.1", door.port), PATIENCE) as connection:
        connection.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n")
        address = other.until("joined")["addr"]
        if way == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        elif way == "half":
            connection.shutdown(socket.SHUT_WR)
        elif way == "more":
            connection.sendall(b"x")
        if way in ("close", "reset"):
            connection.close()
        left = other.until("left")
    assert (left["addr"], left["why"]) == (address, "lost")
    assert door.streams._by_token.keys() == {other.token}


def test_a_reader_that_does_not_read_is_dropped(door: StrictWebServer, open_stream: Open) -> None:
    """As by telnet. Nobody waits for it."""
    speaker = open_stream(door, "/events?name=bob")
    speaker.until("joined")
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        door.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)  # of the connections that come from now on
        connection.settimeout(PATIENCE)
        connection.connect(("127.0.0.1", door.port))
        connection.sendall(b"GET /events?name=slow HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n")
        assert speaker.until("joined")["name"] == "slow"
        number, left = 1, None
        with contextlib.closing(Client(door)) as client:
            while left is None:
                assert client.post(speaker.token, ("x" * 4000 + "\n") * 2, line=number) == 202
                number += 2
                while (value := speaker.event()).get("line") != number - 1 or value["type"] != "done":
                    left = value if value["type"] == "left" else left
        assert (left["name"], left["why"]) == ("slow", "slow")


def test_everyone_is_told_when_the_server_stops(door: StrictWebServer, open_stream: Open) -> None:
    """As the last thing that they hear."""
    stream = open_stream(door)
    stream.until("joined")
    door.chat.broadcaster.broadcast([Close(0, 0.0)])
    assert stream.event() == {"type": "bye", "code": "closing", "text": "服务器关闭，连接中断"}
    assert stream.event() == {}
    late = open_stream(door)
    assert late.event()["code"] == "closing"
    assert late.event() == {}


def test_curl_can_read_it(door: StrictWebServer) -> None:
    """HTTP/1.0, too."""
    answer = raw(door, b"GET /events?name=a HTTP/1.0\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\nx")
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b'data: {"type":"bye","code":"lost"}\n\n' in answer
