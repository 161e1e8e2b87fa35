"""What a history holds, as lines for people or for programs. A server may be writing into it meanwhile."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from ..chat.kinds import Event, Placed
from ..storage.file import File
from . import reading, schema
from .schema import HistoryError

FORMS = ("text", "json")
MISSING = "-- 此处缺失 {} 条消息 --"
INTERRUPTED = "-- 服务器在此中断，可能缺失消息 --"


def export(path: str | Path, form: str, encode: Callable[[Event], bytes]) -> Iterator[str]:
    """Yield everything in a history that everyone may know, oldest first, as lines without their ends.

    `form` is one of FORMS. `encode` makes the line of a program. Raises HistoryError.
    """
    try:
        for event in _public(File(path, schema.FORMAT)):
            if form == "json":
                yield encode(event).decode().rstrip("\n")
            elif isinstance(event, reading.Missing):
                yield MISSING.format(event.events) if event.events else INTERRUPTED
            elif line := event.line():
                room = f"({event.room}) " if event.room else ""
                yield f"{time.strftime('%Y-%m-%d %H:%M:%S', time.localtime(event.time))} {room}{line}"
    except (OSError, sqlite3.Error, HistoryError) as error:
        raise HistoryError(f"cannot read the history {path}: {error}") from None


def _public(file: File) -> Iterator[Placed | reading.Missing]:
    """Yield all public events, and what is missing between them."""
    with file.reading() as connection:
        if not schema.FORMAT.check(connection):
            return
        end = reading.end_of(connection)
        (start,) = connection.execute("SELECT start FROM state").fetchone()
        place = end if start is None else start
        while place < end:
            events, place = reading.chunk(connection, place, end, private=False)
            yield from events
