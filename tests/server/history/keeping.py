"""A room whose history is kept in a file, and what is needed to look at that file."""

from __future__ import annotations

import contextlib
import queue
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from server.chat.events import Said
from server.chat.kinds import Placed
from server.chat.restoring import open_room
from server.chat.sessions import Session
from server.chat.told import Told
from server.history.history import History
from server.history.waiting import Waiting
from server.history.writing import Group
from server.log.subscriber import Batch
from server.wire.user import User

from ...support.chatting import NOW, Chat
from ...support.peers import PATIENCE

START = 1_000_000  # the place after which a room begins that nobody has kept


@dataclass(slots=True)
class Pretend:
    """What a batch has told, made by hand."""

    events: list[Placed] = field(default_factory=list)
    sessions: dict[str, Session] = field(default_factory=dict)

    def placed(self) -> list[Placed]:
        return self.events


def batch(told: Pretend | Told) -> Batch:
    """Return a batch in which that was told."""
    nobody: Mapping[int, User] = {}
    return Batch((), cast(Told, told), nobody, NOW)


def place(at: int, *events: Placed) -> list[Placed]:
    """Give events their places, from `at` on."""
    for number, event in enumerate(events, at):
        event.at = number
    return list(events)


def lines(at: int, *texts: str) -> list[Placed]:
    """Return what somebody has said, from the place `at` on."""
    return place(at, *(Said(NOW, "bob", "b:1", text) for text in texts))


def texts(events: Sequence[Any]) -> list[str]:
    """Return what was said, and the names of other types."""
    return [getattr(event, "text", "") or f"<{event.type}>" for event in events]


def keep(path: Path, *batches: Pretend | Sequence[Placed], waiting: Waiting | None = None) -> None:
    """Run a history that is handed some batches, from its start to its end."""
    history = History(path, waiting=waiting)
    with history:
        for one in batches:
            history.record(batch(one if isinstance(one, Pretend) else Pretend(list(one))))


class Kept(Chat):
    """A room that is kept in a file, over one life of its server."""

    def __init__(self, path: Path, start: int, remember: int = 1000) -> None:
        self.history = History(path, remember)
        super().__init__(open_room(start, self.history, self.history.restored, remember, 0))

    def apply(self, *entries: Any) -> Told:
        told = super().apply(*entries)
        self.history.record(batch(told))
        return told


@contextlib.contextmanager
def server(path: Path, start: int = START, remember: int = 1000) -> Iterator[Kept]:
    """Run a room with a history, which has everything in its file at the end."""
    kept = Kept(path, start, remember)
    with kept.history:
        yield kept


def rows(path: Path, statement: str, *values: object) -> list[tuple[Any, ...]]:
    """Return what a statement selects from a file."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return connection.execute(statement, values).fetchall()


class Progress:
    """Tells when a history has written something. Made before its thread begins."""

    def __init__(self, history: History) -> None:
        self._places: queue.Queue[int] = queue.Queue()
        self._writer = history._writer
        self._follow = history._writer._follow
        history._writer._follow = self._follow_and_tell  # type: ignore[method-assign]

    def wait(self, at: int) -> None:
        """Wait until everything up to a place is in the file."""
        while self._places.get(timeout=PATIENCE) < at:
            pass

    def _follow_and_tell(self, group: Group) -> None:
        self._follow(group)
        self._places.put(self._writer.stored)
