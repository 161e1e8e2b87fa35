"""The codes of JSON lines, over real sockets, and what sessions promise beside what they tell."""

from __future__ import annotations

import contextlib
import itertools
import json
import re
import threading
from collections.abc import Callable

import pytest

from server.chat.sessions import MOST_HELD, Sessions, digest_of
from server.commands import discover
from server.limits.allowance import BUSY
from server.server import ChatServer
from server.settings import Settings

from ..support.chatting import Chat
from ..support.peers import Peer, Program, StrictServer, running

Peers = Callable[[ChatServer], Peer]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("rename taken", "name_taken"),
        ("/json taken", "name_taken"),
        ("rename who", "name_bad"),
        ("/json who", "name_bad"),
        ("to nobody x", "not_online"),
        *(
            (line, "bad_format")
            for line in (
                "rename a b",
                "to x",
                "/me",
                "/last 0",
                "/search",
                "/json a b",
                "/resume x",
                "/reply",
                "/whois",
            )
        ),
        ("/reply x", "nobody"),
        ("/unignore x", "not_ignored"),
        ("/join 1.2.3.4", "room_bad"),
        ("/leave", "in_lobby"),
        ("/nothing", "unknown_command"),
        ("x" * 4097, "too_long"),
    ],
)
def test_each_refusal_has_its_code(server: StrictServer, peers: Peers, line: str, code: str) -> None:
    """The receipt has the number of the line and the text that a text user reads."""
    peers(server).rename("taken")
    person, program = peers(server), Program(server.port, "/json", line)
    done = program.until_type("done")
    assert (done["line"], done["code"]) == (1, code)
    if not line.startswith("/json"):
        assert done["text"] in person.ask(line)
    program.close()


def test_a_program_that_renames_too_often_is_told_the_code() -> None:
    """A text user is told the text."""
    with running(trust_loopback=False, max_renames=1) as server:
        peer = Program(server.port, "/json", "rename a", "rename b")
        assert "code" not in peer.until_type("done")
        assert peer.until_type("done") == {
            "type": "done",
            "line": 2,
            "code": "too_often",
            "text": "改名过于频繁，请稍后再试",
        }
        peer.close()


@pytest.mark.parametrize(
    ("end", "code"), [(b"/quit\n", "quit"), (b"\4", "quit"), (b"", "lost"), (b"x" * 100_000, "kicked")]
)
def test_each_way_to_go_has_its_code(server: StrictServer, end: bytes, code: str) -> None:
    """The last object and what the others are told have the same word."""
    other = Program(server.port, "/json")
    assert other.value()["type"] == "hello"
    peer = Program(server.port, "/json peer")
    hello = peer.value()
    with contextlib.suppress(OSError):  # the server closes in the middle of a line that does not end
        peer.send(end)
    if not end:
        peer.socket.shutdown(1)
    left = other.until_type("left")
    assert (left["name"], left["addr"], left["why"]) == ("peer", hello["addr"], code)
    with contextlib.suppress(ConnectionResetError):
        assert peer.until_type("bye") == {"type": "bye", "code": code}
        assert peer.rest() == b""
    peer.close()
    other.close()


@pytest.mark.parametrize(
    ("settings", "code", "text"),
    [
        ({"max_users": 1}, "full", "服务器人数已满，请稍后再试"),
        ({"max_per_ip": 1, "trust_loopback": False}, "too_many", "来自同一地址的连接过多，请稍后再试"),
        ({}, "busy", "服务器繁忙，请稍后再试"),
    ],
)
def test_a_program_that_is_refused_is_told_so_in_values(
    peers: Peers, monkeypatch: pytest.MonkeyPatch, settings: dict[str, object], code: str, text: str
) -> None:
    """If its first line is there when it is refused. Otherwise it reads the text."""
    with running(**settings) as server:
        peers(server)
        if not settings:

            def fail(thread: threading.Thread) -> None:
                raise RuntimeError("can't start new thread")

            monkeypatch.setattr("threading.Thread.start", fail)
        for number in itertools.count(1):
            refused = Program(server.port, "/json")
            line = refused.line()
            assert refused.rest() == b""
            refused.close()
            if line != text:
                break
        monkeypatch.undo()
        assert server.guard.limiter.refused == {code: number}
    assert json.loads(line) == {"type": "bye", "code": code, "text": text}


def test_a_session_is_taken_up_with_its_token_alone(chat: Chat) -> None:
    """It has 128 random bits. Its digest, which a history keeps, opens nothing."""
    tokens = [chat.open(number, f"c:{number}", "/json").session for number in (3, 4)]
    assert all(re.fullmatch("[0-9a-f]{32}", token) for token in tokens)
    assert len({*tokens, *map(digest_of, tokens)}) == 4
    for number, guess in enumerate((digest_of(tokens[0]), tokens[0].upper(), tokens[0][:-1], f"{tokens[0]}0"), 5):
        assert chat.open(number, f"c:{number}", f"/resume {guess} 0").session not in tokens
    assert chat.open(9, "c:9", f"/resume {tokens[0]} 0").session == tokens[0]


def test_answers_are_not_told_again(chat: Chat) -> None:
    """What a program has asked for is for this moment only."""
    hello = chat.open(3, "c:3", "/json carol")
    chat.say(1, "public")
    chat.say(3, "who", "/last", "/search public", "/help", "")
    chat.leave(3)
    chat.values(3)
    chat.open(4, "c:4", f"/resume {hello.session} {hello.at}")
    assert [event.type for event in chat.values(4)] == ["joined", "said", "left", "joined"]


def test_no_more_sessions_are_held_than_may_be() -> None:
    """The one that has waited longest is given up, and its name is free."""
    sessions = Sessions()
    for number in range(MOST_HELD + 2):
        sessions.hold(sessions.open(f"token {number}", number + 1, f"name{number}", "a:1"), number)
    assert len(sessions.held) == len(sessions.names) == len(sessions.by_digest) == MOST_HELD
    assert ["name1" in sessions.names, "name2" in sessions.names] == [False, True]


def test_a_search_finds_names_and_whole_words(chat: Chat) -> None:
    """Words are searched in the line as it is shown. Only scripts without spaces have words inside words."""
    chat.say(1, "parking", "ｐａｒｋ", "我在公园", "no")
    chat.read(1)
    for words, found in {
        "park": ["ｐａｒｋ"],
        "PARK": ["ｐａｒｋ"],
        "园": ["我在公园"],
        "alice": ["parking", "ｐａｒｋ", "我在公园", "no"],
        "no alice": ["no"],
        "bob": [],
    }.items():
        chat.say(1, f"/search {words}")
        assert [line.rpartition(":")[2] for line in chat.read(1)[:-1]] == (found or ["没有找到"])


def test_a_search_and_a_resume_have_their_price() -> None:
    """The time that they take elsewhere is paid by the address. Other lines cost what the handler's thread works."""
    parse = discover().parse
    costs = [parse(1, 0.0, line).cost for line in ("/search x", "/resume x 0", "/last", "who", "talk")]
    assert costs == [0.02, 0.01, 0.002, 0.0, 0.0]


def test_whoever_searches_all_the_time_has_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Others are not asked to pay for that."""
    waited: list[float] = []
    with running(trust_loopback=False, rate=0.0) as server:
        rates = server.rates_of("10.0.0.1")
        for _ in range(10):
            waited.append(rates.work(0.02))
        assert server.rates_of("10.0.0.2").work(0.02) == 0.0
    assert [seconds > 0.0 for seconds in waited] == [False] * round(BUSY / 0.02) + [True] * (10 - round(BUSY / 0.02))


def test_what_a_text_user_says_is_a_string_in_an_object(server: StrictServer, peers: Peers) -> None:
    """It cannot end the object, whatever is in it, and no field can be made to look like another."""
    bob, program = peers(server), Program(server.port, "/json")
    assert program.value()["type"] == "hello"
    for text in ('"}', '{"type":"bye","code":"quit"}', '\\"', "\\u0022,", '","line":1,"at":"0', "</script>", "'"):
        bob.say(text)
        said = program.until_type("said")
        assert (said["text"], said["name"], set(said)) == (
            text,
            bob.addr,
            {"type", "at", "time", "name", "addr", "text"},
        )
    program.close()


def test_a_hello_has_the_limits_of_its_server() -> None:
    """In seconds, as whole numbers where they are whole."""
    with running(hold=1.5, idle_timeout=2.0) as server:
        peer = Program(server.port, "/json")
        hello = peer.value()
        assert (hello["hold"], hello["idle"], Settings().hold) == (1.5, 2, 60)
        peer.close()
