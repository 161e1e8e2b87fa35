"""Programs that are told values, over real sockets."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from server.server import ChatServer

from ..support.peers import Connect, Peer, Program, StrictServer, running


@pytest.fixture
def program(server: StrictServer, request: pytest.FixtureRequest) -> Callable[..., Program]:
    """Bring programs in. All are closed at the end."""

    def come(*lines: str) -> Program:
        program = Program(server.port, *lines)
        request.addfinalizer(program.close)
        return program

    return come


def test_a_program_comes_in_under_its_name(connect: Connect, program: Callable[..., Program]) -> None:
    """No address comes and goes before that, and its very first line is answered by an object."""
    bob = connect()
    ming = program("/json 小明", "大家好")
    hello = ming.value()
    assert (hello["type"], hello["name"], hello["line"], hello["hold"], hello["idle"]) == ("hello", "小明", 0, 60, 0)
    assert bob.lines(2) == [f"[{ming.addr}]小明:已上线", f"[{ming.addr}]小明:大家好"]
    assert [ming.value()["type"] for _ in range(3)] == ["joined", "said", "done"]


def test_the_first_line_may_come_in_pieces(connect: Connect, program: Callable[..., Program]) -> None:
    """It is waited for, and whatever else comes with it is dealt with after it."""
    bob = connect()
    ming = program()
    for piece in ("/js", "on 小", "明\r\nh", "i\r\n"):
        ming.send(piece.encode())
    assert bob.line() == f"[{ming.addr}]小明:已上线"
    assert ming.until_type("done")["line"] == 1
    assert bob.line() == f"[{ming.addr}]小明:hi"


def test_whoever_says_something_else_first_comes_in_as_everyone_does(
    connect: Connect, program: Callable[..., Program]
) -> None:
    """Also if it begins in the same way."""
    bob = connect()
    for line in ("/jsonx", "/json a b", "/resume", "/"):
        peer = program(line)
        assert bob.line() == f"[{peer.addr}]{peer.addr}:已上线"
        assert peer.line() == f"[{peer.addr}]{peer.addr}:已上线"
        assert "消息格式不正确" in peer.line() or line in ("/jsonx", "/")
        peer.close()
        assert bob.line() == f"[{peer.addr}]{peer.addr}:下线"


def test_a_person_goes_over_to_values(connect: Connect) -> None:
    """From the answer on everything is an object, whose line ends in LF alone, also for telnet."""
    peer = connect()
    peer.send(b"hi\r\n/json\r\nhi\r\n")
    assert peer.raw_line() == f"{peer.prefix}hi\r\n".encode()
    assert peer.raw_line() == b"I'm live\r\n"
    assert json.loads(peer.line())["type"] == "hello"
    assert json.loads(peer.line())["type"] == "said"
    peer.send(b"\r\n")
    assert [json.loads(peer.line())["line"] for _ in range(2)] == [1, 2]


def test_receipts_come_in_values_even_if_text_has_none() -> None:
    """A program cannot do without them."""
    with running(receipt=False) as server:
        peer = Program(server.port, "/json", "")
        assert peer.until_type("done")["line"] == 1
        peer.close()


def test_a_session_outlives_its_connection(connect: Connect, program: Callable[..., Program]) -> None:
    """Whatever was said meanwhile comes first, once and in order, and lines that were taken are not asked for."""
    bob, ming = connect(), program("/json ming", "one")
    session = ming.value()["session"]
    at = ming.until_type("said")["at"]
    ming.reset()
    assert bob.until(f"[{ming.addr}]ming:下线")
    bob.say("two", "to ming three")
    assert bob.until("I'm live")
    again = program(f"/resume {session} {at}", "four")
    hello = again.value()
    assert (hello["line"], hello["name"], hello["session"]) == (1, "ming", session)
    missed = [again.value() for _ in range(6)]
    assert [value["type"] for value in missed] == ["left", "said", "whisper", "joined", "said", "done"]
    assert [value.get("text") for value in missed][1:3] == ["two", "three"]
    assert missed[-1]["line"] == 2


def test_a_name_that_is_asked_for_with_json_counts_as_a_rename() -> None:
    """Else nobody would be bound by that limit."""
    with running(trust_loopback=False, max_renames=2) as server:
        peer = Program(server.port, "/json a", "/json b", "/json", "/json c")
        assert [peer.until_type("done").get("code") for _ in range(3)] == [None, None, "too_often"]
        peer.close()


def test_an_old_connection_ends_when_its_session_is_taken_up(program: Callable[..., Program]) -> None:
    """It is told so, reads the end, and its thread ends."""
    old = program("/json ming")
    hello = old.value()
    new = program(f"/resume {hello['session']} {hello['at']}")
    assert new.value()["type"] == "hello"
    assert old.until_type("bye")["code"] == "resumed"
    assert old.rest() == b""


def test_a_resume_that_comes_late(connect: Connect, program: Callable[..., Program]) -> None:
    """The connection has come in under its address before. It goes on all the same."""
    ming = program("/json ming")
    hello = ming.value()
    ming.reset()
    late = connect()
    late.say(f"/resume {hello['session']} {hello['at']}")
    while not (line := late.line()).startswith("{"):
        pass
    assert json.loads(line)["name"] == "ming"


def test_ten_thousand_lines_that_were_missed(program: Callable[..., Program], connect: Connect) -> None:
    """They come at the pace at which they are read, however much that is, and nobody waits for them."""
    ming = program("/json ming")
    hello = ming.value()
    ming.reset()
    bob = connect()
    for start in range(0, 10_000, 500):
        bob.say(*(f"{number} {'x' * 200}" for number in range(start, start + 500)))
        for _ in range(500):
            bob.until("I'm live")
    again = program(f"/resume {hello['session']} {hello['at']}")
    assert again.value()["type"] == "hello"
    bob.say("now")
    said = [again.until_type("said")["text"].split()[0] for _ in range(9000)]
    assert said[-1] == "8999" or len(said) == 9000
    while (text := again.until_type("said")["text"]) != "now":
        said.append(text.split()[0])
    assert said == [str(number) for number in range(10_000)][-len(said) :]
    assert len(said) >= 9990


@pytest.mark.parametrize("kind", ["text", "values"])
def test_who_among_many_does_not_drop_the_asker(kind: str, peers: Callable[[ChatServer], Peer]) -> None:
    """The answer comes in parts while it is read, and no object is long. One who reads late gets it all the same."""
    with running(outbox_limit=2000) as server:
        others = [peers(server) for _ in range(220)]
        asker = Program(server.port, *(["/json"] if kind == "values" else []), *["who"] * 20)
        addresses: list[str] = []
        if kind == "text":
            while len(addresses) < 221 * 20:
                line = asker.line()
                addresses += [line[1:].partition("]")[0]] if line.endswith(":在线") else []
        else:
            while len(addresses) < 221 * 20:
                line = asker.line()
                assert len(line) < 20_000
                addresses += [user["addr"] for user in json.loads(line).get("users", [])]
        assert {addresses.count(address) for address in set(addresses)} == {20}
        assert len(set(addresses)) == len(others) + 1
        asker.close()


def test_a_program_that_does_not_read_is_told_so_in_values() -> None:
    """Its last object has the reason."""
    with running(outbox_limit=2000) as server:
        slow, loud = Program(server.port, "/json"), Peer(server.port)
        assert slow.value()["type"] == "hello"
        for _ in range(3000):
            loud.say("x" * 4000)
            loud.until("I'm live")
            if len(server.broadcaster.users()) == 1:
                break
        last = slow.rest().splitlines()[-1]
        assert json.loads(last) == {"type": "bye", "code": "slow", "text": "接收过慢，连接中断"}
        slow.close()
        loud.close()


def test_a_program_that_is_idle_is_told_so_in_values() -> None:
    """The session is kept."""
    with running(idle_timeout=0.2) as server:
        peer = Program(server.port, "/json")
        hello = peer.value()
        assert peer.until_type("bye") == {"type": "bye", "code": "idle", "text": "长时间未使用，连接中断"}
        again = Program(server.port, f"/resume {hello['session']} {hello['at']}")
        assert again.value()["session"] == hello["session"]
        peer.close()
        again.close()


def test_a_session_ends_when_nobody_comes_back() -> None:
    """Its name is free then."""
    with running(hold=0.5) as server:
        ming = Program(server.port, "/json ming")
        hello = ming.value()
        ming.reset()
        bob = Peer(server.port)
        while bob.ask("rename ming")[-1:] != ["修改用户名为: ming"]:
            pass
        again = Program(server.port, f"/resume {hello['session']} {hello['at']}")
        assert again.until_type("done")["code"] == "no_session"
        bob.close()
        again.close()


def test_a_program_is_told_goodbye_in_values(program: Callable[..., Program], server: StrictServer) -> None:
    """When the server stops."""
    peer = program("/json")
    assert peer.value()["type"] == "hello"
    server.broadcaster.broadcast([])
    with running() as other:
        late = Program(other.port, "/json")
        assert late.value()["type"] == "hello"
    assert late.until_type("bye") == {"type": "bye", "code": "closing", "text": "服务器关闭，连接中断"}
    late.close()
