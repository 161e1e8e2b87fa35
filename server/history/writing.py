"""Writing to a history: each call is one transaction, which is there as a whole after a crash, or not at all."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ..chat.kinds import Placed
from ..storage.file import transaction
from .rows import insert, store
from .waiting import Hole, Part, Presence, Row

_HAS_ENDED = "SELECT value FROM json_each(?)"
_FORGET = f"""
DELETE FROM private
WHERE at IN (
    SELECT at FROM private WHERE session IN ({_HAS_ENDED}) UNION SELECT at FROM private WHERE receiver IN ({_HAS_ENDED})
)
AND session NOT IN (SELECT digest FROM sessions) AND receiver NOT IN (SELECT digest FROM sessions)
"""


@dataclass(slots=True)
class Group:
    """Some parts that are written together."""

    events: list[Placed] = field(default_factory=list)
    holes: list[Hole] = field(default_factory=list)
    changed: dict[str, Row] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)  # some of which may have changed before
    presence: Presence = field(default_factory=Presence)
    end: int = 0  # the place of the last event

    @classmethod
    def of(cls, parts: Iterable[Part]) -> Group:
        """Return what some parts, in their order, amount to."""
        group = cls()
        for part in parts:
            if isinstance(part, Hole):
                if part.missing:
                    group.holes.append(part)
                    group.end = part.until
                group.presence.add(part.presence)
            elif part.events:
                group.events += [event for event in part.events if not event.is_private or _is_kept(event)]
                group.end = part.events[-1].at
                group.presence.follow(part.events)
            group.changed.update(part.changed)
            group.ended |= part.ended
        return group

    @property
    def first(self) -> int:
        """The place of the first event, or 0."""
        return min([*(event.at for event in self.events[:1]), *(hole.after + 1 for hole in self.holes)], default=0)


def take(connection: sqlite3.Connection) -> bool:
    """Take note that a server has the file now. Return whether the server before has written everything.

    This cannot wait until something is written: if the server is killed before that, its users have heard things that
    are in no file.
    """
    (clean,) = connection.execute("SELECT clean FROM state").fetchone()
    connection.execute("UPDATE state SET clean = 0")
    return bool(clean)


def begin(connection: sqlite3.Connection, end: int, first: int, was_clean: bool) -> None:
    """Take note that a server goes on at the place `first` in a file whose last event is at `end`.

    If the server before was ended before it had written everything, nobody knows what is missing between the two.
    """
    connection.execute("UPDATE state SET start = coalesce(start, ?), clean = 0", (first - 1,))
    if not was_clean and end < first - 1:
        insert(connection, "holes", ("after", "until"), [(end, first - 1)])
    forget_private(connection)


def write(connection: sqlite3.Connection, group: Group) -> None:
    """Store a group, inside a transaction."""
    store(connection, group.events)
    if group.holes:
        holes = [(hole.after, hole.until, hole.missing) for hole in group.holes]
        insert(connection, "holes", ("after", "until", "events"), holes, "REPLACE")
    if group.presence.gone:
        connection.execute(
            "DELETE FROM online WHERE name IN (SELECT value FROM json_each(?))", (_list(group.presence.gone),)
        )
    if group.presence.came:
        _write_online(connection, group.presence.came)
    if group.changed:
        write_sessions(connection, group.changed)
    if group.ended:
        ended = _list(group.ended)
        connection.execute(f"DELETE FROM sessions WHERE digest IN ({_HAS_ENDED})", (ended,))
        connection.execute(_FORGET, (ended, ended))


def write_sessions(connection: sqlite3.Connection, sessions: Mapping[str, Row]) -> None:
    """Store sessions as they are now, inside a transaction."""
    insert(
        connection, "sessions", ("digest", "name", "addr", "line", "held", "state"), list(sessions.values()), "REPLACE"
    )


def write_room(
    connection: sqlite3.Connection, sessions: Mapping[str, Row], online: Mapping[str, tuple[str, str]]
) -> None:
    """Store which sessions there are and who is online, inside a transaction, in place of what the file knows."""
    connection.execute("DELETE FROM sessions")
    connection.execute("DELETE FROM online")
    write_sessions(connection, sessions)
    _write_online(connection, online)
    forget_private(connection)


def _write_online(connection: sqlite3.Connection, online: Mapping[str, tuple[str, str]]) -> None:
    rows = [(name, addr, room) for name, (addr, room) in online.items()]
    insert(connection, "online", ("name", "addr", "room"), rows, "REPLACE")


def forget_private(connection: sqlite3.Connection) -> None:
    """Delete what is private and whose sessions have all ended, inside a transaction."""
    connection.execute(
        "DELETE FROM private WHERE session NOT IN (SELECT digest FROM sessions)"
        " AND receiver NOT IN (SELECT digest FROM sessions)"
    )


def finish(connection: sqlite3.Connection) -> None:
    """Take note that everything has been written."""
    with transaction(connection):
        connection.execute("UPDATE state SET clean = 1")


def _is_kept(event: Placed) -> bool:
    return bool(event.session or getattr(event, "receiver", ""))


def _list(texts: Iterable[str]) -> str:
    return json.dumps(list(texts))
