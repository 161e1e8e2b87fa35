"""What is kept of a password, and what is right."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable

import pytest

from server.accounts.passwords import Busy, Passwords

CHEAP = (2, 8, 1)


@pytest.fixture
def passwords() -> Passwords:
    return Passwords(threading.Event(), CHEAP, patience=0.0)


def test_the_right_password_is_right(passwords: Passwords) -> None:
    """Also in another normal form of Unicode, as another keyboard types it. Nothing else is right."""
    kept = passwords.make("caf\u00e9 密码")
    assert passwords.is_right("cafe\u0301 密码", kept)
    assert not passwords.is_right("cafe 密码", kept)
    assert not passwords.is_right("", kept)


def test_what_is_kept_says_nothing_of_the_password(passwords: Passwords) -> None:
    """Two who have the same one are not known by it."""
    one, other = passwords.make("secret"), passwords.make("secret")
    assert one != other
    assert "secret" not in one
    assert one.startswith("scrypt$2$8$1$")


def test_the_default_is_dear() -> None:
    """As dear as RFC 7914 recommends for people who wait, or dearer."""
    kept = Passwords(threading.Event()).make("x")
    assert kept.startswith("scrypt$16384$8$1$")


def test_a_name_that_nobody_has_costs_as_much(passwords: Passwords, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else one could find out which names are registered. No password is right for it."""
    calls: list[dict[str, object]] = []
    real: Callable[..., bytes] = hashlib.scrypt

    def counted(*values: object, **more: object) -> bytes:
        calls.append(more)
        return real(*values, **more)

    monkeypatch.setattr(hashlib, "scrypt", counted)
    kept = passwords.make("x")
    assert passwords.is_right("x", kept)
    assert not passwords.is_right("x", None)
    assert len(calls) == 3
    assert {key: calls[1][key] for key in "nrp"} == {key: calls[2][key] for key in "nrp"}


def test_an_older_hash_still_counts_and_is_known(passwords: Passwords) -> None:
    """Its parameters stand in it."""
    kept = Passwords(threading.Event(), (4, 8, 1)).make("x")
    assert passwords.is_right("x", kept)
    assert passwords.is_old(kept)
    assert not passwords.is_old(passwords.make("x"))


def test_one_at_a_time_and_nobody_waits_for_ever(passwords: Passwords, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has waited for too long is told so."""
    inside, leave = threading.Event(), threading.Event()

    def slow(*_: object, **__: object) -> bytes:
        inside.set()
        leave.wait()
        return bytes(32)

    monkeypatch.setattr(hashlib, "scrypt", slow)
    first = threading.Thread(target=passwords.make, args=["x"])
    first.start()
    inside.wait()
    with pytest.raises(Busy):
        passwords.make("y")
    leave.set()
    first.join()
    assert passwords.make("y")
