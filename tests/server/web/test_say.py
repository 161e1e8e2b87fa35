"""What is posted: who may say what, and that each line is taken once, over real sockets."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from ...support.peers import Peer
from ...support.web import Client, Stream, StrictWebServer, web


@pytest.fixture
def door() -> Iterator[StrictWebServer]:
    """A web door."""
    with web() as door:
        yield door


@pytest.fixture
def come(door: StrictWebServer, request: pytest.FixtureRequest) -> Callable[..., tuple[Stream, Client]]:
    """Bring somebody in, who has read their own `joined`."""

    def come(name: str = "") -> tuple[Stream, Client]:
        stream, client = Stream(door, f"/events?name={name}" if name else "/events"), Client(door)
        request.addfinalizer(stream.close)
        request.addfinalizer(client.close)
        stream.until("joined")
        return stream, client

    return come


Come = Callable[..., tuple[Stream, Client]]


def test_all_doors_lead_to_one_conversation(door: StrictWebServer, come: Come) -> None:
    """Whoever comes by telnet and whoever comes by a browser read the same in the same order."""
    peer = Peer(door.chat.port)
    peer.line()
    stream, client = come("%E5%B0%8F%E6%98%8E")
    assert peer.line().endswith("]小明:已上线")
    assert client.post(stream.token, "大家好\n/me 挥手\n") == 202
    peer.say("rename bob", "to 小明 在吗", "hi")
    assert stream.until("said")["text"] == "大家好"
    assert stream.until("emote")["text"] == "挥手"
    assert stream.until("whisper")["text"] == "在吗"
    assert stream.until("said")["text"] == "hi"
    lines = peer.until(f"[{peer.addr}]bob:hi")
    assert [line.partition("]")[2] for line in lines if "小明" in line] == ["小明:大家好", "小明 * 挥手"]
    peer.close()


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        (b"", [""]),
        (b"\n", [""]),
        (b"\n\n", ["", ""]),
        (b"a", ["a"]),
        (b"a\n", ["a"]),
        (b"a\r\nb\r\n", ["a", "b"]),
        (b"a\n\n b \n", ["a", "", " b "]),
        ("大\xff\x1b[31m".encode(), ["大ÿ[31m"]),
        (b"\xff\x07x", ["\ufffdx"]),
    ],
)
def test_lines_of_a_post(come: Come, body: bytes, lines: list[str]) -> None:
    """Each ends in LF or CR LF, and the last may lack it. An empty one is a heartbeat. Text is cleaned as any other."""
    stream, client = come()
    assert client.post(stream.token, body) == 202
    heard = []
    for number, line in enumerate(lines, 1):
        value = stream.event()
        if value["type"] == "said":
            heard.append(value["text"])
            value = stream.event()
        assert value == {"type": "done", "line": number}
    assert heard == [line for line in lines if line]


def test_a_post_can_be_repeated(come: Come) -> None:
    """Whoever did not hear the answer sends it again, and nothing is said twice."""
    stream, client = come()
    for _ in range(3):
        assert client.post(stream.token, "one\ntwo\n", line=1) == 202
    assert client.post(stream.token, "two\nthree\n", line=2) == 202
    assert client.post(stream.token, "five\n", line=5) == 202
    assert client.post(stream.token, "four\n", line=4) == 202
    said = [stream.until("said") for _ in range(4)]
    assert [value["text"] for value in said] == ["one", "two", "three", "four"]
    assert [value["line"] for value in said] == [1, 2, 3, 4]
    assert stream.until("done")["line"] == 4


def test_of_many_who_post_the_same_at_once_one_is_heard(door: StrictWebServer, come: Come) -> None:
    """Each number is taken once, from whichever connection."""
    stream, _ = come()

    def post() -> None:
        client = Client(door)
        for number in range(1, 21):
            assert client.post(stream.token, f"m{number}", line=number) == 202
        client.close()

    threads = [threading.Thread(target=post) for _ in range(5)]
    for thread in threads:
        thread.start()
    assert [stream.until("said")["text"] for _ in range(20)] == [f"m{number}" for number in range(1, 21)]
    for thread in threads:
        thread.join()
    client = Client(door)
    assert client.post(stream.token, "end") == 202
    assert stream.until("said")["text"] == "end"
    client.close()


def test_refusals_come_on_the_stream(come: Come) -> None:
    """As for any program: unknown commands, lines that are too long, and whatever opens another session."""
    stream, client = come()
    token = stream.token
    assert client.post(token, f"/nope\n{'x' * 4097}\n/resume {token} 1\nto nobody hi\n/json\n", line=1) == 202
    codes = [stream.until("done").get("code") for _ in range(5)]
    assert codes == ["unknown_command", "too_long", "unknown_command", "not_online", None]
    assert client.post(token, "x", line=6) == 202
    assert stream.until("said")["line"] == 6


@pytest.mark.parametrize("token", ["0" * 32, "x", "", "Bearer"])
def test_without_an_open_stream_nothing_is_said(come: Come, token: str) -> None:
    """Whoever guesses a token, or has none, says nothing."""
    stream, client = come()
    assert client.post(token, "x") == (404 if len(token) == 32 else 401)
    assert client.post(stream.token, "y") == 202
    assert stream.until("said")["text"] == "y"


def test_what_a_post_may_have(come: Come) -> None:
    """Not too many lines, and a number that is one."""
    stream, client = come()
    assert client.post(stream.token, "\n" * 201) == 413
    assert client.post(stream.token, "\n" * 200) == 202
    while stream.until("done")["line"] != 200:
        pass
    assert (
        client.ask("POST", "/say", b"", Authorization=f"Bearer {stream.token}", Content_Type="text/plain", Line="x")[0]
        == 400
    )


def test_whoever_quits_is_gone(come: Come) -> None:
    """With the receipt, the goodbye and the end of the stream. The session is no more."""
    stream, client = come("bob")
    other, _ = come("carol")
    assert client.post(stream.token, "bye all\n/quit\nnot said", line=1) == 202
    assert stream.until("said")["text"] == "bye all"
    assert [stream.event() for _ in range(4)] == [
        {"type": "done", "line": 1},
        {"type": "done", "line": 2},
        {"type": "bye", "code": "quit"},
        {},
    ]
    assert other.until("left")["why"] == "quit"
    assert client.post(stream.token, "x") == 404
    again, _ = come("bob")
    assert again.token != stream.token


def test_a_post_over_the_rate_waits() -> None:
    """As by telnet: the post is answered later."""
    with web(trust_loopback=False, rate=1000.0, burst=1) as door:
        stream, client = Stream(door), Client(door)
        stream.event()
        assert client.post(stream.token, "".join(f"{number}\n" for number in range(30)), line=1) == 202
        assert [stream.until("said")["text"] for _ in range(30)] == [str(number) for number in range(30)]
        stream.close()
        client.close()


def test_names_cannot_be_asked_for_all_the_time() -> None:
    """The limit is that of the stream, over whichever connections its lines come."""
    with web(trust_loopback=False, max_renames=2) as door:
        stream = Stream(door, "/events?name=a")
        stream.event()
        for name in ("b", "c", "d"):
            client = Client(door)
            assert client.post(stream.token, f"rename {name}") == 202
            client.close()
        assert [stream.until("done").get("code") for _ in range(3)] == [None, "too_often", "too_often"]
        stream.close()
