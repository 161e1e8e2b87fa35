"""What a history knows of rooms."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from server.chat.events import Joined, Left, Said
from server.chat.kinds import Event, Own
from server.chat.moves import Entered
from server.chat.restoring import Departed
from server.history import index, reading
from server.history.export import export
from server.history.history import History
from server.history.schema import FORMAT
from server.storage.file import File, connect
from server.wire.values import Values

from ...support.chatting import NOW
from .keeping import keep, place, rows, server


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.db"


def lines(at: int, room: str, *texts: str) -> list[Said]:
    """Return what somebody has said in a room, from the place `at` on."""
    events = [Said(NOW, "bob", "b:1", text, room=room) for text in texts]
    place(at, *events)
    return events


def plain(events: list[Event]) -> list[str]:
    """Return the texts of events, without the wrapping of own lines."""
    return [(event.event if isinstance(event, Own) else event).line() for event in events]


def test_what_was_said_last_in_a_room(path: Path) -> None:
    """Each room has its own past, whatever was said elsewhere in between."""
    keep(path, lines(11, "", "a one"), lines(12, "go", "b one", "c two"), lines(14, "", "d two"), lines(15, "tea", "e"))
    history = History(path)
    for room, texts in (("", ["a one", "d two"]), ("go", ["b one", "c two"]), ("tea", ["e"]), ("none", [])):
        found = history.last(10, 1000, room)
        assert [event.text for event in found if isinstance(event, Said)] == texts
        assert all(event.room == room for event in found)
        assert history.last(1, 1000, room) == found[-1:]
    assert [event.line() for event in history.search("two", 10, 1000, "go")] == ["[b:1]bob:c two"]
    assert [event.line() for event in history.search("two", 10, 1000)] == ["[b:1]bob:d two"]
    history.stop()


def test_the_index_knows_nothing_of_rooms_and_a_search_does(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lines of other rooms are left out, however many there are between those that are looked for."""
    monkeypatch.setattr(index, "CHUNK", 20)
    batches = [lines(10 * number + 1, "go" if number % 50 == 7 else "", f"word {number}") for number in range(600)]
    keep(path, *batches)
    with contextlib.closing(connect(path, "rw")) as connection:
        while index.extend(connection):
            pass
        assert connection.execute("SELECT indexed FROM state").fetchone() > (3000,)
        found = index.search(connection, "word", 20, 10**6, "go")
    assert [event.line() for event in found] == [f"[b:1]bob:word {number}" for number in range(7, 600, 50)]


def test_the_past_of_a_small_room_is_found_by_its_index(path: Path) -> None:
    """A room in which little is said need not read what was said in all the others."""
    keep(path, lines(11, "go", "x"))
    with File(path, FORMAT).reading() as connection:
        statement = f"EXPLAIN QUERY PLAN {reading._TALK} {reading._IN_ROOM} ORDER BY at DESC LIMIT 5"
        plan = connection.execute(statement, {"after": 0, "until": 100, "room": "go"}).fetchall()
    assert any("talk_by_room" in str(row) for row in plan)


def test_a_program_comes_back_into_its_room_after_a_restart(path: Path) -> None:
    """It is told what both rooms have said while it was there, out of the file, and who was there is told to have left."""
    with server(path, remember=0) as kept:
        kept.join(1, "a:1", "alice")
        kept.join(2, "b:2", "bob")
        kept.say(2, "/join go")
        hello = kept.open(3, "c:3", "/json carol")
        kept.say(1, "lobby one")
        kept.say(3, "/join go")
        kept.say(1, "lobby two")
        kept.say(2, "go one")
    assert rows(path, "SELECT name, room FROM online ORDER BY name") == [("alice", ""), ("bob", "go"), ("carol", "go")]
    with server(path, 2_000_000, remember=0) as kept:
        assert sorted(kept.history.restored.online) == [
            ("alice", "a:1", ""),
            ("bob", "b:2", "go"),
            ("carol", "c:3", "go"),
        ]
        kept.apply(*(Departed(0, NOW, *one) for one in kept.history.restored.online))
        back = kept.open(4, "d:4", f"/resume {hello.session} {hello.at}")
        assert back.room == "go"
        heard = plain(kept.values(4))
        assert heard == [
            *("[c:3]carol:已上线", "[a:1]alice:lobby one", "[c:3]carol:进入 go", "[b:2]bob:go one"),
            *("[b:2]bob:下线", "[c:3]carol:下线", "[d:4]carol:已上线"),
        ]


def test_events_are_restored_with_their_rooms(path: Path) -> None:
    """Of every kind. Those of the lobby are stored without a room, beside others of their kind with one."""
    events = place(
        11,
        Joined(NOW, "bob", "b:1"),
        Entered(NOW, "bob", "b:1", room="go", session="s", number=1),
        Said(NOW, "bob", "b:1", "x", room="go"),
        Said(NOW, "eve", "e:1", "y"),
        Left(NOW, "bob", "b:1", "quit", room="go"),
    )
    keep(path, events)
    history = History(path)
    assert history.restored.events == events
    assert [event.room for event in history.restored.events] == ["", "go", "go", "", "go"]
    history.stop()


def test_an_export_says_in_which_room_it_was(path: Path) -> None:
    """In text in front of the line, in JSON as a field."""
    keep(path, lines(11, "", "one"), lines(12, "茶馆", "two"))
    assert [line.split(" ", 2)[2] for line in export(path, "text", Values().encode)] == [
        "[b:1]bob:one",
        "(茶馆) [b:1]bob:two",
    ]
    assert ['"room":"茶馆"' in line for line in export(path, "json", Values().encode)] == [False, True]
