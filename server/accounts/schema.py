"""The tables of an accounts file. Every time is in seconds since 1970.

accounts  whose names these are; `hash` is what `passwords.py` makes of a password. `number` and `serial` are
              random, so that another file, or an older copy of this one, never has the same for something else.
              `serial` is another one for each password
words     private words for owners who were offline. Where a program has sent one, `session` is the digest of its
          session and `line` the number of its line, so that a line that comes again is not kept twice. Such a row
          stays for a while after the word was delivered, without its text. `delivered` is 0 while the word
          waits, 2 once it was handed out and may have been read, 1 when it has reached its owner
bans      names that nobody may have, and networks from which nobody may come in; `until` 0 means for ever
"""

from __future__ import annotations

import sqlite3

from ..storage.format import Format, StorageError

APPLICATION = 0x63686163  # "chac"
VERSION = 1

_TABLES = """
CREATE TABLE accounts (
    number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, name TEXT NOT NULL, hash TEXT NOT NULL,
    serial INTEGER NOT NULL DEFAULT 0, made REAL NOT NULL
);
CREATE TABLE words (
    number INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL, sender TEXT NOT NULL, text TEXT NOT NULL,
    time REAL NOT NULL, session TEXT, line INTEGER, delivered INTEGER NOT NULL DEFAULT 0,
    network TEXT NOT NULL DEFAULT ''
);
CREATE INDEX words_by_key ON words (key, delivered);
CREATE INDEX words_by_network ON words (delivered, network);
CREATE INDEX words_by_time ON words (time);
CREATE UNIQUE INDEX words_by_line ON words (session, line);
CREATE TABLE bans (
    what TEXT NOT NULL, is_address INTEGER NOT NULL, shown TEXT NOT NULL, until REAL NOT NULL, by TEXT NOT NULL,
    PRIMARY KEY (what, is_address)
);
"""
# What the first files of this version lack. A server that does not know of it can use a file that has it.
_MORE = """
ALTER TABLE words ADD COLUMN network TEXT NOT NULL DEFAULT '';
CREATE INDEX words_by_network ON words (delivered, network);
"""


class AccountsError(StorageError):
    """A file cannot hold accounts, or cannot be read. The text says why."""


def prepare(connection: sqlite3.Connection) -> None:
    """Make the tables in a file that is empty. Raise AccountsError if the file is something else, and change nothing."""
    if not FORMAT.check(connection):
        FORMAT.make(connection, _TABLES)
    elif not connection.execute("SELECT 1 FROM pragma_table_info('words') WHERE name = 'network'").fetchone():
        connection.executescript(f"BEGIN IMMEDIATE; {_MORE} COMMIT")


FORMAT = Format("accounts", APPLICATION, VERSION, AccountsError, prepare, synchronous="FULL")
