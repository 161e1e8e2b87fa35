"""What happens to the file, made for real: the chat goes on, one line of the log says so, and one that it is over."""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.chat.archive import Gap, Restored
from server.chat.events import Joined, Left
from server.chat.kinds import Placed
from server.chat.sessions import Session
from server.history import writer as writer_module
from server.history.history import History
from server.history.waiting import Waiting
from server.storage import file as file_module

from ...support.chatting import NOW
from ...support.peers import PATIENCE
from .keeping import Pretend, Progress, batch, keep, lines, place, rows, texts

ROOT = Path(__file__).parents[3]


class Messages(logging.Handler):
    """What the history logs, as it comes."""

    def __init__(self) -> None:
        super().__init__()
        self._queue: queue.Queue[str] = queue.Queue()

    def emit(self, record: logging.LogRecord) -> None:
        self._queue.put(record.getMessage())

    def next(self) -> str:
        return self._queue.get(timeout=PATIENCE)

    def rest(self) -> list[str]:
        """Return all that has come since. Nothing more comes once the history has stopped."""
        return [self._queue.get_nowait() for _ in range(self._queue.qsize())]


@pytest.fixture
def messages() -> Iterator[Messages]:
    messages = Messages()
    logger = logging.getLogger("server.history")
    logger.addHandler(messages)
    yield messages
    logger.removeHandler(messages)


def test_a_fault_that_lasts_is_looked_at_seldom(
    path: Path, messages: Messages, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pauses between the attempts grow, up to a bound, and one line of the log is enough."""
    monkeypatch.setattr(writer_module, "FIRST_PAUSE", 1.0)
    monkeypatch.setattr(writer_module, "LONGEST_PAUSE", 30.0)
    history = History(path)
    pauses: list[float] = []

    def wait(pause: float) -> bool:
        pauses.append(pause)
        if len(pauses) == 7:
            history._stopping.set()
        return True

    monkeypatch.setattr(history._stopping, "wait", wait)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        tell(history, lines(11, "a"))
        history.start()
        history._thread.join()
    history.stop()
    assert pauses == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]
    assert [
        message.removesuffix("; the chat goes on, and what is to be kept waits") for message in messages.rest()
    ] == [
        f"history: {path}: database is locked",
        "history: the server stops; missing events: 1",
    ]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test wait for the next attempt, or for a lock."""
    monkeypatch.setattr(writer_module, "FIRST_PAUSE", 0.001)
    monkeypatch.setattr(writer_module, "LONGEST_PAUSE", 0.01)
    monkeypatch.setattr(file_module, "PATIENCE", 0.001)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.db"


def tell(history: History, events: list[Placed], *sessions: Session) -> None:
    history.record(batch(Pretend(events, {one.digest: one for one in sessions})))


def stored(path: Path) -> list[str]:
    """Return what the file has of talk, and that the file is in order."""
    assert rows(path, "PRAGMA integrity_check") == [("ok",)]
    return [text for (text,) in rows(path, "SELECT text FROM talk ORDER BY at")]


def check_goes_on(
    path: Path, messages: Messages, history: History, fault: contextlib.AbstractContextManager[object]
) -> str:
    """Make a fault in the middle, and take it away again. Nothing is missing. Return what was logged at its beginning."""
    progress = Progress(history)
    with history:
        tell(history, lines(11, "a"))
        progress.wait(11)
        with fault:
            tell(history, lines(12, "b" * 100_000), Session("d1", "bob", "bob", "b:1", 1))
            begins = messages.next()
            tell(history, lines(13, "c" * 100_000))
            assert texts(history.last(1, 99)) == ["a"]  # which can still be read
            assert list(history.between(10, 13)) == [*lines(11, "a"), Gap(11)]
        assert messages.next() == "history: it goes on"
        progress.wait(13)
        tell(history, lines(14, "d"))
    assert messages.rest() == []
    assert stored(path) == ["a", "b" * 100_000, "c" * 100_000, "d"]
    assert rows(path, "SELECT line FROM sessions") == [(1,)]
    assert rows(path, "SELECT clean FROM state") == [(1,)]
    return begins


@contextlib.contextmanager
def no_room(path: Path) -> Iterator[None]:
    """Let no file of this process grow beyond what the history has now: a disk that is full looks the same."""
    size = max(path.stat().st_size, Path(f"{path}-wal").stat().st_size)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)


def test_a_file_that_cannot_grow(path: Path, messages: Messages) -> None:
    """What is said waits, and is written when there is room again."""
    history = History(path)
    begins = check_goes_on(path, messages, history, no_room(path))
    assert begins.startswith(f"history: {path}: ")
    assert begins.endswith("; the chat goes on, and what is to be kept waits")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of a few hundred KiB."""
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=900k", "tmpfs", str(tmp_path)], check=False)
    if mounted.returncode:
        pytest.skip("only root may mount a small disk")
    yield tmp_path
    subprocess.run(["umount", "-l", str(tmp_path)], check=True)  # also while a test that fails has files open


def test_a_full_disk(small_disk: Path, messages: Messages) -> None:
    """As the system reports it."""
    path, ballast = small_disk / "history.db", small_disk / "ballast"

    @contextlib.contextmanager
    def full() -> Iterator[None]:
        with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
            while file.write(bytes(4096)):
                pass
        yield
        ballast.unlink()

    begins = check_goes_on(path, messages, History(path), full())
    assert begins == (f"history: {path}: database or disk is full; the chat goes on, and what is to be kept waits")


def test_a_full_disk_at_the_start(small_disk: Path, messages: Messages) -> None:
    """The server starts, knows what it can know, and goes on once there is room."""
    path, ballast = small_disk / "history.db", small_disk / "ballast"
    keep(path, lines(11, "a"))
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
        while file.write(bytes(4096)):
            pass
    history = History(path)
    assert texts(history.restored.events) == ["a"]
    assert "full" in messages.next()
    with history:
        tell(history, lines(21, "b"))
        ballast.unlink()
        assert messages.next() == "history: it goes on"
    assert stored(path) == ["a", "b"]


def test_a_file_that_another_program_has_locked(path: Path, messages: Messages) -> None:
    """As somebody may do with sqlite3 on the command line."""

    @contextlib.contextmanager
    def locked() -> Iterator[None]:
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")

    begins = check_goes_on(path, messages, History(path), locked())
    assert begins == f"history: {path}: database is locked; the chat goes on, and what is to be kept waits"


def test_what_cannot_wait_is_counted(path: Path, messages: Messages) -> None:
    """A fault that lasts for long costs some of what is said, and the file says where."""
    history = History(path, waiting=Waiting(2))
    progress = Progress(history)
    with history:
        tell(history, lines(11, "a"))
        progress.wait(11)
        with no_room(path):
            tell(history, lines(12, "b" * 100_000))
            messages.next()
            tell(history, lines(13, "c", "d"))
            tell(history, lines(15, "e"))
            tell(history, lines(16, "f"))
            assert (history.waiting, history.missing) == (2, 3)
            while history.trouble != "the file cannot be written":  # which is known just after it has been logged
                pass
        assert messages.next() == "history: it goes on"
        assert messages.next() == "history: missing events: 3, because too much had to wait"
        assert (history.stored, history.trouble) == (16, "")
        assert history.missing == 3
    assert stored(path) == ["a", "b" * 100_000, "e"]
    history = History(path)
    assert [one.after if isinstance(one, Gap) else one.at for one in history.between(10, 16)] == [11, 12, 12, 15, 15]
    history.stop()


def test_a_stop_waits_for_no_disk(path: Path, messages: Messages) -> None:
    """What cannot be written is counted, and the next server knows that something may be missing."""
    history = History(path)
    progress = Progress(history)
    with contextlib.ExitStack() as stack:
        with history:
            tell(history, lines(11, "a"))
            progress.wait(11)
            stack.enter_context(no_room(path))
            tell(history, lines(12, "b" * 100_000, "c"))
        assert messages.rest()[-1] == "history: the server stops; missing events: 2"
    assert rows(path, "SELECT clean FROM state") == [(0,)]
    assert stored(path) == ["a"]


def test_another_server_has_the_file(path: Path, messages: Messages) -> None:
    """A second server starts without it. When the first has stopped, the second takes over with what it has seen."""
    first = History(path)
    tell(first, place(11, Joined(NOW, "ann", "a:1")), Session("d1", "ann", "ann", "a:1", 3))
    second = History(path)
    assert second.restored == Restored()
    assert (first.written, second.written) == (0, None)
    assert messages.next().endswith("another server has it; the chat goes on, and what is to be kept waits")
    progress = Progress(second)
    with second:
        tell(second, place(21, Joined(NOW, "bob", "b:1")), Session("d2", "bob", "bob", "b:1", 5))
        assert list(second.between(10, 21)) == [Gap(10)]
        with first:
            pass
        assert messages.next() == "history: it goes on"
        progress.wait(21)
        assert second.written == 21
        assert second._writer._is_complete  # or all sessions would be written again each time
        assert [getattr(one, "name", "") for one in second.between(10, 21)] == ["ann", "bob"]
    assert rows(path, "SELECT name, addr FROM online") == [("bob", "b:1")]
    assert rows(path, "SELECT digest, line FROM sessions") == [("d2", 5)]


def test_a_file_that_is_deleted(path: Path, messages: Messages, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new one begins, which knows who is there. To write into a file without a name would help nobody."""
    monkeypatch.setattr(writer_module, "LOOK_PAUSE", 0.0)
    history = History(path)
    progress = Progress(history)
    with history:
        ann, bob = Session("d1", "ann", "ann", "a:1", 3), Session("d2", "bob", "bob", "b:1", 3)
        tell(history, place(11, Joined(NOW, "ann", "a:1"), Joined(NOW, "bob", "b:1")), ann, bob)
        progress.wait(12)
        bob.ended = True
        tell(history, place(13, Left(NOW, "bob", "b:1", "quit")), bob)
        progress.wait(13)
        path.unlink()
        tell(history, lines(14, "b"))
        assert messages.next() == f"history: {path} is gone: a new file begins"
        progress.wait(14)
        assert list(history.between(10, 14)) == [Gap(10), *lines(14, "b")]
    assert stored(path) == ["b"]
    assert rows(path, "SELECT name FROM online") == [("ann",)]
    assert rows(path, "SELECT digest, line FROM sessions") == [("d1", 3)]


SCRIPT = """
import logging, os, sys
from server.history import writer
from server.history.history import History
from tests.server.history.keeping import Pretend, batch, lines
logging.basicConfig(format="%(message)s", stream=sys.stdout)
writer.FIRST_PAUSE = writer.LONGEST_PAUSE = 0.01
os.setuid(int(sys.argv[2]))  # only now, because that user may not be allowed to read this program
history = History(sys.argv[1])
print("restored", len(history.restored.events), flush=True)
with history:
    history.record(batch(Pretend(lines(21, "b"))))
    input()
"""


@pytest.mark.parametrize(("what", "known"), [("folder", 1), ("file", 0)])
def test_what_may_not_be_written(what: str, known: int) -> None:
    """A user who may not write starts a server. It knows what that user may read, and goes on as soon as it may."""
    with tempfile.TemporaryDirectory() as name:
        folder, path = Path(name), Path(name) / "history.db"
        folder.chmod(0o777)
        keep(path, lines(11, "a"))
        nobody = 65534 if os.getuid() == 0 else os.getuid()
        for one in folder.iterdir():
            os.chown(one, nobody, -1)
        forbidden = folder if what == "folder" else path
        forbidden.chmod(0o555 if what == "folder" else 0o000)
        if what == "file" and os.getuid() == 0:
            os.chown(path, 0, -1)  # or its owner could change that
        command = [sys.executable, "-c", SCRIPT, str(path), str(nobody)]
        with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            assert process.stdin
            begins = process.stdout.readline()
            assert "the chat goes on" in begins
            assert process.stdout.readline() == f"restored {known}\n"
            os.chown(path, nobody, -1)
            forbidden.chmod(0o777)
            assert process.stdout.readline() == "history: it goes on\n"
            process.stdin.write("\n")
        assert process.returncode == 0
        assert stored(path) == ["a", "b"]
