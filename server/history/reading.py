"""Reading from a history. Each function gets a connection, which nobody else uses meanwhile."""

from __future__ import annotations

import contextlib
import heapq
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from operator import attrgetter

from ..chat.archive import Gap, Restored
from ..chat.kept import Kept
from ..chat.kinds import LOBBY, Placed
from ..chat.names import fold
from ..chat.sessions import Session
from .rows import load, select

CHUNK = 500  # events that are read with one statement

_BETWEEN = "WHERE at > :after AND at <= :until "
_PUBLIC = f"{select('talk')} {_BETWEEN} UNION ALL {select('moves')} {_BETWEEN}"
_ALL = f"{_PUBLIC} UNION ALL {select('private')} {_BETWEEN}"
_TALK = f"{select('talk')} {_BETWEEN}"
_IN_LOBBY, _IN_ROOM = "AND room = ''", "AND room = :room AND room != ''"  # else the index is not used
_HOLES = "SELECT after, until, events FROM holes WHERE after < ? AND until > ? ORDER BY after"
_LAST_PLACE = """
SELECT max(
    coalesce((SELECT max(at) FROM talk), 0), coalesce((SELECT max(at) FROM moves), 0),
    coalesce((SELECT max(at) FROM private), 0), coalesce((SELECT max(until) FROM holes), 0)
)
"""


@dataclass(slots=True)
class Missing(Gap):
    """A gap of which it is known how many events are missing, and up to which place. 0 is an unknown number."""

    until: int
    events: int


@contextlib.contextmanager
def snapshot(connection: sqlite3.Connection) -> Iterator[None]:
    """Let all statements that follow see the file as it is at one moment."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")


def end_of(connection: sqlite3.Connection) -> int:
    """Return the place of the last event in the file, or 0."""
    (end,) = connection.execute(_LAST_PLACE).fetchone()
    return int(end)


def chunk(connection: sqlite3.Connection, after: int, until: int, private: bool) -> tuple[list[Placed | Missing], int]:
    """Return the next events and gaps above `after`, up to `until`, and up to which place these are all there are.

    Where a server was killed, nobody knows whether something is missing. For a session (`private`) that is a gap only if
    it has heard something there: then that is not known any more, and whoever said it will say it again.
    """
    with snapshot(connection):
        statement = f"{_ALL if private else _PUBLIC} ORDER BY at LIMIT {CHUNK}"
        events, last, count = load(connection, statement, {"after": after, "until": until})
        if count < CHUNK:
            last = until
        holes = connection.execute(_HOLES, (last, after))
        gaps = [
            Missing(begin, end, events or 0)
            for begin, end, events in holes
            if events is not None or begin < after or not private
        ]
        (start,) = connection.execute("SELECT start FROM state").fetchone()
    if start is None or after < start:  # before the first event of the file there may have been others
        gaps.insert(0, Missing(after, until if start is None else start, 0))
    # A gap that begins in front of `after` stands in front of all events.
    ordered: Iterator[Placed | Missing] = heapq.merge(
        gaps, events, key=lambda item: item.after if isinstance(item, Missing) else item.at - 1
    )
    return list(ordered), last


def newest(
    connection: sqlite3.Connection, count: int, until: int, room: str, after: int = 0
) -> tuple[list[Placed], int, int]:
    """Return the last events of talk in a room above `after`, up to `until`, newest first; and what `load` returns besides."""
    statement = f"{_TALK} {_IN_ROOM if room else _IN_LOBBY} ORDER BY at DESC LIMIT {count}"
    return load(connection, statement, {"after": after, "until": until, "room": room})


def last_talk(connection: sqlite3.Connection, count: int, until: int, room: str = LOBBY) -> list[Placed]:
    """Return the last `count` events of talk in a room up to `until`, oldest first."""
    found: list[Placed] = []
    while len(found) < count:
        events, last, rows = newest(connection, count - len(found), until, room)
        found += events
        if rows < count - len(found) or not rows:
            break
        until = last - 1
    found.reverse()
    return found


def restore(connection: sqlite3.Connection, remember: int) -> Restored:
    """Return what the file knows of the room, with the last `remember` events."""
    end = end_of(connection)
    holes = connection.execute("SELECT coalesce(max(until), 0) FROM holes WHERE events IS NOT NULL").fetchone()
    start = connection.execute("SELECT start FROM state").fetchone()
    forgotten = max(int(holes[0]), int(start[0] or 0))
    statement = f"{_ALL} ORDER BY at DESC LIMIT {remember + 1}"
    events, _, _ = load(connection, statement, {"after": forgotten, "until": end})
    events.sort(key=attrgetter("at"))
    if len(events) > remember:
        del events[: len(events) - remember]
        forgotten = events[0].at - 1 if events else end
    sessions = connection.execute("SELECT digest, name, addr, line, held, state FROM sessions ORDER BY held = 0, held")
    return Restored(
        end,
        forgotten,
        events,
        [
            Session(digest, name, fold(name), addr, line, held_since=held or end, kept=Kept(state))
            for digest, name, addr, line, held, state in sessions
        ],
        list(connection.execute("SELECT name, addr, room FROM online")),
    )
