"""The full-text index, and the search.

Lines are put into the index when there is nothing else to do, so that a flood costs no more than its lines. A search
reads the lines that are not yet in the index, newest first, and asks the index for the rest. Whatever is found is
looked at once more with `words.Query`, which decides for the memory, too.
"""

from __future__ import annotations

import sqlite3

from ..chat.kinds import LOBBY, Placed
from ..chat.words import Query, spaced
from ..storage.file import transaction
from .reading import newest, snapshot
from .rows import insert, load, select
from .schema import is_indexed

STEP = 200  # lines that are put into the index at once; fewer are not, and a search reads them
MOST_READ = 30_000  # lines that a search reads which the index does not help to find
CHUNK = 1000  # lines that it reads with one statement
MOST_PHRASES = 8  # that the index is asked for; the rest is left to the second look

_NEXT = f"{select('talk')} WHERE at > ? ORDER BY at LIMIT ?"
_FOUND = f"""
{select("talk")} WHERE at IN (
    SELECT rowid FROM words WHERE words MATCH ? AND rowid <= ? ORDER BY rowid DESC LIMIT ?
) ORDER BY at DESC
"""


def searched(event: Placed) -> str:
    """Return the text of an event in which words are searched."""
    return event.line()


def extend(connection: sqlite3.Connection) -> bool:
    """Put the next STEP lines into the index, in one transaction. Return False if there are not so many."""
    indexed = _indexed(connection)
    if indexed is None:
        return False
    events, last, count = load(connection, _NEXT, (indexed, STEP))
    if count < STEP:
        return False
    rows = [(event.at, spaced(searched(event))) for event in events]
    with transaction(connection):
        insert(connection, "words", ("rowid", "line"), rows)
        connection.execute("UPDATE state SET indexed = ?", (last,))
    return True


def search(connection: sqlite3.Connection, words: str, count: int, until: int, room: str = LOBBY) -> list[Placed]:
    """Return the newest `count` events of talk in a room up to `until` that hold all the words, oldest first."""
    query = Query.of(words)
    found: list[Placed] = []
    with snapshot(connection):
        indexed = (_indexed(connection) or 0) if query.phrases else 0
        _read(connection, query, count, until, room, indexed, found)
        if indexed:
            _ask(connection, query, count, until, room, found)
    found.reverse()
    return found


def _indexed(connection: sqlite3.Connection) -> int | None:
    """Return up to which place the index has all lines, or None if there is no index."""
    if not is_indexed(connection):
        return None
    (indexed,) = connection.execute("SELECT indexed FROM state").fetchone()
    return int(indexed)


def _read(
    connection: sqlite3.Connection, query: Query, count: int, until: int, room: str, after: int, found: list[Placed]
) -> None:
    """Search the lines above `after` by reading them."""
    read = 0
    while read < MOST_READ and len(found) < count:
        events, last, rows = newest(connection, CHUNK, until, room, after)
        read += rows
        until = last - 1
        _keep(query, events, count, found)
        if rows < CHUNK:
            return


def _ask(connection: sqlite3.Connection, query: Query, count: int, until: int, room: str, found: list[Placed]) -> None:
    """Search the lines up to `until` that are in the index, which knows nothing of rooms."""
    longest = sorted(query.phrases, key=len, reverse=True)[:MOST_PHRASES]
    match = " ".join(f'"{phrase}"' for phrase in longest)
    read, size = 0, 2 * count
    while read < MOST_READ and len(found) < count:
        events, last, rows = load(connection, _FOUND, (match, until, size))
        read += rows
        until = last - 1
        _keep(query, [event for event in events if event.room == room], count, found)
        if rows < size:
            return
        size = CHUNK


def _keep(query: Query, events: list[Placed], count: int, found: list[Placed]) -> None:
    for event in events:
        if len(found) == count:
            return
        if query.is_in(searched(event)):
            found.append(event)
