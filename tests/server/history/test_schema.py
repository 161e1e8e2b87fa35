"""Which files can be a history, and how those of an older version become one."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from server.chat.kept import Stored
from server.history import schema
from server.history.export import export
from server.history.history import History
from server.history.schema import HistoryError
from server.wire.values import Values

from .keeping import keep, lines, rows, server, texts


@pytest.mark.parametrize("text", ["hello", "课程表\n周一\t数学\r\n" * 20, "#!/bin/sh\n"])
def test_a_text_file_is_not_touched(tmp_path: Path, text: str) -> None:
    """It is not a damaged history. Somebody has mistyped its name."""
    path = tmp_path / "notes.txt"
    path.write_bytes(text.encode())
    with pytest.raises(HistoryError, match="notes.txt: it is a text file"):
        History(path)
    assert path.read_bytes() == text.encode()


VERSION_1 = """
CREATE TABLE talk (
    at INTEGER PRIMARY KEY, type TEXT NOT NULL, time REAL NOT NULL, name TEXT, addr TEXT, text TEXT, more TEXT,
    session TEXT NOT NULL DEFAULT '', number INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE moves (
    at INTEGER PRIMARY KEY, type TEXT NOT NULL, time REAL NOT NULL, name TEXT, addr TEXT, text TEXT, more TEXT,
    session TEXT NOT NULL DEFAULT '', number INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE private (
    at INTEGER PRIMARY KEY, type TEXT NOT NULL, time REAL NOT NULL, name TEXT, addr TEXT, text TEXT, more TEXT,
    session TEXT NOT NULL DEFAULT '', number INTEGER NOT NULL DEFAULT 0, receiver TEXT NOT NULL DEFAULT ''
);
CREATE INDEX private_by_session ON private (session);
CREATE INDEX private_by_receiver ON private (receiver);
CREATE TABLE holes (after INTEGER PRIMARY KEY, until INTEGER NOT NULL, events INTEGER);
CREATE TABLE sessions (
    digest TEXT PRIMARY KEY, name TEXT NOT NULL, addr TEXT NOT NULL, line INTEGER NOT NULL, held INTEGER NOT NULL
);
CREATE TABLE online (name TEXT PRIMARY KEY, addr TEXT NOT NULL);
CREATE TABLE state (start INTEGER, indexed INTEGER NOT NULL, clean INTEGER NOT NULL);
INSERT INTO state VALUES (10, 0, 1);
INSERT INTO moves VALUES (11, 'joined', 5.5, 'bob', 'b:1', NULL, NULL, '', 0);
INSERT INTO talk VALUES (12, 'said', 6.5, 'bob', 'b:1', 'old', NULL, 'd1', 3);
INSERT INTO private VALUES (13, 'whisper', 7.5, 'bob', NULL, 'psst', '{"to": "eve"}', 'd1', 4, 'd2');
INSERT INTO sessions VALUES ('d1', 'bob', 'b:1', 4, 0);
INSERT INTO online VALUES ('bob', 'b:1');
PRAGMA application_id = 0x63686174;
PRAGMA user_version = 1;
"""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A file as the first version of this server has left it."""
    path = tmp_path / "history.db"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.executescript(VERSION_1)
    return path


def test_a_file_of_version_1_is_brought_up_to_date(old: Path) -> None:
    """With all that is in it. What comes then is written beside it, and is there after the next start."""
    with server(old, start=100) as kept:
        assert [event.line() for event in kept.room.memory.since(0)] == ["[b:1]bob:已上线", "[b:1]bob:old", "bob: psst"]
        assert kept.history.restored.online == [("bob", "b:1", "")]
        (session,) = kept.room.sessions.held.values()
        assert (session.name, session.line, session.kept.dump()) == ("bob", 4, "")
        kept.join(1, "a:1", "alice")
        kept.say(1, "new")
    assert rows(old, "SELECT user_version FROM pragma_user_version") == [(schema.VERSION,)]
    assert rows(old, "SELECT text, room FROM talk ORDER BY at") == [("old", ""), ("new", "")]
    with server(old, start=200) as kept:
        assert [event.line() for event in kept.history.search("bob old", 5, 1000)] == ["[b:1]bob:old"]


def test_a_file_of_version_1_is_exported_as_it_is(old: Path) -> None:
    """Whoever only reads changes nothing."""
    before = old.read_bytes()
    assert [line.partition(" ")[2].partition(" ")[2] for line in export(old, "text", Values().encode)] == [
        *("[b:1]bob:已上线", "[b:1]bob:old")
    ]
    assert old.read_bytes() == before


def test_a_file_of_version_1_that_cannot_be_written_is_read(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Because the disk is full, say. Its sessions are restored, and it is brought up to date later."""

    def fail(connection: sqlite3.Connection) -> None:
        raise sqlite3.OperationalError("disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(schema, "_migrate", fail)
        history = History(old)
        assert [session.name for session in history.restored.sessions] == ["bob"]
        history.stop()
    keep(old, lines(101, "new"))
    history = History(old)
    history.stop()
    assert texts(history.restored.events)[:2] == ["<joined>", "old"]


def test_a_half_done_change_is_undone(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next server begins again with the file as it was."""
    before = rows(old, "SELECT sql FROM sqlite_master")
    with monkeypatch.context() as patch:
        patch.setattr(schema, "_BY_ROOM", "")
        patch.setattr(schema, "_UPGRADE", schema._UPGRADE + "CREATE TABLE talk (x);")
        History(old).stop()
    assert rows(old, "SELECT sql FROM sqlite_master") == before
    keep(old, lines(101, "new"))
    assert rows(old, "SELECT user_version FROM pragma_user_version") == [(schema.VERSION,)]


class Mood(Stored):
    """What a family keeps of a program over a restart."""

    key = "mood"
    text = ""

    def dump(self) -> object:
        return self.text or None

    def load(self, value: Any) -> None:
        self.text = str(value)


def test_what_families_keep_of_a_session_is_stored_with_it(tmp_path: Path) -> None:
    """Also what nobody has asked for in the meantime."""
    path = tmp_path / "history.db"
    with server(path) as kept:
        kept.open(3, "c:3", "/json carol")
        kept.room.members[3].of(Mood).text = "gut"
        kept.say(3, "hi")
    for _ in range(2):
        with server(path) as kept:
            (session,) = kept.room.sessions.held.values()
    assert session.of(Mood).text == "gut"
