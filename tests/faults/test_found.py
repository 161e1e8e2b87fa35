"""Faults that the simulation has found, each as small as it can be."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from server.chat.archive import Gap
from server.chat.entries import Join, Say
from server.chat.events import Done
from server.chat.past import missed
from server.chat.restoring import open_room
from server.chat.sessions import Session
from server.commands.sessions import Expire
from server.history.history import History
from server.log.subscriber import Batch

from ..support.chatting import COMMANDS, NOW, Chat
from ..support.session_peer import SessionPeer
from ..support.simulation_server import VALUES

ROOT = Path(__file__).parents[2]


def objects(chat: Chat, number: int) -> bytes:
    """Return what a program is told, since the last call."""
    return b"".join(map(VALUES.encode, chat.values(number)))


def test_a_json_that_comes_late_has_no_number() -> None:
    """A program that is in already and asks for values and a name that is taken is told so, for no line of its own."""
    chat = Chat()
    chat.join(1, "1.1.1.1:1", "bob")
    chat.join(2, "2.2.2.2:2")
    chat.say(2, "/json bob")
    done = [event for event in chat.values(2) if isinstance(event, Done)]
    assert [(event.code, event.number) for event in done] == [("name_taken", None)]


def test_a_resume_that_comes_late_is_not_taken_for_the_last_line() -> None:
    """A program takes its name over on a new connection. That was not caused by the last line that it had sent before."""
    chat = Chat()
    peer = SessionPeer("bob")
    chat.apply(Join(1, NOW, "1.1.1.1:1", COMMANDS.parse(1, NOW, peer.connect().decode().strip())))  # type: ignore[arg-type]
    sent = peer.receive(objects(chat, 1)) + peer.type("hello")
    chat.say(1, *sent.decode().splitlines())
    peer.receive(objects(chat, 1))
    assert peer.typed[0].heard == 1
    chat.leave(1)
    chat.join(2, "2.2.2.2:2")
    chat.say(2, peer.connect().decode().strip())
    peer.receive(objects(chat, 2))
    assert [event.value["type"] for event in peer.heard()][-1] == "renamed"
    assert peer.typed[0].heard == 1
    assert peer.faults == []


def test_a_new_process_reads_every_kind_of_event(tmp_path: Path) -> None:
    """A command's own kind of event is read again by a process in which nobody has asked for the commands yet."""
    room = Chat().room
    told = room.apply([Join(1, NOW, "1.1.1.1:1"), COMMANDS.parse(1, NOW, "/me waves")])
    path = tmp_path / "history"
    with History(path) as history:
        history.record(Batch([], told, {}, NOW))
    script = "import sys; from server.history.history import History; h = History(sys.argv[1]); h.stop(); " + (
        "print(*(event.type for event in h.restored.events))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.split() == ["joined", "emote"]


def test_what_was_never_written_is_a_gap_for_all_lives_after_it(tmp_path: Path) -> None:
    """A server is stopped in order, the next is killed before it has written anything. The third one knows of that."""
    path = tmp_path / "history"
    for start in (100, 300):
        with History(path) as history:
            room = open_room(start, history, history.restored, 10, 0)
            told = room.apply([Join(1, NOW, "1.1.1.1:1")])
            history.record(Batch([], told, {}, NOW))
        if start == 100:
            History(path)._writer.close(is_clean=False)  # it has told its users of the places from 201 on
    with History(path) as history:
        assert [event.after for event in history.between(202, 301) if isinstance(event, Gap)] == [101]


def test_a_session_that_ends_is_the_first_that_is_written(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A server goes on, and nobody comes before a session has expired. So the first batch has no events."""
    path = tmp_path / "history"
    with History(path) as history:
        room = open_room(100, history, history.restored, 10, 0)
        told = room.apply([Join(1, NOW, "1.1.1.1:1", COMMANDS.parse(1, NOW, "/json"))])  # type: ignore[arg-type]
        history.record(Batch([], told, {}, NOW))
    with History(path) as history:
        room = open_room(200, history, history.restored, 10, 0)
        (digest, session), *_ = room.sessions.held.items()
        history.record(Batch([], room.apply([Expire(0, NOW, digest, session.held_since)]), {}, NOW))
    with History(path) as history:
        assert history.restored.sessions == []
    assert caplog.text == ""


def test_what_was_lost_in_a_kill_is_a_gap_even_if_nothing_is_remembered(tmp_path: Path) -> None:
    """A program has heard what was not written. The next server has forgotten more than it has, and written nothing."""
    path = tmp_path / "history"
    with History(path) as history:
        room = open_room(100, history, history.restored, 0, 0)
        history.record(Batch([], room.apply([Join(1, NOW, "1.1.1.1:1")]), {}, NOW))
    history = History(path)
    room = open_room(300, history, history.restored, 0, 0)
    room.apply([Join(1, NOW, "2.2.2.2:2"), Say(1, NOW, "new")])
    room.apply([])
    first, *_ = missed(room.memory, history, Session("x", "x", "x", "2.2.2.2:2"), 102)
    history.stop()
    assert first == Gap(101)
