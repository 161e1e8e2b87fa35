"""The desk by value: what a call costs whoever asks, and when words have arrived."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable

import pytest

from server.accounts import desk as desk_module
from server.accounts import store as store_module
from server.accounts.desk import MOST_TYPED, Desk
from server.accounts.passwords import Busy, Passwords
from server.accounts.store import MOST_FROM_ONE, Store
from server.accounts.tries import BY_STRANGER, NEW, Tries
from server.chat.names import MAX_TYPED
from server.chat.refusals import Trouble

from ...support.owning import CHEAP

NOW = 1_000_000.0
HOME, ELSEWHERE = "10.0.0.1", "10.0.0.2"


@pytest.fixture
def tries() -> Tries:
    return Tries()


@pytest.fixture
def desk(store: Store, tries: Tries) -> Desk:
    """One at which Bob is registered, from his home."""
    desk = Desk(store, Passwords(threading.Event(), CHEAP), tries)
    desk.register("bob", "Bob", "secret", HOME)
    return desk


def code(call: Callable[[], object]) -> str:
    """Return as what a call is refused."""
    with pytest.raises(Trouble) as caught:
        call()
    return caught.value.code


@pytest.mark.parametrize(
    ("part", "method", "error", "expected"),
    [("_passwords", "is_right", Busy(), "busy"), ("_store", "find", sqlite3.OperationalError("locked"), "no_accounts")],
)
def test_what_could_not_be_looked_at_costs_no_try(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, part: str, method: str, error: Exception, expected: str
) -> None:
    """And whoever asked is no more known than before."""

    def fail(*_: object) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(getattr(desk, part), method, fail)
        for _ in range(100):
            assert code(lambda: desk.verify("bob", "secret", ELSEWHERE)) == expected
    answers = [code(lambda: desk.verify("bob", "wrong!", ELSEWHERE)) for _ in range(BY_STRANGER[0] + 1)]
    assert answers == ["wrong_password"] * BY_STRANGER[0] + ["too_often"]


def test_an_account_that_could_not_be_made_costs_no_right(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A class behind one router registers once the file is free again."""

    def fail(*_: object) -> None:
        raise sqlite3.OperationalError("locked")

    with monkeypatch.context() as patch:
        patch.setattr(desk._store, "add", fail)
        for _ in range(int(NEW[0]) + 1):
            assert code(lambda: desk.register("carol", "carol", "secret", ELSEWHERE)) == "no_accounts"
    for n in range(int(NEW[0])):
        desk.register(f"carol{n}", f"carol{n}", "secret", ELSEWHERE)
    assert code(lambda: desk.register("dave", "dave", "secret", ELSEWHERE)) == "too_often"


def test_whoever_is_one_account_too_many_is_not_told_to_log_in(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "MOST_ACCOUNTS", 1)
    assert code(lambda: desk.register("carol", "carol", "secret", HOME)) == "busy"


def test_of_two_who_register_a_name_at_once_one_is_told_that_it_is_taken(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    passwords, make = desk._passwords, desk._passwords.make

    def overtaken(password: str) -> str:
        monkeypatch.setattr(passwords, "make", make)
        desk.register("carol", "carol", "secret", HOME)
        return make(password)

    monkeypatch.setattr(passwords, "make", overtaken)
    assert code(lambda: desk.register("carol", "carol", "secret2", HOME)) == "name_owned"


def test_a_name_that_nobody_can_have_is_not_remembered(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is remembered of tries would be as long as lines may be."""
    monkeypatch.setattr(desk._tries, "take", None)
    assert code(lambda: desk.verify("x" * (MAX_TYPED + 1), "secret", HOME)) == "wrong_password"


def test_a_fault_while_a_word_is_forgotten_is_not_its_authors(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """They have it said, now that its receiver is there."""

    def fail(*_: object) -> None:
        raise sqlite3.OperationalError("locked")

    word = desk.keep("bob", "alice", "hi", NOW, None, HOME)
    monkeypatch.setattr(desk._store, "forget", fail)
    desk.forget(word)


def test_whoever_has_registered_is_at_home(desk: Desk) -> None:
    """Strangers use up the tries of the name. The owner has not logged in since, and has others."""
    for n in range(100):
        code(lambda n=n: desk.verify("bob", "wrong!", f"10.9.9.{n}"))  # type: ignore[misc]
    assert code(lambda: desk.verify("bob", "secret", ELSEWHERE)) == "too_often"
    assert desk.verify("bob", "secret", HOME).name == "Bob"


def test_a_password_that_nobody_can_have_is_not_looked_at(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is wrong, and costs nothing. One that is as long as may be is right in either normal form."""
    longest = "\uac01" * 128  # three characters each, in the other form
    desk.register("carol", "carol", longest, HOME)
    monkeypatch.setattr(desk._tries, "take", lambda *_: True)
    assert desk.verify("carol", "\u1100\u1161\u11a8" * 128, HOME).name == "carol"
    monkeypatch.setattr(desk._passwords, "is_right", None)
    assert code(lambda: desk.verify("bob", "x" * (MOST_TYPED + 1), HOME)) == "wrong_password"


def test_a_password_that_was_changed_meanwhile_is_wrong(desk: Desk) -> None:
    """Of two who change it, or give the name up, with the same old password, one is first."""
    bob = desk.verify("bob", "secret", HOME)
    newer = desk.renew(bob, "secret2")
    assert code(lambda: desk.renew(bob, "secret3")) == "wrong_password"
    assert code(lambda: desk.remove(bob)) == "wrong_password"
    assert desk.verify("bob", "secret2", HOME) == newer


def test_one_network_leaves_a_name_so_many_words(desk: Desk) -> None:
    """This machine, which is trusted, may leave more."""
    for _ in range(MOST_FROM_ONE):
        desk.keep("bob", "alice", "hi", NOW, None, ELSEWHERE)
    assert code(lambda: desk.keep("bob", "alias", "hi", NOW, None, ELSEWHERE)) == "words_full"
    for _ in range(MOST_FROM_ONE + 1):
        desk.keep("bob", "alice", "hi", NOW, None, "127.0.0.1")


def test_where_nothing_is_trusted_this_machine_is_a_network(store: Store) -> None:
    desk = Desk(store, Passwords(threading.Event(), CHEAP), Tries(trust_loopback=False))
    for _ in range(MOST_FROM_ONE):
        desk.keep("bob", "alice", "hi", NOW, None, "127.0.0.1")
    assert code(lambda: desk.keep("bob", "alias", "hi", NOW, None, "127.0.0.1")) == "words_full"


@pytest.mark.parametrize(
    ("stored", "has_arrived", "is_settled"),
    [(7, False, True), (6, True, False), (None, True, True), (None, False, False)],
)
def test_words_have_arrived_where_no_history_writes(
    store: Store, tries: Tries, monkeypatch: pytest.MonkeyPatch, stored: int | None, has_arrived: bool, is_settled: bool
) -> None:
    """A history that writes has to have their place, and one that cannot write is not waited for."""
    monkeypatch.setattr(desk_module, "PATIENCE", -1.0)
    desk = Desk(store, Passwords(threading.Event(), CHEAP), tries, stored=lambda: stored)
    desk.keep("bob", "alice", "hi", NOW, None, HOME)
    words = store.hand_out("bob", NOW)
    desk.settle(words, 7, lambda: has_arrived)
    assert bool(store.hand_out("bob", NOW)) is not is_settled
