"""The accounts file: what survives, and what it refuses to be."""

from __future__ import annotations

import contextlib
import sqlite3
import stat
from pathlib import Path

import pytest

from server.accounts import store as store_module
from server.accounts.fair_lock import FairLock
from server.accounts.schema import AccountsError
from server.accounts.store import Store
from server.chat.owners import Account, Ban, Login, Owners
from server.chat.room import Member

from ...support.owning import again

NOW = 1_000_000.0


def test_an_account_is_made_once(store: Store, path: Path) -> None:
    """Also over a restart."""
    bob = store.add("bob", "Bob", "hash", NOW)
    assert bob
    assert (bob.key, bob.name) == ("bob", "Bob")
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
    assert second and second.number != first.number
    assert store.hand_out("bob", NOW) == []


def test_another_file_has_other_accounts(store: Store, tmp_path: Path) -> None:
    """A login that is kept with a session names an account by its number. In another file, or in a backup, it is none."""
    bob = store.add("bob", "Bob", "hash", NOW)
    with contextlib.closing(Store(tmp_path / "other.db")) as other:
        another = other.add("bob", "Bob", "hash", NOW)
    assert bob and another
    owners, member = Owners({"bob": another}), Member(1, "a:1", "Bob", "bob")
    member.of(Login).enter(bob)
    assert not owners.is_owner(member, "bob")
    member.of(Login).enter(another)
    assert owners.is_owner(member, "bob")


def test_a_hash_is_renewed(store: Store) -> None:
    """With another password the account is another. It is renewed only by whoever knows what is in the file now."""
    bob = store.add("bob", "Bob", "hash", NOW)
    assert bob
    assert store.renew(bob, "same", is_other=False) == bob
    assert store.find("bob") == (bob, "same")
    newer = store.renew(bob, "new", is_other=True)
    assert newer and newer.number == bob.number and newer.serial != bob.serial
    assert store.find("bob") == (newer, "new")
    assert store.renew(bob, "late", is_other=True) is None
    assert not store.remove(bob)
    assert store.find("bob") == (newer, "new")
    assert store.remove(newer)
    assert store.find("bob") is None


def test_there_is_an_end_to_accounts(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "MOST_ACCOUNTS", 1)
    assert store.add("a", "a", "", NOW)
    assert store.add("b", "b", "", NOW) is None


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


def test_a_file_that_is_gone_is_a_fault(store: Store, path: Path) -> None:
    """Nobody is told that something is kept which no file has after a restart. Nor is it if another file has its name."""
    bob = store.add("bob", "Bob", "hash", NOW)
    word = store.keep("bob", "alice", "hi", NOW, None)
    ban = Ban("x", "x", False, 0.0, "op")
    assert bob and word
    path.rename(path.with_name("aside"))
    for written in (False, True):
        if written:
            path.write_bytes(path.with_name("aside").read_bytes())
        for call in (
            lambda: store.add("carol", "carol", "hash", NOW),
            lambda: store.renew(bob, "new", is_other=True),
            lambda: store.remove(bob),
            lambda: store.keep("bob", "alice", "again", NOW, None),
            lambda: store.hand_out("bob", NOW),
            lambda: store.delivered([word]),
            lambda: store.forget(word),
            lambda: store.ban(ban, NOW),
            lambda: store.unban(ban),
        ):
            with pytest.raises(FileNotFoundError, match="removed or replaced"):
                call()
    path.with_name("aside").replace(path)
    assert store.find("bob") == (bob, "hash")
    assert store.hand_out("bob", NOW) == [word]
    assert store.add("carol", "carol", "hash", NOW)


def test_nobody_waits_for_a_locked_file_when_the_server_stops(store: Store) -> None:
    """Nor while somebody else waits for too long."""
    store.lock = FairLock(patience=0.0)
    assert store.lock.acquire()  # somebody else's call, which the disk keeps
    with pytest.raises(TimeoutError):
        store.find("bob")
    store.lock = FairLock(patience=1000.0)
    store.lock.stopping.set()
    assert store.lock.acquire()
    with pytest.raises(TimeoutError):
        store.keep("bob", "alice", "hi", NOW, None)
    store.lock.release()
    assert store.find("bob") is None


def test_an_empty_file_is_a_new_one_and_is_told(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It may have been people's names. A file that was not there is none to warn of."""
    Store(path).close()
    assert not caplog.text
    for end in ("", "-wal", "-shm"):
        path.with_name(f"{path.name}{end}").unlink(missing_ok=True)
    path.touch()
    Store(path).close()
    assert f"{path} was an empty file: nobody is registered" in caplog.text


def test_a_file_of_before_is_taken_over(path: Path) -> None:
    """The first servers did not keep from where a word comes, and counted accounts."""
    Store(path).close()
    with contextlib.closing(sqlite3.connect(path)) as file:
        file.executescript(
            "DROP INDEX words_by_network; ALTER TABLE words RENAME TO now; CREATE TABLE words ("
            "number INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL, sender TEXT NOT NULL, text TEXT NOT NULL,"
            "time REAL NOT NULL, session TEXT, line INTEGER, delivered INTEGER NOT NULL DEFAULT 0); DROP TABLE now;"
            "INSERT INTO words (key, sender, text, time) VALUES ('bob', 'alice', 'hi', 1000000);"
            "INSERT INTO accounts VALUES (1, 'bob', 'Bob', 'hash', 0, 0)"
        )
    with contextlib.closing(Store(path)) as store:
        assert store.accounts == [Account(1, "bob", "Bob")]
        assert store.keep("bob", "carol", "hello", NOW, None, "10.0.0.1")
        assert [word.text for word in store.hand_out("bob", NOW)] == ["hi", "hello"]
    Store(path).close()
