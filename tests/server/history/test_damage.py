"""A damaged file: wherever the damage is, the server runs on, and what it has to keep lands in a file in order."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path

import pytest

from server.chat.archive import Gap
from server.chat.events import Joined
from server.chat.sessions import Session
from server.history.history import History
from server.history.schema import HistoryError

from ...support.chatting import NOW
from .keeping import Pretend, Progress, batch, keep, lines, place, rows

PAGE = 4096


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A history of many pages."""
    path = tmp_path / "history.db"
    joined = Pretend(place(11, Joined(NOW, "ann", "a:1")), {"d1": Session("d1", "ann", "ann", "a:1", 3)})
    keep(path, joined, *(lines(at, *[f"公园 {at} " + "x" * 100] * 100) for at in range(100, 5000, 100)))
    return path


def spoil(path: Path, offset: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(data)


def aside(path: Path) -> list[Path]:
    return sorted(one for one in path.parent.glob(f"{path.name}.damaged-*") if not one.name.endswith(("-wal", "-shm")))


def use(path: Path) -> list[str]:
    """Run a server that reads all it can, and writes something. Return what was damaged, as it was logged."""
    history = History(path)
    progress = Progress(history)
    with history:
        list(history.between(0, 5000))
        history.last(200, 5000)
        history.search("公园", 20, 5000)
        history.search("龥", 20, 5000)
        history.record(batch(Pretend(lines(6000, "new"))))
        progress.wait(6000)
        assert [getattr(one, "text", "") for one in history.between(5999, 6000)][-1:] == ["new"]
        assert [getattr(one, "text", "") for one in history.last(1, 6000)] == ["new"]
    assert rows(path, "SELECT text FROM talk WHERE at = 6000") == [("new",)]
    return [one.name for one in aside(path)]


@pytest.mark.parametrize(
    ("offset", "data"),
    [
        (0, b"\x00" * 16),  # not a database any more
        (0, b"\xff" * PAGE),
        (16, b"\x07\x07"),  # the size of a page
        (100, b"\xff" * 100),  # the schema
        (PAGE, b"\xff" * PAGE),
    ],
)
def test_damage_at_the_start_is_found_at_the_start(
    path: Path, offset: int, data: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """The file gets another name, and nothing of it is changed."""
    spoil(path, offset, data)
    before = path.read_bytes()
    (name,) = use(path)
    assert (path.parent / name).read_bytes() == before
    (message,) = caplog.messages
    assert message.startswith(f"history: {path} is damaged (")
    assert message.endswith(f"): it is now {path.parent / name}, and a new file begins")


@pytest.mark.parametrize("seed", range(20))
def test_damage_anywhere(path: Path, seed: int, caplog: pytest.LogCaptureFixture) -> None:
    """Whether it is noticed or not, there is a file in order that has what is said from now on."""
    chance = random.Random(seed)
    size = path.stat().st_size
    for _ in range(chance.choice([1, 5, 50])):
        spoil(path, chance.randrange(size), chance.randbytes(chance.choice([1, 20, PAGE])))
    names = use(path)
    assert len([message for message in caplog.messages if "is damaged" in message]) == len(names)
    if names:
        assert rows(path, "PRAGMA integrity_check") == [("ok",)]
        use(path)
        assert [one.name for one in aside(path)] == names


def test_a_file_cut_short(path: Path) -> None:
    """As a full disk leaves one behind."""
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)
    assert len(use(path)) == 1
    assert rows(path, "PRAGMA integrity_check") == [("ok",)]


def test_damage_that_a_reader_finds(
    path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reader gets a gap. With the next batch a new file begins, which knows who is there."""
    monkeypatch.setattr("server.history.index.extend", lambda connection: False)  # or it might be the first to find it
    history = History(path)
    progress = Progress(history)
    with history:
        for page in range(2, path.stat().st_size // PAGE):
            spoil(path, page * PAGE, b"\xff" * 200)
        found = list(history.between(10, 5000))
        assert found[-1:] == [Gap(10)]
        history.record(batch(Pretend(lines(6000, "new"))))
        progress.wait(6000)
        assert list(history.between(10, 6000)) == [Gap(10), *lines(6000, "new")]
    assert len(aside(path)) == len(caplog.messages) == 1
    assert rows(path, "SELECT name FROM online") == [("ann",)]
    assert rows(path, "SELECT digest, line FROM sessions") == [("d1", 3)]


def test_a_reader_that_is_late_harms_no_new_file(path: Path) -> None:
    """What it has found is wrong with the file before."""
    history = History(path)
    progress = Progress(history)
    with history:
        history._writer.suspect(sqlite3.DatabaseError("malformed"), 1)
        history.record(batch(Pretend(lines(6000, "a"))))
        progress.wait(6000)
        history._writer.suspect(sqlite3.DatabaseError("malformed"), 1)
        history._writer.suspect(sqlite3.OperationalError("locked"), 2)
        history.record(batch(Pretend(lines(6001, "b"))))
        progress.wait(6001)
    assert len(aside(path)) == 1
    assert rows(path, "SELECT text FROM talk") == [("a",), ("b",)]


def test_damage_that_is_found_at_the_stop(path: Path) -> None:
    """There is still time for a new file."""
    history = History(path)
    history._writer.suspect(sqlite3.DatabaseError("malformed"), 1)
    history.record(batch(Pretend(lines(6000, "a"))))
    history._stopping.set()
    with history:
        pass
    assert rows(path, "SELECT text FROM talk") == [("a",)]


def test_a_disk_that_damages_everything_is_tried_seldom(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Each new file is damaged, too. The pauses grow, so that there is not one file after the other."""
    history = History(path)
    pauses: list[float] = []

    def wait(pause: float) -> bool:
        pauses.append(pause)
        if len(pauses) == 6:
            history._stopping.set()
        return True

    def damaged(connection: object, group: object) -> None:
        raise sqlite3.DatabaseError("malformed")

    monkeypatch.setattr("server.history.writing.write", damaged)
    monkeypatch.setattr(history._stopping, "wait", wait)
    history.record(batch(Pretend(lines(6000, "a"))))
    history.start()
    history._thread.join()
    history.stop()
    assert pauses == [0.0, 1.0, 2.0, 4.0, 8.0, 16.0]
    assert len(aside(path)) == 7
    assert caplog.messages[-1] == "history: the server stops; missing events: 1"


def test_a_new_history_is_made_once_only(path: Path) -> None:
    """A server that cannot begin anew says so, instead of taking a file for damaged that is something else."""
    spoil(path, 68, b"\x00\x00\x00\x07")
    with pytest.raises(HistoryError):
        History(path)
    assert aside(path) == []
