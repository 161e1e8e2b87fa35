"""How often a password may be guessed."""

from __future__ import annotations

import pytest

from server.accounts import tries
from server.accounts.tries import BY_ADDRESS, BY_NAME, BY_STRANGER, NEW, Tries
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
    """A network where the owner is known has tries of its own, and not without end."""
    limit = Tries()
    limit.add_home("bob", "10.0.0.1")
    assert sum(limit.take("bob", f"10.9.9.{n % 100}") for n in range(1000)) == BY_NAME[0]
    assert not limit.take("bob", "10.0.0.2")
    assert [limit.take("bob", "10.0.0.1") for _ in range(11)] == [True] * 10 + [False]


def test_one_stranger_leaves_tries_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long it goes on, and whatever it does: the owner can log in from anywhere else."""
    now = [100.0]
    monkeypatch.setattr(TokenBucket.__init__, "__defaults__", (lambda: now[0],))
    limit = Tries()
    assert sum(limit.take("bob", "10.9.9.9") for _ in range(100)) == BY_STRANGER[0]
    assert limit.take("bob", "10.0.0.2")
    for _ in range(24 * 60):
        now[0] += 60
        while limit.take("bob", "10.9.9.9"):
            pass
        assert limit.take("bob", "10.0.0.2")
        limit.give_back("bob", "10.0.0.2")


def test_four_strangers_leave_tries_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """They use up all tries at first, and after that fewer than come back."""
    now = [100.0]
    monkeypatch.setattr(TokenBucket.__init__, "__defaults__", (lambda: now[0],))
    limit = Tries()

    def poll() -> None:
        for n in range(4):
            while limit.take("bob", f"10.9.9.{n}"):
                pass

    poll()
    assert not limit.take("bob", "10.0.0.2")
    for _ in range(120):
        now[0] += 60
        poll()
    assert limit.take("bob", "10.0.0.2")


def test_many_who_guess_at_once_get_no_further() -> None:
    """A try is taken before it is known whether it was right."""
    limit = Tries()
    assert sum(limit.take("bob", "10.0.0.1") for _ in range(100)) == BY_STRANGER[0]
    assert sum(limit.take("carol", "127.0.0.1") for _ in range(100)) == BY_NAME[0]


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
        limit.add_home(f"n{n}", f"10.0.{n}.1")
    buckets = limit._by_name, limit._by_stranger, limit._by_address
    assert max(len(limit._homes), *(len(some._by_key) for some in buckets)) <= 8
