"""From events to rows of the tables, and back. A new kind of event needs nothing here.

One statement stores many rows, and one statement reads many rows, as one text in JSON. Python's `sqlite3` gives the
interpreter away at each row that it stores or reads. While other threads are busy, to get it back can take as long as
the switch interval of this server, which is 100 ms.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from functools import lru_cache
from itertools import chain
from operator import attrgetter

from .. import commands
from ..chat.kinds import Placed

# Some commands have kinds of events of their own. A row of a kind that is not there would be passed over.
commands.discover()

# Rows in one statement. Before its version 3.32, SQLite takes 999 values at most.
MOST_ROWS = 1024 if sqlite3.sqlite_version_info >= (3, 32) else 64

_EVERY = ("at", "time")  # what every event has
_OF_PROGRAMS = ("session", "number")  # what those have that programs have caused; others are stored without
_IN_ROOMS = ("room",)  # what those have that have not happened in the lobby
_COLUMNS = ("name", "addr", "text", "receiver")  # what has a column of its own, if an event has it

_session, _room = attrgetter("session"), attrgetter("room")

# SQLite writes a number in JSON with 15 digits, which are too few for a time, but enough for its two parts.
_AS_JSON = """
SELECT json_group_array(json_array(
    at, type, CAST(time AS INTEGER), time - CAST(time AS INTEGER), session, number, room, more, name, addr,
    text, receiver
)) FROM ({})
"""


class Shape:
    """How a kind of event is stored, if it was caused by programs or not, and has happened in the lobby or not."""

    def __init__(self, kind: type[Placed], by_programs: bool, in_rooms: bool) -> None:
        names = {field.name for field in fields(kind) if field.init} - {*_EVERY, *_OF_PROGRAMS, *_IN_ROOMS}
        further = (*_OF_PROGRAMS * by_programs, *_IN_ROOMS * in_rooms)
        own = [*_EVERY, *further, *(name for name in _COLUMNS if name in names)]
        self.kind = kind
        self.table = "private" if kind.is_private else "talk" if kind.is_talk else "moves"
        self.names = names
        self._more = sorted(names - set(own))
        self.columns = (*own, "more") if self._more else tuple(own)
        self._get: Callable[[Placed], tuple[object, ...]] = attrgetter(*own)
        self.row = self._row if self._more else self._get

    def _row(self, event: Placed) -> tuple[object, ...]:
        more = {name: getattr(event, name) for name in self._more}
        return (*self._get(event), json.dumps(more, ensure_ascii=False, default=str))

    def make(self, row: Sequence[object]) -> Placed:
        """Return the event that was stored as a row, as `_AS_JSON` reads it."""
        at, _, seconds, part, session, number, room, more, *own = row
        values = dict(zip(_COLUMNS, own, strict=True))
        values.update(json.loads(str(more)) if more else {})
        made = {name: value for name, value in values.items() if name in self.names}
        time = float(seconds) + float(part)  # type: ignore[arg-type]
        event = self.kind(time=time, session=session, number=number, room=room, **made)  # type: ignore[arg-type]
        event.at = int(at)  # type: ignore[call-overload]
        return event


_SHAPES: dict[tuple[type[Placed], bool, bool], Shape] = {}


def shape_of(kind: type[Placed], by_programs: bool = True, in_rooms: bool = True) -> Shape:
    """Return how a kind of event is stored."""
    shape = _SHAPES.get((kind, by_programs, in_rooms))
    if shape is None:
        shape = _SHAPES[kind, by_programs, in_rooms] = Shape(kind, by_programs, in_rooms)
    return shape


def store(connection: sqlite3.Connection, events: Sequence[Placed]) -> None:
    """Insert events at their places. One that is stored already stays, so that this can be tried again."""
    kinds: list[type[Placed]] = list(dict.fromkeys(map(type, events)))
    for kind in kinds:
        some = events if len(kinds) == 1 else [event for event in events if type(event) is kind]
        shape = shape_of(kind, any(map(_session, some)), any(map(_room, some)))
        insert(connection, shape.table, shape.columns, list(map(shape.row, some)), kind=kind.type)


def insert(
    connection: sqlite3.Connection,
    table: str,
    columns: tuple[str, ...],
    rows: Sequence[Sequence[object]],
    how: str = "IGNORE",
    kind: str = "",
) -> None:
    """Insert rows with few statements: their sizes are powers of two, so that there are few to prepare.

    `how` is what is done about a row that is there already, `kind` the type of all rows, if they have one.
    """
    start, size = 0, MOST_ROWS
    while start < len(rows):
        while size > len(rows) - start:
            size //= 2
        values = list(chain.from_iterable(rows[start : start + size]))
        statement = _insert(table, columns, size, how, kind)
        try:
            connection.execute(statement, values)
        except UnicodeEncodeError:  # half of a surrogate pair, which no text should have
            connection.execute(statement, [_clean(value) for value in values])
        start += size


@lru_cache(maxsize=256)
def _insert(table: str, columns: tuple[str, ...], rows: int, how: str, kind: str) -> str:
    values = ["?"] * len(columns)
    if kind:
        columns, values = (*columns, "type"), [*values, f"'{kind}'"]
    row = f"({', '.join(values)})"
    return f"INSERT OR {how} INTO {table} ({', '.join(columns)}) VALUES {', '.join([row] * rows)}"


def _clean(value: object) -> object:
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


def select(table: str) -> str:
    """Return the statement that selects all rows of a table, to be completed with a condition, for `load`."""
    receiver = "receiver" if table == "private" else "'' AS receiver"
    return f"SELECT at, type, time, session, number, room, more, name, addr, text, {receiver} FROM {table} "


def load(
    connection: sqlite3.Connection, statement: str, values: Sequence[object] | Mapping[str, object]
) -> tuple[list[Placed], int, int]:
    """Return the events that a statement selects, the place of its last row, and how many rows these were.

    The events are fewer than the rows if a newer version has written some that are not known here.
    """
    (text,) = connection.execute(_AS_JSON.format(statement), values).fetchone()
    rows = json.loads(text)
    kinds = _kinds()
    events: list[Placed] = []
    for row in rows:
        kind = kinds.get(row[1])
        if kind is not None:
            try:
                events.append(shape_of(kind).make(row))
            except (TypeError, ValueError):  # a newer version knows this kind of event with other fields
                continue
    return events, rows[-1][0] if rows else 0, len(rows)


def _kinds() -> dict[str, type[Placed]]:
    """Return all kinds of events by the name of their type."""
    found: dict[str, type[Placed]] = {}
    waiting = [Placed]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        # A class with slots is made from one without, which may still be there for a while.
        if kind is not Placed and (kind.type not in found or "__slots__" in vars(kind)):
            found[kind.type] = kind
    return found
