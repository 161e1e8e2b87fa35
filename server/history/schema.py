"""The tables of a history file, and whether a file is one. Every time is in seconds since 1970.

An event lies in one of three tables, at its place in the log. `at` is that place:

    talk      what was said to everyone
    moves     whatever else everyone may know: who came, who left, who has another name
    private   what not everyone may know; only `between` reads this table

They have the same columns. `session` is the digest of the session whose line has caused the event, and `number` that
line's number. `room` is where it has happened, empty for the lobby. What an event has besides is in `more`, as JSON, so
that a new kind of event needs no new column.

    holes     places above `after`, up to `until`, of which nothing is known; `events` is how many events these were
    sessions  the sessions that have not ended; `held` is the place at which one lost its connection, `state` what families
              of commands keep of it, as JSON
    online    whoever is online, and in which room
    state     one row: `start` is the place after which the file begins, `indexed` the one up to which `words` has all
              talk, and `clean` whether the last server wrote all that it had to write
    words     the full-text index: the tokens of each line of talk, under its place

Version 1 had no rooms and no `state`. Such a file is made one of version 2 by the server that opens it.
"""

from __future__ import annotations

import contextlib
import sqlite3

from ..storage.format import Format, StorageError

APPLICATION = 0x63686174  # "chat", so that `file` and we can tell a history from other SQLite databases
VERSION = 2

_EVENT = """
at INTEGER PRIMARY KEY, type TEXT NOT NULL, time REAL NOT NULL,
name TEXT, addr TEXT, text TEXT, more TEXT, session TEXT NOT NULL DEFAULT '', number INTEGER NOT NULL DEFAULT 0
"""
_TEXT = "TEXT NOT NULL DEFAULT ''"
# What version 2 has more than version 1: new columns of its tables.
_ADDED = {"talk": "room", "moves": "room", "private": "room", "online": "room", "sessions": "state"}
# Most lines are of the lobby, so they are not in this index, and cost nothing.
_BY_ROOM = "CREATE INDEX talk_by_room ON talk (room) WHERE room != '';"
_TABLES = f"""
CREATE TABLE talk ({_EVENT});
CREATE TABLE moves ({_EVENT});
CREATE TABLE private ({_EVENT}, receiver TEXT NOT NULL DEFAULT '');
CREATE INDEX private_by_session ON private (session);
CREATE INDEX private_by_receiver ON private (receiver);
CREATE TABLE holes (after INTEGER PRIMARY KEY, until INTEGER NOT NULL, events INTEGER);
CREATE TABLE sessions (
    digest TEXT PRIMARY KEY, name TEXT NOT NULL, addr TEXT NOT NULL, line INTEGER NOT NULL, held INTEGER NOT NULL
);
CREATE TABLE online (name TEXT PRIMARY KEY, addr TEXT NOT NULL);
CREATE TABLE state (start INTEGER, indexed INTEGER NOT NULL, clean INTEGER NOT NULL);
INSERT INTO state VALUES (NULL, 0, 1);
"""
_UPGRADE = "".join(f"ALTER TABLE {table} ADD COLUMN {column} {_TEXT};" for table, column in _ADDED.items()) + _BY_ROOM
# The index keeps no texts of its own (`content`) and no lengths (`columnsize`), which only a ranking would need.
# Its tokenizer `ascii` cuts at spaces, and so it finds the tokens that `words.spaced` has made.
_INDEX = "CREATE VIRTUAL TABLE words USING fts5 (line, content='', columnsize=0, tokenize='ascii')"


class HistoryError(StorageError):
    """A file cannot be a history, or cannot be read. The text says why."""


def prepare(connection: sqlite3.Connection) -> None:
    """Make the tables in a file that is empty, or bring those of an older version up to date.

    Raise HistoryError if the file is something else, and change nothing.
    """
    if FORMAT.check(connection):
        if _version(connection) < VERSION:
            _migrate(connection)
    else:
        index = f"{_INDEX};" if has_full_text(connection) else ""
        FORMAT.make(connection, f"{_TABLES} {_UPGRADE} {index}")


def adapt(connection: sqlite3.Connection) -> None:
    """Let a file of an older version look like a present one, for whoever reads it and cannot change it."""
    if FORMAT.check(connection) and _version(connection) < VERSION:
        for table, column in _ADDED.items():
            connection.execute(f"CREATE TEMP VIEW {table} AS SELECT *, '' AS {column} FROM main.{table}")


def _version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("SELECT user_version FROM pragma_user_version").fetchone()
    return int(version)


def _migrate(connection: sqlite3.Connection) -> None:
    """Add what version 1 does not have, all at once or not at all."""
    try:
        connection.executescript(f"BEGIN IMMEDIATE; {_UPGRADE} PRAGMA user_version = {VERSION}; COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):  # it has not begun, or SQLite has undone it
            connection.execute("ROLLBACK")
        raise


def has_full_text(connection: sqlite3.Connection) -> bool:
    """Return whether this SQLite has full-text search. Without it, a search reads the lines."""
    try:
        connection.execute("SELECT fts5_source_id()")
    except sqlite3.OperationalError:  # no such function
        return False
    return True


def is_indexed(connection: sqlite3.Connection) -> bool:
    """Return whether the file has an index that this SQLite can use."""
    made = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'words'").fetchone()
    return bool(made) and has_full_text(connection)


FORMAT = Format("a history", APPLICATION, VERSION, HistoryError, prepare, adapt)
