"""A search in a file finds what the same search in the memory finds."""

from __future__ import annotations

import contextlib
import queue
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.chat.kinds import Placed
from server.chat.words import find
from server.history import index, schema
from server.history.history import MOST_TOGETHER, History
from server.history.rows import store

from ...support.peers import PATIENCE
from ..chat.test_words import SOME
from .keeping import Pretend, batch, keep, lines, rows, texts

WORDS = st.sampled_from(
    ["公", "园", "公园", "去公园", "a", "b", "ab", "!", "!!", "，", "ａ", "é", "👍", "NEAR", '"', "*", "a AND b"]
)
LINES = st.lists(st.lists(WORDS, max_size=5).map("".join) | st.text(st.sampled_from(SOME), max_size=8), max_size=12)
QUERIES = st.lists(WORDS, max_size=3).map(" ".join) | st.text(st.sampled_from(SOME), max_size=4)


@contextlib.contextmanager
def file_of(events: list[Placed], full_text: bool = True) -> Iterator[sqlite3.Connection]:
    """Return a connection to a file with these events, which may be unable to have an index."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        schema.prepare(connection)
        if not full_text:
            connection.execute("DROP TABLE words")
        store(connection, events)
        yield connection
    finally:
        connection.close()


def expected(events: list[Placed], query: str, count: int, until: int) -> list[Placed]:
    """Return what a search in the memory finds."""
    found = [event for event in events if event.at <= until and find(event.line(), query)]
    return found[max(0, len(found) - count) :] if count else []


@given(LINES, QUERIES, st.integers(1, 4), st.integers(0, 14), st.integers(1, 5), st.booleans())
def test_the_file_finds_what_the_memory_finds(
    texts_: list[str], query: str, count: int, until: int, indexed: int, full_text: bool
) -> None:
    """However much of it is in the index, and without one."""
    events = lines(1, *texts_)
    with file_of(events, full_text) as connection, pytest.MonkeyPatch.context() as patch:
        patch.setattr(index, "CHUNK", 2)
        for step in (indexed, 1):
            patch.setattr(index, "STEP", step)
            assert index.search(connection, query, count, until) == expected(events, query, count, until)
            while index.extend(connection):
                pass
            assert index.search(connection, query, count, until) == expected(events, query, count, until)


def test_every_line_is_put_into_the_index_once() -> None:
    """Step by step, but for the last few."""
    with file_of(lines(1, *["公园"] * (2 * index.STEP + 10))) as connection:
        assert [index.extend(connection) for _ in range(5)] == [True, True, False, False, False]
        found = connection.execute("SELECT rowid FROM words WHERE words MATCH '公 园'").fetchall()
        assert found == [(at,) for at in range(1, 2 * index.STEP + 1)]


def test_the_index_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search for a word reads no line that does not hold it, in however long a file."""
    with file_of(lines(1, *["公园"] * 3, *["去"] * (20 * index.STEP - 3))) as connection:
        while index.extend(connection):
            pass
        looked_at: list[Placed] = []

        def searched(event: Placed) -> str:
            looked_at.append(event)
            return event.line()

        monkeypatch.setattr(index, "searched", searched)
        assert texts(index.search(connection, "公园", 20, 9999)) == ["公园"] * 3
        assert texts(looked_at) == ["公园"] * 3


@pytest.mark.parametrize("query", ["!!!", "公园"])
def test_what_is_read_is_bounded(monkeypatch: pytest.MonkeyPatch, query: str) -> None:
    """A word that is in no index is looked for in the newest lines only, and so are lines that are not in it yet."""
    monkeypatch.setattr(index, "MOST_READ", 3000)
    monkeypatch.setattr(index, "CHUNK", 1000)
    with file_of(lines(1, "公园!!!", *["去"] * 2999, "公园!!!", *["去"] * 2999)) as connection:
        assert [event.at for event in index.search(connection, query, 20, 9999)] == [3001]


def test_a_query_of_very_many_words_is_answered() -> None:
    """The index is asked for some of them, and all decide."""
    many = " ".join(f"w{number}" for number in range(700))
    with file_of(lines(1, many, many.replace("w33 ", ""), *["x"] * (index.STEP - 2))) as connection:
        assert index.extend(connection)
        asked: list[str] = []
        connection.set_trace_callback(asked.append)
        assert [event.at for event in index.search(connection, many, 20, 9)] == [1]
        (statement,) = [one for one in asked if "MATCH" in one]
        assert statement.count('"w') == index.MOST_PHRASES


def test_many_who_search_do_so_in_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each waits until the one before has its answer."""
    keep(tmp_path / "history.db", lines(1, "a"))
    history = History(tmp_path / "history.db")
    search = index.search

    def search_alone(connection: sqlite3.Connection, words: str, count: int, until: int, room: str) -> list[Placed]:
        assert history._searching.locked()
        return search(connection, words, count, until, room)

    monkeypatch.setattr(index, "search", search_alone)
    assert texts(history.search("a", 20, 9)) == ["a"]
    assert not history._searching.locked()
    history.stop()


def test_the_index_grows_while_nothing_happens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that has time for it indexes what the one before has left."""
    path = tmp_path / "history.db"
    with monkeypatch.context() as patch:
        patch.setattr(index, "extend", lambda connection: False)
        keep(path, lines(1, *["a"] * index.STEP), lines(1001, *["b"] * index.STEP))
    assert rows(path, "SELECT indexed FROM state") == [(0,)]
    history = History(path)
    steps: queue.Queue[bool] = queue.Queue()
    extend = history._writer.extend_index

    def extend_and_tell() -> bool:
        steps.put(more := extend())
        return more

    history._writer.extend_index = extend_and_tell  # type: ignore[method-assign]
    with history:
        while steps.get(timeout=PATIENCE):
            pass
    assert rows(path, "SELECT indexed FROM state") == [(1000 + index.STEP,)]


@pytest.mark.parametrize("flood", [False, True])
def test_the_index_grows_while_people_talk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flood: bool) -> None:
    """Something may always wait to be written. Only in a flood is there no time for the index."""
    history = History(tmp_path / "history.db")
    steps: list[int] = []
    monkeypatch.setattr(history._writer, "extend_index", lambda: steps.append(history.stored))
    monkeypatch.setattr(history._waiting, "pause", lambda seconds: False)
    history.record(batch(Pretend(lines(1, *["a"] * (MOST_TOGETHER if flood else 10)))))
    with history:
        pass
    assert steps == ([] if flood else [10])
