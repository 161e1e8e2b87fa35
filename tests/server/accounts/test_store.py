"""The accounts file: what survives, what it refuses to be, and words that are kept once."""

from __future__ import annotations

import contextlib
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.accounts import store as store_module
from server.accounts.schema import AccountsError
from server.accounts.store import LONGEST, MOST_FOR_ONE, Store
from server.chat.owners import Account, Ban, Word

NOW = 1_000_000.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "accounts.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    store = Store(path)
    yield store
    store.close()


def again(store: Store, path: Path) -> Store:
    """Return what another server finds in the file."""
    store.close()
    store.__init__(path)  # type: ignore[misc]
    return store


def texts(words: list[Word]) -> list[str]:
    return [word.text for word in words]


def test_an_account_is_made_once(store: Store, path: Path) -> None:
    """Also over a restart."""
    bob = store.add("bob", "Bob", "hash", NOW)
    assert bob == Account(1, "bob", "Bob")
    assert store.add("bob", "BOB", "other", NOW) is None
    again(store, path)
    assert store.accounts == [bob]
    assert store.find("bob") == (bob, "hash")
    assert store.find("alice") is None


def test_a_name_that_was_given_up_is_another_account(store: Store, path: Path) -> None:
    """So nobody can mistake the one for the other, and the words of the first are gone."""
    first = store.add("bob", "Bob", "hash", NOW)
    assert first
    store.keep("bob", "alice", "hi", NOW, None)
    store.remove(first)
    again(store, path)
    second = store.add("bob", "Bob", "hash", NOW)
    assert second and second.number > first.number
    assert store.hand_out("bob", NOW) == []


def test_a_hash_is_renewed(store: Store) -> None:
    bob = store.add("bob", "Bob", "hash", NOW)
    assert bob
    newer = Account(1, "bob", "Bob", serial=1)
    store.renew(newer, "new")
    assert store.find("bob") == (newer, "new")


def test_there_is_an_end_to_accounts(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "MOST_ACCOUNTS", 1)
    assert store.add("a", "a", "", NOW)
    assert store.add("b", "b", "", NOW) is None


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


def test_a_word_waits_for_seven_days(store: Store) -> None:
    """Then it is forgotten, and makes room."""
    store.keep("bob", "alice", "old", NOW, None)
    later = NOW + LONGEST + 1
    assert store.hand_out("bob", later) == []
    store.keep("bob", "alice", "new", later, None)
    assert texts(store.hand_out("bob", NOW)) == ["new"]


def test_a_line_that_comes_again_is_kept_once(store: Store) -> None:
    """Also if the word has been delivered meanwhile: nothing but its number is left of it then."""
    first = store.keep("bob", "alice", "hi", NOW, ("session", 7))
    assert first
    assert store.keep("bob", "alice", "hi", NOW + 1, ("session", 7)) == first
    assert store.keep("bob", "alice", "hi", NOW + 1, ("session", 8)) != first
    store.delivered(store.hand_out("bob", NOW))
    assert store.hand_out("bob", NOW) == []
    assert store.keep("bob", "alice", "hi", NOW + 2, ("session", 7)) == Word(first.number, "alice", "", NOW)
    assert store.hand_out("bob", NOW) == []


def test_what_was_delivered_leaves_no_text(store: Store, path: Path) -> None:
    """Not even in the bytes of the file."""
    store.keep("bob", "alice", "unforgettable", NOW, None)
    store.keep("bob", "alice", "unforgettable too", NOW, ("session", 1))
    store.delivered(store.hand_out("bob", NOW))
    again(store, path)
    assert b"unforgettable" not in path.read_bytes()


def test_bans_survive(store: Store, path: Path) -> None:
    """A second one for the same takes the place of the first. Those that are over are forgotten."""
    store.ban(Ban("bob", "Bob", False, 0.0, "op"), NOW)
    store.ban(Ban("10.0.0.1", "10.0.0.1", True, NOW + 60, "op"), NOW)
    longer = Ban("10.0.0.1", "10.0.0.1", True, NOW + 120, "op")
    store.ban(longer, NOW)
    assert again(store, path).bans == [Ban("bob", "Bob", False, 0.0, "op"), longer]
    store.unban(Ban("bob", "Bob", False, 0.0, "op"))
    store.ban(Ban("x", "x", False, 0.0, "op"), NOW + 121)
    assert again(store, path).bans == [Ban("x", "x", False, 0.0, "op")]


def test_only_its_owner_may_read_it(store: Store, path: Path) -> None:
    store.add("bob", "Bob", "hash", NOW)
    assert {stat.S_IMODE(one.stat().st_mode) for one in path.parent.iterdir()} == {0o600}


def test_what_is_committed_is_on_the_disk(store: Store) -> None:
    assert store._connection.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
    assert store._connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_one_server_has_it(store: Store, path: Path) -> None:
    """Another does not start, and leaves nothing open."""
    with pytest.raises(AccountsError, match="another server has it"):
        Store(path)


@pytest.mark.parametrize(("offset", "junk"), [(0, b"\xff" * 4096), (100, b"\xff" * 4000), (4096, b"\xff" * 4096)])
def test_a_damaged_file_is_an_error_and_stays(path: Path, offset: int, junk: bytes) -> None:
    """These are people's names. Somebody has to look at it."""
    with contextlib.closing(Store(path)) as store:
        for number in range(200):
            store.add(f"n{number}", f"n{number}", "hash", NOW)
    data = bytearray(path.read_bytes())
    data[offset : offset + len(junk)] = junk
    path.write_bytes(data)
    with pytest.raises(AccountsError, match=str(path)):
        Store(path)
    assert path.read_bytes() == data
    assert {one.name for one in path.parent.iterdir()} <= {path.name, f"{path.name}.lock"}


@pytest.mark.parametrize("text", ["my accounts\n", "#!/bin/sh\n"])
def test_a_text_file_is_not_touched(path: Path, text: str) -> None:
    path.write_text(text)
    with pytest.raises(AccountsError, match=f"cannot keep accounts in {path}: it is a text file"):
        Store(path)
    assert path.read_text() == text


def test_a_fault_changes_nothing_and_passes(store: Store, path: Path) -> None:
    """Another program has locked the file for a while."""
    store._connection.execute("PRAGMA busy_timeout = 1")
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            store.add("bob", "Bob", "hash", NOW)
    assert store.add("bob", "Bob", "hash", NOW)
