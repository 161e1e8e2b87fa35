"""How often a password may be guessed."""

from __future__ import annotations

import pytest

from server.accounts import tries
from server.accounts.tries import BY_ADDRESS, BY_NAME, NEW, Tries
from server.limits.token_bucket import TokenBucket


@pytest.fixture(autouse=True)
def frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    """No token comes back."""
    monkeypatch.setattr(TokenBucket.__init__, "__defaults__", (lambda: 100.0,))


def test_guesses_are_limited_by_name() -> None:
    """From however many addresses they come. Another name is not concerned."""
    limit = Tries()
    assert [limit.take("bob", f"10.0.0.{n}") for n in range(20)] == [n < BY_NAME[0] for n in range(20)]
    assert limit.take("alice", "10.0.0.1")


def test_guesses_are_limited_by_address() -> None:
    """Whatever the names. A /64 is one address, and trusted loopback is exempt."""
    limit = Tries()
    assert sum(limit.take(f"n{n}", f"2001:db8::{n}") for n in range(50)) == BY_ADDRESS[0]
    assert all(limit.take(f"m{n}", "127.0.0.1") for n in range(50))
    limit = Tries(trust_loopback=False)
    assert sum(limit.take(f"n{n}", "127.0.0.1") for n in range(50)) == BY_ADDRESS[0]


def test_the_right_password_costs_no_try() -> None:
    """However often its owner logs in."""
    limit = Tries()
    for _ in range(100):
        assert limit.take("bob", "10.0.0.1")
        limit.give_back("bob", "10.0.0.1")


def test_strangers_do_not_lock_an_owner_out() -> None:
    """The network from which the owner has logged in has tries of its own, and not without end."""
    limit = Tries()
    limit.take("bob", "10.0.0.1")
    limit.give_back("bob", "10.0.0.1")
    while limit.take("bob", "10.9.9.9"):
        pass
    assert not limit.take("bob", "10.0.0.2")
    assert [limit.take("bob", "10.0.0.1") for _ in range(11)] == [True] * 10 + [False]


def test_many_who_guess_at_once_get_no_further() -> None:
    """A try is taken before it is known whether it was right."""
    limit = Tries()
    assert sum(limit.take("bob", "10.0.0.1") for _ in range(100)) == BY_NAME[0]


def test_accounts_are_limited_by_address() -> None:
    """A class can register, and a script cannot fill the file."""
    limit = Tries()
    assert sum(limit.take_new("10.0.0.1") for _ in range(100)) == NEW[0]
    assert all(limit.take_new("127.0.0.1") for _ in range(100))


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever tries thousands of names fills nothing."""
    monkeypatch.setattr(tries, "MOST", 8)
    limit = Tries()
    for n in range(100):
        limit.take(f"n{n}", f"10.0.{n}.1")
        limit.give_back(f"n{n}", f"10.0.{n}.1")
    assert max(len(limit._by_name._by_key), len(limit._by_address._by_key), len(limit._homes)) <= 8
