"""What an SQLite file has to be, so that a server takes it for its own: not a text, not a database of something else."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

HEADER = 100  # bytes at the beginning of an SQLite database
_MAGIC = b"SQLite format 3\x00"


class StorageError(Exception):
    """A file cannot be what it should be, or cannot be read. The text says why."""


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of file. `prepare` makes or renews its tables, and raises what `error` is if the file is something else.

    `adapt` lets a file of an older version look like a present one, for whoever reads it and cannot change it.
    """

    what: str  # as a message calls it
    application: int  # so that `file` and we can tell it from other SQLite databases
    version: int
    error: type[StorageError]
    prepare: Callable[[sqlite3.Connection], None]
    adapt: Callable[[sqlite3.Connection], None] = lambda connection: None
    synchronous: str = "NORMAL"  # FULL if what is committed must survive the machine's death, too

    def check_header(self, header: bytes) -> None:
        """Raise an error if a file that begins like this is a database of something else, or of a newer version.

        SQLite itself is not asked, because it tidies up whatever it opens.
        """
        if _is_text(header):
            raise self.error("it is a text file")
        if header.startswith(_MAGIC) and len(header) >= HEADER:
            version, application = int.from_bytes(header[60:64], "big"), int.from_bytes(header[68:72], "big")
            self._check(application, version)

    def check(self, connection: sqlite3.Connection) -> bool:
        """Return whether a file has tables. Raise an error if it is something else."""
        application, version, tables = connection.execute(
            "SELECT application_id, user_version, (SELECT count(*) FROM sqlite_master)"
            " FROM pragma_application_id, pragma_user_version"
        ).fetchone()
        if application or version or tables:
            self._check(application, version)
            return True
        return False

    def make(self, connection: sqlite3.Connection, tables: str) -> None:
        """Make the tables, in one transaction with what marks the file as one of this kind."""
        connection.executescript(
            f"BEGIN IMMEDIATE; {tables}"
            f"PRAGMA application_id = {self.application}; PRAGMA user_version = {self.version}; COMMIT"
        )

    def _check(self, application: int, version: int) -> None:
        if application != self.application:
            raise self.error("it is an SQLite database of something else")
        if version > self.version:
            raise self.error(f"it was written by a newer version of this server (format {version}, not {self.version})")


def _is_text(header: bytes) -> bool:
    """Return whether a file begins like a text. What is damaged is not likely to."""
    text = header[: HEADER // 2].decode("utf-8", "replace")
    return (
        bool(text)
        and "\ufffd" not in text[:-1]
        and all(character.isprintable() or character in "\t\r\n" for character in text)
    )
