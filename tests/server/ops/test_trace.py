"""The trace, by value and in the program."""

from __future__ import annotations

import re
import sys

import pytest

from server.chat.entries import Close, Leave, Say
from server.log.broadcaster import Broadcaster
from server.ops.trace import Trace

from ...support.chatting import COMMANDS
from ...support.peers import Peer, spawn
from ...support.pretend import PretendOutbox, pretend_user


@pytest.fixture
def lines() -> list[str]:
    return []


@pytest.fixture
def broadcaster(lines: list[str]) -> Broadcaster:
    """A broadcaster with three users, whose trace goes into `lines`."""
    broadcaster = Broadcaster([Trace(lines.append)])
    for number in (1, 2, 3):
        broadcaster.online(pretend_user(number, f"a:{number}"))
    broadcaster._fan_out(broadcaster.message.get_all())
    assert [line.split(": ", 1)[0].split(" ", 1)[1] for line in lines[:3]] == [
        "handler a:1",
        "handler a:2",
        "handler a:3",
    ]
    lines.clear()
    return broadcaster


def deliver(broadcaster: Broadcaster, lines: list[str]) -> list[str]:
    """Deliver what waits, and return the trace without its times."""
    broadcaster._fan_out(broadcaster.message.get_all())
    found = [re.sub(r"^\d\d:\d\d:\d\d\.\d{3} |[0-9.]+ ms", "", line) for line in lines]
    lines.clear()
    return found


def test_a_line_is_followed_to_its_readers(broadcaster: Broadcaster, lines: list[str]) -> None:
    """The trace says which thread read it, how many entries were taken together, and to how many users they went."""
    broadcaster.broadcast([Say(1, 0.0, "大家好"), COMMANDS.parse(2, 0.0, "who"), COMMANDS.parse(3, 0.0, "")])
    assert deliver(broadcaster, lines) == [
        "handler a:1: read '大家好', Say -> log",
        "handler a:2: read a command, Who -> log",
        "handler a:3: read an empty line, Alive -> log",
        "broadcaster: took 3 entries at once from the log, after ",
        "broadcaster: sent to 3 users in , nobody had to wait",
    ]


def test_a_reply_is_sent_to_one(broadcaster: Broadcaster, lines: list[str]) -> None:
    """The trace says that nobody else was told anything."""
    broadcaster.broadcast([COMMANDS.parse(2, 0.0, "who")])
    assert deliver(broadcaster, lines)[-1] == "broadcaster: sent to 1 user in , nobody had to wait"


def test_a_reader_that_has_to_wait_is_named(broadcaster: Broadcaster, lines: list[str]) -> None:
    """The trace says how much waits for it, and which thread will send that."""
    outbox = broadcaster.users()[1].outbox
    assert isinstance(outbox, PretendOutbox)
    outbox.lag.waiting = 4096
    broadcaster.broadcast([Say(1, 0.0, "x")])
    assert deliver(broadcaster, lines)[-1] == (
        "broadcaster: sent to 3 users in ; had to wait: a:2 (4096 bytes, writer a:2)"
    )


def test_coming_and_going_are_entries_too(broadcaster: Broadcaster, lines: list[str]) -> None:
    """The trace shows them, and the stop, which the main thread puts into the log."""
    broadcaster.offline([Leave(1, 0.0, "lost")])
    broadcaster.broadcast([Close(0, 0.0)])
    assert deliver(broadcaster, lines)[:2] == [
        "handler a:1: read the end, Leave (lost) -> log",
        "main: stops the server, Close -> log",
    ]


def test_the_flag_shows_it_on_standard_error() -> None:
    """The trace of a line is there as soon as its receipt is."""
    with spawn([sys.executable, "-m", "server", "--port", "0", "--trace"]) as process:
        assert process.stderr
        peer = Peer(int(process.stderr.readline().split()[-1]))
        peer.ask("hi")
        while "read 'hi', Say -> log" not in (line := process.stderr.readline()):
            assert line
        assert line.split()[1:3] == ["handler", f"{peer.addr}:"]
        peer.close()
