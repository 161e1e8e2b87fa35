"""Words that wait in the accounts file: how many, how long, and until when."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.accounts import store as store_module
from server.accounts.store import LONGEST, MOST_FOR_ONE, MOST_FROM_ONE, Store
from server.chat.owners import Word

from ...support.owning import again

NOW = 1_000_000.0


def texts(words: list[Word]) -> list[str]:
    return [word.text for word in words]


def test_words_wait_in_order_and_survive(store: Store, path: Path) -> None:
    """Until they have been delivered."""
    for text in ("one", "two", "three"):
        assert store.keep("bob", "alice", text, NOW, None)
    store.keep("carol", "alice", "other", NOW, None)
    words = again(store, path).hand_out("bob", NOW)
    assert texts(words) == ["one", "two", "three"]
    store.delivered(words[:2])
    assert texts(again(store, path).hand_out("bob", NOW)) == ["three"]


def test_a_hundred_words_wait_for_a_name(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """And so many for all names together."""
    kept = [store.keep("bob", "alice", str(n), NOW, None) for n in range(MOST_FOR_ONE + 1)]
    assert kept.index(None) == MOST_FOR_ONE
    monkeypatch.setattr(store_module, "MOST_WORDS", MOST_FOR_ONE + 1)
    assert store.keep("carol", "alice", "x", NOW, None)
    assert store.keep("dave", "alice", "x", NOW, None) is None


def test_one_network_does_not_fill_the_places_of_a_name(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever name it says them under. It cannot fill the file either. What is delivered makes room."""
    kept = [store.keep("bob", f"alice{n}", "x", NOW, None, "10.0.0.1") for n in range(MOST_FROM_ONE + 1)]
    assert kept.index(None) == MOST_FROM_ONE
    assert store.keep("bob", "carol", "x", NOW, None, "10.0.0.2")
    assert store.keep("bob", "this machine", "x", NOW, None)
    monkeypatch.setattr(store_module, "MOST_WORDS_FROM_ONE", MOST_FROM_ONE + 1)
    assert [bool(store.keep(f"n{n}", "alice", "x", NOW, None, "10.0.0.1")) for n in range(2)] == [True, False]
    store.delivered(store.hand_out("bob", NOW))
    assert store.keep("bob", "alice", "x", NOW, None, "10.0.0.1")


def test_what_was_delivered_takes_nobodys_place(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only words that wait count. Lines that were delivered are remembered up to a number, and the oldest go first."""
    monkeypatch.setattr(store_module, "MOST_WORDS", 2)
    monkeypatch.setattr(store_module, "MOST_DELIVERED", 3)
    first = [store.keep("bob", "alice", "x", NOW, ("session", n), "10.0.0.1") for n in range(2)]
    assert store.keep("carol", "alice", "x", NOW, None) is None
    store.delivered(store.hand_out("bob", NOW))
    later = [store.keep("bob", "alice", "y", NOW, ("session", n)) for n in range(2, 4)]
    assert None not in later
    store.delivered(store.hand_out("bob", NOW))
    known = [word.number for word in (*first[1:], *later) if word]
    rows = store._connection.execute("SELECT number FROM words ORDER BY number").fetchall()
    assert [number for (number,) in rows] == known


def test_a_word_waits_for_seven_days(store: Store) -> None:
    """Then it is forgotten, as soon as anybody logs in or leaves a word, and makes room."""
    later = NOW + LONGEST + 1
    for receiver in ("bob", "carol"):
        store.keep("bob", "alice", "old", NOW, None)
        assert store.hand_out(receiver, later) == []
        assert store._connection.execute("SELECT count(*) FROM words").fetchone() == (0,)
    store.keep("bob", "alice", "old", NOW, None)
    store.keep("bob", "alice", "new", later, None)
    assert texts(store.hand_out("bob", NOW)) == ["new"]


def test_a_line_that_comes_again_is_kept_once(store: Store) -> None:
    """Also if the word has been handed out or delivered meanwhile: then nothing but its number is left of it."""
    assert store.keep("bob", "alice", "hi", NOW, ("session", 7))
    second = store.keep("bob", "alice", "hi", NOW + 1, ("session", 7))
    assert second and store.hand_out("bob", NOW) == [second]
    assert store.keep("bob", "alice", "hi", NOW + 1, ("session", 7)) == second
    assert store.keep("bob", "alice", "hi", NOW + 1, ("session", 8)) != second
    store.delivered(store.hand_out("bob", NOW))
    assert store.hand_out("bob", NOW) == []
    assert store.keep("bob", "alice", "hi", NOW + 2, ("session", 7)) == Word(second.number, "alice", "", NOW + 1)
    assert store.hand_out("bob", NOW) == []


def test_a_line_that_comes_again_is_not_forgotten_with_the_first(store: Store) -> None:
    """The first connection has ended before it could say that the word waits. The second has said so."""
    first = store.keep("bob", "alice", "hi", NOW, ("session", 7))
    second = store.keep("bob", "alice", "hi", NOW, ("session", 7))
    assert first and second
    store.forget(first)
    assert store.hand_out("bob", NOW) == [second]


def test_what_was_delivered_leaves_no_text(store: Store, path: Path) -> None:
    """Not even in the bytes of the file."""
    store.keep("bob", "alice", "unforgettable", NOW, None)
    store.keep("bob", "alice", "unforgettable too", NOW, ("session", 1))
    store.delivered(store.hand_out("bob", NOW))
    again(store, path)
    assert b"unforgettable" not in path.read_bytes()
