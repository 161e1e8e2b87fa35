"""Events go into their tables and come back as they were."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.chat.events import Joined, Left, Said, Whispered
from server.chat.for_programs import Refused, Renamed
from server.chat.kinds import Placed
from server.commands.me import Emoted
from server.history import rows, schema
from server.history.rows import insert, load, select, store

from .keeping import lines, place, texts


@dataclass(slots=True)
class Voted(Placed):
    """A kind of event that only this test knows."""

    type = "voted"
    is_talk = True

    name: str
    choices: list[str]
    weight: float = 1.0
    cache: str = field(default="", init=False, compare=False)

    def line(self) -> str:
        return f"{self.name} votes"


@dataclass(slots=True)
class Hinted(Placed):
    """A private kind of event, which has no receiver."""

    type = "hinted"
    is_private = True

    text: str


EVENTS = [
    Said(1.5, "bob", "b:1", "大家好"),
    Said(1.5, "bob", "b:1", "", session="d1", number=7),
    Emoted(2.5, "bob", "b:1", "waves"),
    Joined(3.5, "bob", "[::1]:1"),
    Left(4.5, "bob", "b:1", "idle"),
    Renamed(5.5, "b:1", "bob", "b:1"),
    Whispered(6.5, "bob", "alice", "psst", "d2", session="d1", number=8),
    Refused(7.5, "no", "name_taken", session="d1", number=9),
    Voted(8.5, "bob", ["a", '"\x00中'], 2.5),
    Hinted(9.5, "psst", session="d3"),
]


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    schema.prepare(connection)
    yield connection
    connection.close()


def read(connection: sqlite3.Connection, table: str) -> list[Placed]:
    return load(connection, f"{select(table)} ORDER BY at", ())[0]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.type)
def test_an_event_comes_back_as_it_was(connection: sqlite3.Connection, event: Placed) -> None:
    """With its place, from the one table that it belongs to."""
    event.at = 1_700_000_000_000_001
    store(connection, [event])
    table = "private" if event.is_private else "talk" if event.is_talk else "moves"
    (found,) = read(connection, table)
    assert found == event
    assert (found.at, type(found), found.session, found.number) == (event.at, type(event), event.session, event.number)
    for other in {"private", "talk", "moves"} - {table}:
        assert read(connection, other) == []


@given(st.floats(1e9, 4e9))
def test_no_time_is_rounded(time: float) -> None:
    """Although SQLite writes numbers in JSON with 15 digits."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    schema.prepare(connection)
    store(connection, place(1, Said(time, "bob", "b:1", "x")))
    (found,) = read(connection, "talk")
    connection.close()
    assert found.time == time


@given(st.text())
def test_any_text_is_kept(text: str) -> None:
    """Also with quotes, zeros and control characters."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    schema.prepare(connection)
    store(connection, lines(1, text))
    assert texts(read(connection, "talk")) == [text or "<said>"]
    connection.close()


def test_what_is_no_text_is_kept_as_far_as_it_is(connection: sqlite3.Connection) -> None:
    """Half of a surrogate pair cannot be UTF-8. The other events of the batch stay as they are."""
    store(connection, lines(1, "before", "x\ud800y", "后"))
    assert texts(read(connection, "talk")) == ["before", "x?y", "后"]


@pytest.mark.parametrize("count", [1, 2, 3, 7, 1023, 1024, 1025, 5000])
def test_many_are_stored_with_few_statements(connection: sqlite3.Connection, count: int) -> None:
    """In their order, none twice. Statements of other sizes than powers of two would have to be prepared each time."""
    statements: list[str] = []
    connection.set_trace_callback(lambda statement: statements.append(statement[:11]))
    store(connection, lines(1, *map(str, range(count))))
    connection.set_trace_callback(None)
    assert texts(read(connection, "talk")) == [str(number) for number in range(count)]
    assert statements.count("INSERT OR I") == count // rows.MOST_ROWS + (count % rows.MOST_ROWS).bit_count()


def test_what_is_there_already_stays(connection: sqlite3.Connection) -> None:
    """So whatever may have been stored can be stored again."""
    store(connection, lines(1, "a", "b"))
    store(connection, lines(2, "other", "c"))
    assert texts(read(connection, "talk")) == ["a", "b", "c"]


def test_what_a_newer_version_has_written_is_left_out(connection: sqlite3.Connection) -> None:
    """Events of unknown types, and events without a field that they need here. The rows are counted all the same."""
    store(connection, lines(1, "a", "b"))
    columns = ("at", "type", "time", "name", "session", "number")
    insert(connection, "talk", columns, [(3, "danced", 1.0, "bob", "", 0), (4, "voted", 1.0, "bob", "", 0)])
    events, last, count = load(connection, f"{select('talk')} ORDER BY at", ())
    assert (texts(events), last, count) == (["a", "b"], 4, 4)
    connection.execute("""UPDATE talk SET more = '{"choices": [], "colour": "red"}' WHERE at = 4""")
    connection.execute("""UPDATE talk SET more = '{"mood": "good"}' WHERE at = 1""")
    assert texts(read(connection, "talk")) == ["a", "b", "<voted>"]
