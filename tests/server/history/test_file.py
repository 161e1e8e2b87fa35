"""The file itself: who may read it, what it may be, and who has it."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.history import schema
from server.history.history import History
from server.history.schema import HistoryError

from .keeping import keep, lines, rows, texts


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.db"


@pytest.fixture(params=[0o000, 0o022, 0o777])
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def modes(path: Path) -> dict[str, int]:
    """Return the permissions of all files that belong to a history, by what their names have more than its own."""
    return {str(one)[len(str(path)) :]: stat.S_IMODE(one.stat().st_mode) for one in path.parent.iterdir()}


@pytest.mark.usefixtures("umask")
def test_only_its_owner_may_read_it(path: Path) -> None:
    """Also what SQLite keeps beside it, while a server runs, and whatever the umask."""
    history = History(path)
    with history, history._file.reading() as connection:
        connection.execute("SELECT * FROM state").fetchone()
        assert modes(path) == dict.fromkeys(["", "-wal", "-shm", ".lock"], 0o600)
    assert modes(path) == dict.fromkeys(["", ".lock"], 0o600)


def test_it_is_made_for_its_owner_alone(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no moment in which somebody else could open it."""
    monkeypatch.setattr(Path, "chmod", lambda path, mode: None)
    keep(path, lines(11, "a"))
    assert modes(path)[""] == 0o600


def test_a_file_that_others_may_read_is_closed_to_them(path: Path) -> None:
    """Somebody may have copied it here."""
    keep(path, lines(11, "a"))
    path.chmod(0o644)
    keep(path, lines(21, "b"))
    assert modes(path)[""] == 0o600
    assert rows(path, "SELECT text FROM talk") == [("a",), ("b",)]


def make(path: Path, *statements: str) -> bytes:
    """Make a database of something else. Return its bytes."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()
    return path.read_bytes()


FOREIGN = {
    "with tables": ["CREATE TABLE mine (x)", "INSERT INTO mine VALUES (1)"],
    "of another application": ["PRAGMA application_id = 77", "CREATE TABLE mine (x)"],
    "of another version": ["PRAGMA user_version = 3"],
    "in WAL": ["PRAGMA journal_mode = WAL", "CREATE TABLE mine (x)"],
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_a_database_of_something_else_is_not_touched(path: Path, kind: str) -> None:
    """Not a byte of it, and nothing lies beside it but the lock."""
    before = make(path, *FOREIGN[kind])
    with pytest.raises(HistoryError) as raised:
        History(path)
    assert str(raised.value) == f"cannot keep a history in {path}: it is an SQLite database of something else"
    assert path.read_bytes() == before
    assert set(modes(path)) <= {"", ".lock"}


def test_a_history_of_a_newer_version_is_not_touched(path: Path) -> None:
    """An older server would not know what it has to keep."""
    keep(path, lines(11, "a"))
    before = make(path, f"PRAGMA user_version = {schema.VERSION + 1}")
    with pytest.raises(HistoryError, match="it was written by a newer version of this server") as raised:
        History(path)
    assert "\n" not in str(raised.value)
    assert path.read_bytes() == before


def test_there_must_be_a_folder(path: Path) -> None:
    """A wrong path is told at once, rather than by a history that is missing later."""
    with pytest.raises(HistoryError, match="/missing/history.db: there is no such folder$"):
        History(path.parent / "missing" / "history.db")


@pytest.mark.parametrize("make_it", [os.mkdir, os.mkfifo])
def test_it_must_be_a_file(path: Path, make_it: object) -> None:
    """A folder cannot hold a history, nor can a pipe, and nobody waits for one."""
    assert callable(make_it)
    make_it(path)
    with pytest.raises(HistoryError, match="it is not a file$"):
        History(path)


def test_an_empty_file_becomes_a_history(path: Path) -> None:
    """As `mktemp` makes one."""
    path.touch()
    keep(path, lines(11, "a"))
    assert rows(path, "SELECT text FROM talk") == [("a",)]


@pytest.mark.parametrize("name", ["a b.db", "历史?mode=ro#x%20.db", "'.db"])
def test_it_may_have_any_name(tmp_path: Path, name: str) -> None:
    """No part of it is taken for something else."""
    keep(tmp_path / name, lines(11, "a"))
    keep(tmp_path / name, lines(21, "b"))
    assert sorted(os.listdir(tmp_path)) == [name, f"{name}.lock"]
    assert rows(tmp_path / name, "SELECT text FROM talk") == [("a",), ("b",)]


def test_a_relative_name_stays_the_same_file(path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Wherever the process goes later."""
    monkeypatch.chdir(tmp_path)
    keep(path, lines(11, "a"))
    history = History("history.db")
    monkeypatch.chdir("/")
    assert texts(history.last(1, 11)) == ["a"]
    history.stop()
