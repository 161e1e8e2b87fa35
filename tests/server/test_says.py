"""What the server says, on real sockets. PROTOCOL.md names each of these tests beside the row that it holds."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable

import pytest

from server.settings import Settings

from ..support.peers import Connect, Peer, running

Trio = tuple[Peer, Peer, Peer]


def test_a_user_comes(connect: Connect) -> None:
    """Everyone online is told of it, the newcomer too."""
    first = connect()
    second = Peer(int(first.socket.getpeername()[1]))
    assert second.line() == first.line() == f"[{second.addr}]{second.addr}:已上线"
    second.close()


def test_a_user_says_text(trio: Trio) -> None:
    """Everyone online gets it, the speaker too."""
    trio[0].say("hello,  世界 ")
    assert [peer.line() for peer in trio] == [trio[0].prefix + "hello,  世界 "] * 3


@pytest.mark.parametrize("leave", ["close", "reset", "/quit", "ctrl-d", "half-close"])
def test_a_user_leaves(trio: Trio, leave: str) -> None:
    """Everyone still online is told of it once, however the user leaves."""
    first, second, third = trio
    second.rename("bob")
    match leave:
        case "close":
            second.close()
        case "reset":
            second.reset()
        case "/quit":
            second.say("/quit")
        case "ctrl-d":
            second.send(b"\x04")
        case "half-close":
            second.socket.shutdown(socket.SHUT_WR)
    assert first.line() == third.line() == f"[{second.addr}]bob:下线"
    first.say("next")
    assert third.line() == first.prefix + "next"


def test_a_line_without_its_end_is_not_said(trio: Trio) -> None:
    """The lines before it are dealt with, although the peer has already ended its side."""
    first, second, _ = trio
    second.send("整\nhalf".encode())
    second.socket.shutdown(socket.SHUT_WR)
    assert first.lines(2) == [second.prefix + "整", second.prefix + "下线"]
    assert second.rest().decode() == f"{second.prefix}整\nI'm live\n"


def test_who(trio: Trio) -> None:
    """The asker alone gets a line for each user online."""
    trio[1].rename("bob")
    assert sorted(trio[0].ask("who")) == sorted(peer.prefix + "在线" for peer in trio)
    trio[0].say("next")
    assert trio[1].line() == trio[0].prefix + "next"


def test_rename_done(trio: Trio) -> None:
    """The asker is told so, and its next line carries the name."""
    assert trio[0].ask("rename 小明") == ["修改用户名为: 小明"]
    trio[0].say("hi")
    assert trio[1].line() == f"[{trio[0].addr}]小明:hi"


def test_rename_taken(trio: Trio) -> None:
    """The asker is told so and keeps the old name."""
    trio[0].rename("bob")
    assert trio[1].ask("rename bob") == ["该用户名已被使用"]
    assert trio[1].ask("hi")[0] == trio[1].prefix + "hi"


@pytest.mark.parametrize("line", ["/rename", "/rename ", "rename a b", "/rename a b", "rename|a b"])
def test_rename_format(connect: Connect, line: str) -> None:
    """A rename without a name, or with more than one word, is answered with the right format."""
    assert connect().ask(line) == ["消息格式不正确，请使用 [rename newname] 格式"]


@pytest.mark.parametrize("form", ["to {} {}", "/to {} {}", "to|{}|{}"])
def test_to_a_user(trio: Trio, form: str) -> None:
    """That user alone gets the text, after the sender's name."""
    first, second, third = trio
    first.rename("alice")
    second.rename("bob")
    assert first.ask(form.format("bob", " a  b ")) == []
    assert second.line() == "alice:  a  b "
    first.say("next")
    assert third.line() == first.prefix + "next"


def test_to_nobody(connect: Connect) -> None:
    """The asker is told that nobody has that name."""
    assert connect().ask("to nobody hi") == ["该用户不在线"]


@pytest.mark.parametrize("line", ["to bob", "/to", "/to bob", "/to bob ", "to|bob", "to|bob|"])
def test_to_format(connect: Connect, line: str) -> None:
    """A private word with a part missing is answered with the right format."""
    assert connect().ask(line) == ["消息格式不正确，请使用 [to username content] 格式"]


@pytest.mark.parametrize(
    "line", ["", "text", "who", "rename x", "rename a b", "to", "to a", "to a b", "/", "/help", "x" * 5000]
)
def test_receipt(connect: Connect, line: str) -> None:
    """Every line is answered with one receipt, after the reply to it."""
    peer = connect()
    before_first = peer.ask(line)
    assert "I'm live" not in before_first
    assert peer.ask("to nobody y") == ["该用户不在线"]


def test_a_receipt_comes_after_the_line_that_it_is_for(connect: Connect) -> None:
    """A script that reads up to the receipts has seen its own lines, in order."""
    peer = connect()
    peer.say("one", "who", "two")
    for expected in ("one", "在线", "two"):
        assert peer.until("I'm live") == [peer.prefix + expected]


def test_receipts_can_be_turned_off(peers: Callable[..., Peer]) -> None:
    """Without receipts, only what a line causes follows it."""
    with running(receipt=False) as server:
        peer = peers(server)
        peer.say("one", "", "two")
        assert peer.lines(2) == [peer.prefix + "one", peer.prefix + "two"]


def test_idle(peers: Callable[..., Peer], caplog: pytest.LogCaptureFixture) -> None:
    """A user who sends no line until the limit is told so. The connection ends, and the log says so."""
    with caplog.at_level("INFO"), running(idle_timeout=0.2) as server:
        peer = peers(server)
        assert peer.line() == "长时间未使用，连接中断"
        assert peer.rest() == b""
    assert f"{peer.addr} 中断连接" in caplog.messages


@pytest.mark.parametrize(("seconds", "watched"), [(Settings().idle_timeout, True), (0.0, False)])
def test_the_idle_limit_is_a_setting(seconds: float, watched: bool) -> None:
    """It is 10 seconds by default. With 0 there is no thread that could disconnect anybody."""
    assert Settings().idle_timeout == 10.0
    with running(idle_timeout=seconds):
        assert ("watchdog" in {thread.name for thread in threading.enumerate()}) == watched


def test_an_empty_line_is_a_heartbeat_only(trio: Trio) -> None:
    """It gets its receipt, and nobody else hears of it."""
    assert trio[0].ask("") == []
    trio[0].say("next")
    assert trio[1].line() == trio[0].prefix + "next"


@pytest.mark.parametrize("line", ["to", "rename", "who is there", " who", "WHO", "To bob hi"])
def test_talk_is_never_swallowed(trio: Trio, line: str) -> None:
    """A line that only resembles a command is said to everyone."""
    trio[0].say(line)
    assert trio[1].line() == trio[0].prefix + line


def test_an_unknown_command_is_not_said(trio: Trio) -> None:
    """Its sender is told of `/help`, and nobody else hears of it."""
    assert trio[0].ask("/nothing at all") == ["未知命令，输入 /help 查看帮助"]
    trio[0].say("//next")
    assert trio[1].line() == trio[0].prefix + "/next"


def test_help_names_every_command(connect: Connect) -> None:
    """The answer to `/help` has everything that can be typed."""
    answer = "\n".join(connect().ask("/help"))
    assert all(command in answer for command in ("who", "rename", "to", "/help", "/quit", "//"))


def test_quit_gives_the_receipt_then_the_end(connect: Connect) -> None:
    """`/quit` gets its receipt like any line before the connection ends."""
    peer = connect()
    peer.say("/quit")
    assert peer.rest() == b"I'm live\n"


def test_telnet_is_answered_in_its_own_line_ends(trio: Trio) -> None:
    """The server's lines to a peer end in CR LF from the peer's first CR LF on. Other peers still get LF."""
    first, second, _ = trio
    first.say("one")
    assert first.raw_line() + first.raw_line() == f"{first.prefix}one\nI'm live\n".encode()
    first.send(b"two\r\n")
    assert first.raw_line() + first.raw_line() == f"{first.prefix}two\r\nI'm live\r\n".encode()
    second.say("three")
    assert first.raw_line() == f"{second.prefix}three\r\n".encode()
    assert second.lines(3) == [first.prefix + "one", first.prefix + "two", second.prefix + "three"]
