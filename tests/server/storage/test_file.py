"""A file that one server has, and what becomes of a damaged one."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from server.history.schema import FORMAT
from server.storage.file import File


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.db"


def test_one_server_writes_at_a_time(path: Path) -> None:
    """Another is refused until the first has released it."""
    first, second = File(path, FORMAT), File(path, FORMAT)
    with contextlib.closing(first.open()):
        with pytest.raises(BlockingIOError, match="another server has it"):
            second.open()
        first.release()
        with contextlib.closing(second.open()):
            second.release()


def test_what_is_moved_aside_overwrites_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often that happens in one second."""
    monkeypatch.setattr("time.strftime", lambda form: "20260102-030405")
    Path(f"{path}.damaged-20260102-030405-1-wal").write_text("old")
    file = File(path, FORMAT)
    names = []
    for number in range(3):
        path.write_text(str(number))
        Path(f"{path}-wal").write_text(f"wal {number}")
        names.append(file.move_aside().name)
    stem = "history.db.damaged-20260102-030405"
    assert names == [stem, f"{stem}-2", f"{stem}-3"]
    assert {one.name: one.read_text() for one in path.parent.iterdir()} == {
        stem: "0",
        f"{stem}-wal": "wal 0",
        f"{stem}-1-wal": "old",
        f"{stem}-2": "1",
        f"{stem}-2-wal": "wal 1",
        f"{stem}-3": "2",
        f"{stem}-3-wal": "wal 2",
    }
