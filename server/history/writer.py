"""Writes what waits into the file, whatever becomes of the file. One thread uses it."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import time
from collections.abc import Iterable, Sequence

from ..chat.archive import Restored
from ..storage.file import File, is_damage, transaction
from . import index, reading, writing
from .schema import HistoryError
from .waiting import Hole, Part, Row
from .writing import Group

log = logging.getLogger(__name__)

FIRST_PAUSE = 1.0  # seconds after a fault until the next attempt; each time it is twice as long
LONGEST_PAUSE = 30.0
LOOK_PAUSE = 1.0  # seconds between two looks whether the file still has its name
REPORT_PAUSE = 10.0  # seconds between two lines of the log that count what is missing


class Writer:
    """Has the connection that writes, and what the room looks like as far as it has been written."""

    def __init__(self, file: File) -> None:
        self.stored = 0  # the place of the last event in the file; 0 while there is no file, or nothing in it
        self.pause = 0.0  # seconds to wait before the next attempt, after a fault
        self._file = file
        self._connection: sqlite3.Connection | None = None
        self._has_begun = False  # whether anything of this server is in the file
        self._was_clean: bool | None = None  # whether the server before has written everything; None until it is known
        self._is_complete = True  # whether the file knows which sessions there are, and who is online
        self._sessions: dict[str, Row] = {}
        self._online: dict[str, tuple[str, str]] = {}
        self._unindexed = index.STEP  # how many lines are not in the index, at most; to begin with, nobody knows
        self.files = 1  # how many files there have been
        self._missing = 0  # events that no report has counted
        self._next_report = 0.0
        self._looked = 0.0  # when it was last made sure that the file still has its name
        self._damaged = 0  # which of these a reader has found to be damaged

    def restore(self, remember: int) -> Restored:
        """Open the file and return what it knows. If it cannot be read, return nothing. Raises HistoryError."""
        restored: Restored | None = None
        try:
            self._open()
            assert self._connection
            restored = reading.restore(self._connection, remember)
            self._was_clean = writing.take(self._connection)
        except (OSError, sqlite3.Error) as error:
            self._fail(error)
            restored = restored or self._restore_unchanged(remember)
        if restored is None:
            self._is_complete = False
            return Restored()
        self.stored = restored.end
        for one in restored.sessions:
            self._sessions[one.digest] = (one.digest, one.name, one.addr, one.line, one.held_since, one.kept.dump())
        self._online.update({name: (addr, room) for name, addr, room in restored.online})
        return restored

    def _restore_unchanged(self, remember: int) -> Restored | None:
        """Return what a file knows that cannot be written, because the disk is full or the folder read-only."""
        try:
            with self._file.reading_unchanged() as connection:
                return reading.restore(connection, remember)
        except (OSError, sqlite3.Error):
            return None

    def write(self, parts: Sequence[Part]) -> bool:
        """Write parts in one transaction. Return False if that is not possible now; `pause` says when to try again."""
        try:
            group = Group.of(parts)
            self._open()
            assert self._connection
            with transaction(self._connection):
                self._begin(self._connection, group)
                writing.write(self._connection, group)
        except (OSError, sqlite3.OperationalError, HistoryError) as error:
            self._fail(error)
            return False
        except Exception as error:
            if is_damage(error):
                self._fail(error)
                return False
            if len(parts) == 1:
                log.exception("history: a bug; missing events: %d", len(parts[0].events))
            return self._write_one_by_one(parts)
        self._follow(group)
        self._succeed(group.holes)
        return True

    def suspect(self, error: Exception, file: int) -> None:
        """Take note that a file cannot be read, whose number is `file`. Any thread."""
        if is_damage(error):
            self._damaged = file

    def extend_index(self) -> bool:
        """Put some more lines into the index. Return whether there may be more."""
        if self._connection is None or self.pause or self._unindexed < index.STEP:
            return False
        try:
            if index.extend(self._connection):
                return True
        except (OSError, sqlite3.Error) as error:
            self._fail(error)
        except Exception:
            log.exception("history: a bug: some lines are not put into the index, and a search is slow")
        self._unindexed = 0
        return False

    def close(self, is_clean: bool) -> None:
        """Close the file. `is_clean`: everything has been written."""
        try:
            if is_clean and self._connection and (self._has_begun or self._was_clean):
                writing.finish(self._connection)
        except (OSError, sqlite3.Error) as error:
            self._fail(error)
        finally:
            if self._missing:
                self._report()
            self._disconnect()
            self._file.release()

    def _open(self) -> None:
        if self._damaged == self.files:
            raise sqlite3.DatabaseError("found by a reader")
        now = time.monotonic()
        if self._connection and now > self._looked + LOOK_PAUSE:
            self._looked = now
            if not self._file.is_there():
                log.error("history: %s is gone: a new file begins", self._file.path)
                self._disconnect()
                self._forget()
        if self._connection is None:
            self._connection = self._file.open()
            self.stored = reading.end_of(self._connection)

    def _begin(self, connection: sqlite3.Connection, group: Group) -> None:
        """Write what a file needs before the first group of this server, inside the transaction of that group."""
        if not self._is_complete:
            writing.write_room(connection, self._sessions, self._online)
        if self._was_clean is None:
            self._was_clean = writing.take(connection)
        if not self._has_begun and group.first:
            writing.begin(connection, self.stored, group.first, self._was_clean)

    def _follow(self, group: Group) -> None:
        """Take note that a group has been written."""
        self._is_complete = True
        self._has_begun = self._has_begun or bool(group.first)
        self.stored = max(self.stored, group.end)
        self._unindexed += len(group.events)
        self._sessions.update(group.changed)
        for digest in group.ended:
            self._sessions.pop(digest, None)
        for name in group.presence.gone:
            self._online.pop(name, None)
        self._online.update(group.presence.came)

    def _write_one_by_one(self, parts: Sequence[Part]) -> bool:
        """Write parts of which one cannot be written, whatever the file. That one becomes a hole."""
        if len(parts) > 1:
            return all(self.write([part]) for part in parts)
        hole = Hole(changed=parts[0].changed, ended=parts[0].ended, is_logged=True)
        hole.miss(parts[0].events)
        return isinstance(parts[0], Hole) or self.write([hole])

    def _succeed(self, holes: Iterable[Hole]) -> None:
        """Log that writing goes on, and what is missing."""
        self._missing += sum(hole.missing for hole in holes if not hole.is_logged)
        if self.pause:
            self.pause = 0.0
            log.warning("history: it goes on")
        if self._missing and time.monotonic() >= self._next_report:
            self._report()

    def _report(self) -> None:
        """Log how many events are missing since the last report."""
        log.warning("history: missing events: %d, because too much had to wait", self._missing)
        self._missing = 0
        self._next_report = time.monotonic() + REPORT_PAUSE

    def _fail(self, error: Exception) -> None:
        """Log what has happened, if it has just begun to, and deal with it as far as that is possible."""
        self._disconnect()
        if is_damage(error):
            self._begin_anew(error)
            return
        if not self.pause:
            log.error("history: %s: %s; the chat goes on, and what is to be kept waits", self._file.path, error)
        self._wait_longer()

    def _begin_anew(self, error: Exception) -> None:
        try:
            aside = self._file.move_aside()
        except OSError as why:
            self._fail(why)
            return
        if self._has_begun or self.files == 1:
            self.pause = 0.0  # the new file can be tried at once
        else:
            self._wait_longer()
        log.error("history: %s is damaged (%s): it is now %s, and a new file begins", self._file.path, error, aside)
        self._forget()

    def _wait_longer(self) -> None:
        self.pause = min(2 * self.pause or FIRST_PAUSE, LONGEST_PAUSE)

    def _forget(self) -> None:
        """Take note that nothing is in the file, because it is a new one."""
        self._has_begun = self._is_complete = False
        self._was_clean = None
        self.stored = 0
        self.files += 1

    def _disconnect(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):  # of a file that is damaged, or on a disk that is
                self._connection.close()
            self._connection = None
