"""What a history keeps over a restart, and what it knows of the time before."""

from __future__ import annotations

import contextlib
import sqlite3
import sys
from pathlib import Path

import pytest

from server.chat.archive import Gap, Restored
from server.chat.entries import Join, Leave
from server.chat.events import Joined, Left, Said, Whispered
from server.chat.for_programs import Refused, Renamed
from server.chat.sessions import Session, digest_of
from server.history import history as module
from server.history import reading
from server.history.history import History
from server.history.waiting import Waiting

from ...support.chatting import NOW
from .keeping import START, Pretend, Progress, batch, keep, lines, place, rows, server, texts

TOKEN = "t" * 32
OTHER = "u" * 32
LATER = START + 1000  # where the next life of the server begins


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.db"


def restored(path: Path, remember: int = 1000) -> Restored:
    """Return what a server would begin with."""
    history = History(path, remember)
    history.stop()
    return history.restored


def between(path: Path, after: int, until: int) -> list[object]:
    """Return what the archive yields, from a server that has just been started: texts, and the places of gaps."""
    history = History(path)
    found = list(history.between(after, until))
    history.stop()
    return [event.after if isinstance(event, Gap) else getattr(event, "text", event.type) for event in found]


def test_a_new_file_knows_nothing(path: Path) -> None:
    """Whatever is asked, the answer is that everything is missing."""
    history = History(path)
    assert history.restored == Restored()
    assert (history.stored, list(history.between(0, 5)), list(history.between(5, 5))) == (0, [Gap(0)], [])
    assert (list(history.last(20, 5)), list(history.search("x", 20, 5))) == ([], [])
    history.stop()


def test_everything_is_there_after_a_restart(path: Path) -> None:
    """Each event at its place, with all that belongs to it."""
    with server(path) as room:
        room.join(1, "a:1", "alice")
        room.open(2, "b:1", "/json bob")
        room.say(2, "大家好", "/me waves", "rename", "to alice psst")
        room.say(1, "hi", "to bob tsst")
        room.leave(1, "quit")
        expected = room.room.memory.since(0)
    found = restored(path)
    assert found.events == expected
    assert [event.at for event in found.events] == [event.at for event in expected]
    assert {type(event).__name__ for event in expected} >= {"Joined", "Renamed", "Said", "Emoted", "Whispered", "Left"}
    assert (found.end, found.forgotten) == (expected[-1].at, START)
    with server(path, LATER) as room:
        assert room.room.memory.since(0) == expected
        room.join(3, "c:1")
    assert [event.at for event in restored(path).events] == [*(event.at for event in expected), LATER + 1]


def test_only_the_last_events_are_restored(path: Path) -> None:
    """The memory says what it has forgotten, and the archive knows that."""
    keep(path, lines(11, *"abcde"))
    found = restored(path, 3)
    assert (texts(found.events), found.forgotten, found.end) == (["c", "d", "e"], 12, 15)
    assert between(path, 10, found.forgotten) == ["a", "b"]
    found = restored(path, 0)
    assert (found.events, found.forgotten, found.end) == ([], 15, 15)


def test_between_yields_everything_in_order(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many statements that takes, and from whichever table an event comes."""
    monkeypatch.setattr(reading, "CHUNK", 3)
    monkeypatch.setattr(module, "REST_OF_READERS", 0.0)
    events = []
    for number in range(10):
        events += [
            Said(NOW, "bob", "b:1", f"{number}a"),
            Joined(NOW, "x", "x:1"),
            Whispered(NOW, "x", "y", f"{number}b", "d1"),
            Left(NOW, "x", "x:1", "quit"),
        ]
    keep(path, Pretend(place(11, *events), {"d1": Session("d1", "y", "y", "y:1")}))
    history = History(path)
    assert list(history.between(10, 50)) == events
    for after in range(10, 51):
        for until in range(after, 51):
            assert list(history.between(after, until)) == events[after - 10 : until - 10]
    history.stop()


def test_what_is_not_yet_written_is_a_gap(path: Path) -> None:
    """The archive says how far it knows, and the memory of the room has the rest."""
    keep(path, lines(11, "a", "b"))
    history = History(path)
    history.record(batch(Pretend(lines(13, "c"))))
    assert history.stored == 12
    assert [*texts(list(history.between(10, 12)))] == ["a", "b"]
    found = list(history.between(10, 13))
    assert found == [*lines(11, "a", "b"), Gap(12)]
    assert list(history.between(12, 13)) == [Gap(12)]
    assert texts(history.last(20, 13)) == ["a", "b"]
    assert texts(history.search("c", 20, 13)) == []
    history.stop()


def test_what_is_written_is_known_at_once(path: Path) -> None:
    """Also by somebody who began to read before it was."""
    history = History(path)
    progress = Progress(history)
    with history:
        history.record(batch(Pretend(lines(11, "a", "b"))))
        progress.wait(12)
        reader = history.between(10, 13)
        assert texts([next(reader)]) == ["a"]
        history.record(batch(Pretend(lines(13, "c"))))
        progress.wait(13)
        assert history.stored == 13
        assert texts(list(reader)) == ["b", "c"]
        assert texts(history.last(2, 13)) == ["b", "c"]
        assert texts(history.search("c", 20, 13)) == ["c"]


def test_a_reader_that_is_dropped_leaves_nothing_open(path: Path) -> None:
    """In the middle of what it reads; the fixture of all tests looks for open files."""
    keep(path, lines(11, *map(str, range(2000))))
    history = History(path)
    readers = [history.between(10, 2010) for _ in range(50)]
    assert texts([next(reader) for reader in readers]) == ["0"] * 50
    del readers
    history.stop()


def test_last_is_talk_only(path: Path) -> None:
    """Up to a place, oldest first."""
    talk = lines(11, "a", "b", "c")
    keep(path, [*talk, *place(14, Joined(NOW, "x", "x:1"), Left(NOW, "x", "x:1", "quit"))], lines(16, "d"))
    history = History(path)
    assert texts(history.last(2, 100)) == ["c", "d"]
    assert texts(history.last(20, 100)) == ["a", "b", "c", "d"]
    assert texts(history.last(2, 15)) == ["b", "c"]
    assert texts(history.last(0, 15)) == []
    history.stop()


def test_before_the_file_begins_everything_is_missing(path: Path) -> None:
    """There may have been a server without a history."""
    keep(path, lines(11, "a", "b"))
    assert between(path, 3, 12) == [3, "a", "b"]
    assert between(path, 3, 5) == [3]
    assert between(path, 10, 12) == ["a", "b"]


def test_after_a_stop_nothing_is_missing(path: Path) -> None:
    """Although the places of the next server begin somewhere else."""
    keep(path, lines(11, "a", "b"))
    assert restored(path).end == 12  # by a server that ends before it has begun
    keep(path)  # and by one that nobody comes to
    keep(path, lines(101, "c"))
    assert between(path, 10, 101) == ["a", "b", "c"]
    assert between(path, 50, 101) == ["c"]
    assert restored(path).forgotten == 10


def test_after_a_killed_server_what_was_not_written_is_missing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has heard of it is told so. Nobody else is: whoever said it is told that it was not taken."""
    with monkeypatch.context() as patch:
        patch.setattr("server.history.writing.finish", lambda connection: None)
        keep(path, lines(11, "a", "b"))
    keep(path, lines(101, "c"))
    keep(path, lines(201, "d"))
    assert between(path, 10, 201) == ["a", "b", "c", "d"]
    assert between(path, 12, 201) == ["c", "d"]
    assert between(path, 14, 201) == [12, "c", "d"]
    assert between(path, 100, 201) == ["c", "d"]
    found = restored(path)
    assert (texts(found.events), found.forgotten) == (["a", "b", "c", "d"], 10)


def test_more_than_may_wait_becomes_a_hole(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """In the order of everything else, with what the sessions and the online list need to be right."""
    history = History(path, waiting=Waiting(4))
    session = Session("d1", "bob", "bob", "b:1", 1)
    history.record(batch(Pretend(lines(11, "a", "b"), {"d1": session})))
    session.line = 7
    moves = place(13, Joined(NOW, "x", "x:1"), Joined(NOW, "y", "y:1"), Left(NOW, "x", "x:1", "quit"))
    history.record(batch(Pretend(moves, {"d1": session})))
    history.record(batch(Pretend(lines(16, "c", "d", "e", "f", "g"))))
    history.record(batch(Pretend(lines(21, "h"))))
    with history:
        pass
    assert caplog.messages == ["history: missing events: 8, because too much had to wait"]
    assert between(path, 10, 21) == ["a", "b", 12, "h"]
    assert between(path, 12, 21) == [12, "h"]
    assert between(path, 15, 21) == [12, "h"]
    assert between(path, 10, 16) == ["a", "b", 12]
    assert between(path, 20, 21) == ["h"]
    found = restored(path)
    assert (texts(found.events), found.forgotten, found.online) == (["h"], 20, [("y", "y:1", "")])
    assert [(one.digest, one.line) for one in found.sessions] == [("d1", 7)]


def test_missing_events_are_counted_in_few_lines_of_the_log(
    path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often more has to wait than may: the first time at once, the rest together."""
    monkeypatch.setattr("server.history.writer.REPORT_PAUSE", 1e9)
    history = History(path, waiting=Waiting(0))
    progress = Progress(history)
    with history:
        for at in range(11, 31, 2):
            history.record(batch(Pretend(lines(at, "a", "b"))))
            progress.wait(at + 1)
    assert caplog.messages == [
        "history: missing events: 2, because too much had to wait",
        "history: missing events: 18, because too much had to wait",
    ]


def test_holes_between_chunks_are_seen_once(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the chunks end."""
    with monkeypatch.context() as patch:
        patch.setattr("server.history.writing.finish", lambda connection: None)
        for start in range(100, 1000, 100):
            keep(path, lines(start, "a", "b", "c", "d"))
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE holes SET events = 7")
    expected = [part for start in range(100, 1000, 100) for part in ("a", "b", "c", "d", start + 3)][:-1]
    for chunk in range(1, 11):
        monkeypatch.setattr(reading, "CHUNK", chunk)
        assert between(path, 99, 903) == expected


def test_sessions_wait_for_their_programs(path: Path) -> None:
    """With their names and lines; whichever lost its connection first comes first. One that has ended is gone."""
    with server(path) as room:
        for number, name in enumerate(("ann", "bob", "cid", "dan"), 1):
            room.open(number, f"{name}:1", f"/json {name}")
            room.say(number, *["x"] * number)
        room.say(2, "rename ben")
        room.leave(3, "lost")
        room.leave(2, "lost")
        room.leave(4, "quit")
        digests = [room.room.members[1].session, *room.room.sessions.held.values()]
    found = restored(path)
    assert [(one.name, one.key, one.addr, one.line, one.member) for one in found.sessions] == [
        ("cid", "cid", "cid:1", 3, 0),
        ("ben", "ben", "bob:1", 3, 0),
        ("ann", "ann", "ann:1", 1, 0),
    ]
    assert {one.digest for one in found.sessions} == {one.digest for one in digests if one}
    assert not any(one.token or one.ended for one in found.sessions)


def test_no_token_is_kept(path: Path) -> None:
    """Whoever reads the file cannot take a session over."""
    with server(path) as room:
        hello = room.open(1, "a:1", "/json ann")
        room.say(1, "x", "to ann psst")
    data = path.read_bytes()
    assert digest_of(hello.session).encode() in data
    assert hello.session.encode() not in data


def test_a_session_goes_on_after_a_restart(path: Path) -> None:
    """It has heard everything, and knows which of its lines were taken."""
    with server(path) as room:
        hello = room.open(1, "a:1", "/json ann")
        room.join(2, "b:1", "bob")
        room.say(1, "one", "two")
        heard = room.room.memory.end
        room.say(2, "three", "to ann psst")
    with server(path, LATER) as room:
        again = room.open(7, "c:1", f"/resume {hello.session} {heard}")
        assert (again.name, again.taken) == ("ann", 2)
        assert [event.line() for event in room.values(7) if not isinstance(event, Joined)] == [
            "[b:1]bob:three",
            "bob: psst",
        ]


def test_whoever_was_online_is_known(path: Path) -> None:
    """Under the present name."""
    with server(path) as room:
        room.join(1, "a:1", "alice")
        room.join(2, "b:1")
        room.apply(Join(3, NOW, "c:1"), Leave(3, NOW, "lost"))
        room.say(1, "rename ann")
    assert sorted(restored(path).online) == [("ann", "a:1", ""), ("b:1", "b:1", "")]
    keep(path, place(LATER, Left(NOW, "ann", "a:1", "closing"), Left(NOW, "b:1", "b:1", "closing")))
    assert restored(path).online == []


def whispers(path: Path) -> list[str]:
    return [text for (text,) in rows(path, "SELECT text FROM private ORDER BY at")]


def test_private_words_are_kept_as_long_as_a_session_may_need_them(path: Path) -> None:
    """Both sender and receiver may. When neither is there any more, nothing is left in the file."""
    both = Whispered(NOW, "ann", "bob", "secret-both", "d2", session="d1", number=1)
    one = Whispered(NOW, "ann", "cid", "secret-one", session="d1", number=2)
    other = Whispered(NOW, "cid", "bob", "secret-other", "d2")
    refused = Refused(NOW, "secret-refused", "name_taken", session="d2", number=1)
    nobody = Whispered(NOW, "cid", "dan", "secret-nobody")
    sessions = {"d1": Session("d1", "ann", "ann", "a:1"), "d2": Session("d2", "bob", "bob", "b:1")}
    keep(path, Pretend(place(11, both, one, other, refused, nobody), sessions))
    assert whispers(path) == ["secret-both", "secret-one", "secret-other", "secret-refused"]
    sessions["d1"].ended = True
    keep(path, Pretend([], {"d1": sessions["d1"]}))
    assert whispers(path) == ["secret-both", "secret-other", "secret-refused"]
    sessions["d2"].ended = True
    keep(path, Pretend(lines(16, "a"), {"d2": sessions["d2"]}))
    assert whispers(path) == []
    assert b"secret" not in path.read_bytes()


def test_private_words_of_nobody_are_deleted_at_the_next_start(path: Path) -> None:
    """Whatever has left them there."""
    keep(path, Pretend(place(11, Whispered(NOW, "ann", "bob", "psst", "d9"))))
    assert whispers(path) == ["psst"]
    keep(path, lines(21, "a"))
    assert whispers(path) == []


def test_private_words_are_never_found(path: Path) -> None:
    """Neither by /last nor by /search."""
    word = Whispered(NOW, "ann", "bob", "psst", "d1")
    keep(path, Pretend([*place(11, word), *lines(12, "a")], {"d1": Session("d1", "bob", "bob", "b:1")}))
    history = History(path)
    assert list(history.between(10, 12)) == [word, *lines(12, "a")]
    assert (texts(history.last(20, 99)), texts(history.search("psst", 20, 99))) == (["a"], [])
    history.stop()


def test_a_batch_is_one_transaction(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However large it is; smaller ones are written together. So lines and sessions always agree."""
    monkeypatch.setattr(module, "MOST_TOGETHER", 5)
    history = History(path)
    progress = Progress(history)
    sizes = [2, 2, 3, 9, 1, 4, 5]
    at = 11
    for size in sizes:
        history.record(batch(Pretend(lines(at, *"abcdefghi"[:size]))))
        at += size
    with history:
        pass
    ends = [progress._places.get_nowait() for _ in range(progress._places.qsize())]
    assert ends == [14, 17, 26, 31, 36]


def test_an_event_that_cannot_be_written_is_left_out(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A bug in one command must not cost what others say."""
    history = History(path)
    history.record(batch(Pretend(lines(11, "a"), {"d1": Session("d1", "bob", "bob", "b:1", 1)})))
    bad = Said(NOW, "bob", "b:1", "b", session="d1", number=1 << 70)
    history.record(batch(Pretend([*place(12, bad), *lines(13, "c")], {"d1": Session("d1", "bob", "bob", "b:1", 2)})))
    history.record(batch(Pretend(lines(14, "d"))))
    with history:
        pass
    assert between(path, 10, 14) == ["a", 11, "d"]
    assert [one.line for one in restored(path).sessions] == [2]
    assert caplog.messages == ["history: a bug; missing events: 2"]


def test_a_thread_that_dies_does_not_stop_the_chat(
    path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is logged, and what is handed over afterwards takes no memory."""
    history = History(path)
    monkeypatch.setattr(history._writer, "write", lambda parts: 1 // 0)
    history.record(batch(Pretend(lines(11, "a"))))
    assert history.trouble == ""
    with history:
        history._thread.join()
        assert history.trouble == "its thread has died of a bug"
        history.record(batch(Pretend(lines(12, "b"))))
        assert list(history.between(10, 12)) == [Gap(10)]
    assert "died of a bug" in caplog.messages[0]
    assert history._waiting.pause(0)
    assert (restored(path).end, sys.exc_info()[0]) == (0, None)


def test_renamed_is_known_by_both_names(path: Path) -> None:
    """So that a resumed program can follow."""
    keep(path, place(11, Renamed(NOW, "b:1", "bob", "b:1")))
    (event,) = restored(path).events
    assert event == Renamed(NOW, "b:1", "bob", "b:1")
