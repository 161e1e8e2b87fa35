"""A file of SQLite: who may read it, which server has it, and what becomes of it when it is damaged.

Besides FILE there are FILE-wal and FILE-shm, in which SQLite keeps what it has not yet moved into FILE, and FILE.lock,
which belongs to the one server that writes. The lock is `flock` on a file of its own. On FILE itself it could get in the
way of SQLite's own locks, and closing any descriptor of FILE would give these up.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from .format import HEADER, Format, StorageError

PATIENCE = 1.0  # seconds for which SQLite waits for another program that has locked the file
OURS = 0o600  # who may do what with the file: its owner may read and write


class File:
    """A file of one format. One thread at a time opens and closes it; any thread may read."""

    def __init__(self, path: str | os.PathLike[str], form: Format) -> None:
        self.path = Path(path).resolve()
        self._format = form
        self._lock: int | None = None
        self._is_known = False  # whether this was such a file when it was first opened
        self._identity: tuple[int, int] | None = None  # device and inode of the file that was opened

    def open(self) -> sqlite3.Connection:
        """Return a connection that writes, and keep other servers away.

        Raises the error of the format if this can never be such a file, and OSError or sqlite3.Error if it cannot be
        one now.
        """
        try:
            self._check()
            return self._open()
        except StorageError as error:
            raise self._format.error(f"cannot keep {self._format.what} in {self.path}: {error}") from None

    def _open(self) -> sqlite3.Connection:
        self._take_lock()
        with contextlib.suppress(FileExistsError):
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, OURS))
        for path in self._parts():
            with contextlib.suppress(OSError):  # it is not there, or somebody else's
                if stat.S_IMODE(path.stat().st_mode) != OURS:  # made by somebody else, or under a strict umask
                    path.chmod(OURS)
        connection = connect(self.path, "rw")
        try:
            self._format.prepare(connection)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA synchronous = {self._format.synchronous}")
            connection.execute("PRAGMA secure_delete = ON")  # private words do not stay behind when they are deleted
        except BaseException:
            connection.close()
            raise
        self._is_known = True
        self._identity = self._identify()
        return connection

    def is_there(self) -> bool:
        """Return whether the file that was opened still has its name."""
        return self._identity == self._identify()

    @contextlib.contextmanager
    def reading(self, mode: str = "ro") -> Iterator[sqlite3.Connection]:
        """Open the file for reading, and close it afterwards. `mode` is SQLite's. Any thread."""
        connection = connect(self.path, mode)
        try:
            self._format.adapt(connection)
            yield connection
        finally:
            connection.close()

    @contextlib.contextmanager
    def reading_unchanged(self) -> Iterator[sqlite3.Connection]:
        """Open the file for reading where SQLite cannot put anything beside it. Nobody may write meanwhile."""
        wal = self._parts()[1]
        if self._lock is None or (wal.exists() and wal.stat().st_size):
            raise BlockingIOError("somebody may be writing, or has not finished")
        with self.reading("ro&immutable=1") as connection:
            yield connection

    def move_aside(self) -> Path:
        """Give the file another name, because it is damaged, and return that name. Raises OSError."""
        name = f"{self.path}.damaged-{time.strftime('%Y%m%d-%H%M%S')}"
        aside, count = Path(name), 1
        while any(Path(f"{aside}{end}").exists() for end in ("", "-wal", "-shm")):
            aside, count = Path(f"{name}-{count}"), count + 1
        for path in self._parts():
            with contextlib.suppress(FileNotFoundError):
                path.rename(f"{aside}{str(path)[len(str(self.path)) :]}")
        return aside

    def release(self) -> None:
        """Let another server have the file."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _check(self) -> None:
        if not self.path.parent.is_dir():
            raise self._format.error("there is no such folder")
        if self.path.exists() and not self.path.is_file():
            raise self._format.error("it is not a file")
        if not self._is_known and self.path.exists():  # later, closing it would give up locks of SQLite
            with self.path.open("rb") as file:
                self._format.check_header(file.read(HEADER))

    def _take_lock(self) -> None:
        if self._lock is not None:
            return
        lock = os.open(f"{self.path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, OURS)
        try:
            os.fchmod(lock, OURS)  # whatever the umask has left of it
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            raise BlockingIOError("another server has it") from None
        except BaseException:
            os.close(lock)
            raise
        self._lock = lock

    def _identify(self) -> tuple[int, int] | None:
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino

    def _parts(self) -> list[Path]:
        return [Path(f"{self.path}{end}") for end in ("", "-wal", "-shm")]


def connect(path: Path, mode: str) -> sqlite3.Connection:
    """Return a connection in autocommit mode, which any one thread at a time may use."""
    connection = sqlite3.connect(
        f"file:{quote(str(path))}?mode={mode}",
        timeout=PATIENCE,
        isolation_level=None,
        check_same_thread=False,
        uri=True,
    )
    # A damaged file may hold bytes that are no text. That must not look like another error.
    connection.text_factory = lambda data: data.decode("utf-8", "replace")
    return connection


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Run what follows as one transaction."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
        connection.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):  # SQLite has already done it after some errors
            connection.execute("ROLLBACK")
        raise


def is_damage(error: Exception) -> bool:
    """Return whether an error says that the file is not as SQLite has written it."""
    # Nothing more specific: SQLITE_CORRUPT and SQLITE_NOTADB. Before Python 3.11, an error has no code.
    return type(error) is sqlite3.DatabaseError
