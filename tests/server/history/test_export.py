"""A history written out, for people and for programs."""

from __future__ import annotations

import json
import stat
import time
from pathlib import Path

import pytest

from server.chat.events import Joined, Left, Said, Whispered
from server.chat.for_programs import Renamed
from server.chat.sessions import Session
from server.commands.me import Emoted
from server.history import reading
from server.history.export import INTERRUPTED, export
from server.history.history import History
from server.history.schema import HistoryError
from server.history.waiting import Waiting
from server.wire.values import Values

from .keeping import Pretend, Progress, batch, keep, lines, place, rows

MORNING = 1_700_000_000.5
CLOCK = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(MORNING))
EVENTS = [
    Joined(MORNING, "b:1", "b:1"),
    Renamed(MORNING, "b:1", "bob", "b:1"),
    Said(MORNING, "bob", "b:1", '大家好 "x"', session="d1", number=1),
    Whispered(MORNING, "bob", "ann", "psst", session="d1", number=2),
    Emoted(MORNING, "bob", "b:1", "waves"),
    Left(MORNING, "bob", "b:1", "quit"),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.db"


def text(path: Path) -> list[str]:
    return list(export(path, "text", Values().encode))


def test_people_read_the_lines_behind_their_times(path: Path) -> None:
    """Oldest first, in the time of this machine. What text users are not told is left out, and so is what is private."""
    keep(path, Pretend(place(11, *EVENTS), {"d1": Session("d1", "bob", "bob", "b:1")}))
    assert rows(path, "SELECT text FROM private") == [("psst",)]
    assert text(path) == [
        f"{CLOCK} [b:1]b:1:已上线",
        f'{CLOCK} [b:1]bob:大家好 "x"',
        f"{CLOCK} [b:1]bob * waves",
        f"{CLOCK} [b:1]bob:下线",
    ]


def test_programs_read_the_same_values_as_on_the_wire(path: Path) -> None:
    """One object a line, with nothing that is private in it."""
    keep(path, Pretend(place(11, *EVENTS), {"d1": Session("d1", "bob", "bob", "b:1")}))
    found = list(export(path, "json", Values().encode))
    encode = Values().encode
    assert found == [encode(event).decode().rstrip("\n") for event in EVENTS if not event.is_private]
    assert [json.loads(line)["type"] for line in found] == ["joined", "renamed", "said", "emote", "left"]
    assert "psst" not in "".join(found)
    assert "d1" not in "".join(found)


def test_what_is_missing_is_said(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """How many events, where that is known."""
    history = History(path, waiting=Waiting(2))
    for at in (11, 13, 15):
        history.record(batch(Pretend(lines(at, "a", "b"))))
    with monkeypatch.context() as patch, history:
        patch.setattr("server.history.writing.finish", lambda connection: None)
        history.stop()
    keep(path, lines(21, "c"))
    bare = [line.partition("bob:")[2] or line for line in text(path)]
    assert bare == ["a", "b", "-- 此处缺失 4 条消息 --", INTERRUPTED, "c"]
    found = [json.loads(line) for line in export(path, "json", Values().encode)]
    assert [one.get("text") or one["after"] for one in found] == ["a", "b", "12", "16", "c"]


def test_a_server_may_be_writing_meanwhile(path: Path) -> None:
    """What it has written is there, up to the moment at which the export began."""
    history = History(path)
    progress = Progress(history)
    with history:
        history.record(batch(Pretend(lines(11, "a", "b"))))
        progress.wait(12)
        reader = export(path, "text", Values().encode)
        assert next(reader).endswith("bob:a")
        history.record(batch(Pretend(lines(13, "c"))))
        progress.wait(13)
        assert [line[-5:] for line in reader] == ["bob:b"]
        assert len(text(path)) == 3


def test_a_long_history_is_read_in_parts(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each line once, whatever the size of a part."""
    keep(path, lines(11, *map(str, range(100))))
    for size in (1, 7, 99, 100, 101):
        monkeypatch.setattr(reading, "CHUNK", size)
        assert [line.partition("bob:")[2] for line in text(path)] == [str(number) for number in range(100)]


def test_an_export_changes_nothing(path: Path) -> None:
    """Not even the file's time. What SQLite leaves beside it is empty, and only its owner may read it."""
    keep(path, lines(11, "a"))
    before = path.stat().st_mtime_ns
    assert len(text(path)) == 1
    assert path.stat().st_mtime_ns == before
    for end in ("-wal", "-shm"):
        beside = Path(f"{path}{end}")
        assert not beside.exists() or stat.S_IMODE(beside.stat().st_mode) == 0o600
    keep(path, lines(21, "b"))
    assert len(text(path)) == 2


def test_an_empty_history_has_no_lines(path: Path) -> None:
    """Whether there was a server on it or not."""
    path.touch()
    assert text(path) == []
    keep(path)
    assert text(path) == []


@pytest.mark.parametrize("content", [None, b"SQLite format 3\x00" + bytes(84), b"x" * 5000])
def test_what_cannot_be_read_is_said(path: Path, content: bytes | None) -> None:
    """A file that is not there, or no history, or damaged. It stays as it is."""
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(HistoryError, match=f"^cannot read the history {path}: "):
        text(path)
    assert (path.read_bytes() if path.exists() else None) == content
