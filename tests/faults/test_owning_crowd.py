"""Random crowds with accounts and an operator, and planted faults that the model must find."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from server.chat import bans, logins, order
from server.chat.owners import Owners
from server.chat.room import Room
from server.chat.told import Told

from ..support.owning_crowd import OwningCrowd

SEEDS = int(os.environ.get("CROWD_SEEDS", "60"))


def faults_of(path: Path, seed: int) -> list[str]:
    return OwningCrowd(path / f"{seed}.db", seed).run()


def test_whatever_a_crowd_with_accounts_does_every_promise_is_kept(tmp_path: Path) -> None:
    """A registered name has no holder who has not logged in, a muted line is not heard, a kept word comes once."""
    for seed in range(SEEDS):
        assert (seed, faults_of(tmp_path, seed)) == (seed, [])


Plant = Callable[[pytest.MonkeyPatch], None]


def mute_nobody(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(order, "silence", lambda *_: None)


def free_no_name(patch: pytest.MonkeyPatch) -> None:
    """Guests keep a name that has been registered by somebody else, and it is theirs to come back to."""
    patch.setattr(Owners, "is_owner", lambda owners, who, key: bool(who and getattr(who, "key", "") != key))


def ban_nobody(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(bans, "claim", lambda *_: None)


def deliver_twice(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("server.accounts.store.Store.delivered", lambda *_: None)


def deliver_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(logins, "deliver", lambda *_: 0)


def forget_what_was_delivered(patch: pytest.MonkeyPatch) -> None:
    """A word that comes while its receiver logs in is thought to be new, although a login has brought it."""
    patch.setattr(Owners, "take", lambda owners, words: list(words))


def say_goodbye_too_early(patch: pytest.MonkeyPatch) -> None:
    real = order.Kicked.apply

    def apply(kicked: order.Kicked, room: Room, told: Told) -> None:
        real(kicked, room, told)
        told.copies[kicked.number].end = None

    patch.setattr(order.Kicked, "apply", apply)


@pytest.mark.parametrize(
    "plant",
    [
        mute_nobody,
        free_no_name,
        ban_nobody,
        deliver_twice,
        deliver_nothing,
        forget_what_was_delivered,
        say_goodbye_too_early,
    ],
)
def test_a_planted_fault_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plant: Plant) -> None:
    """Each rule can fail."""
    plant(monkeypatch)
    assert any(faults_of(tmp_path, seed) for seed in range(10 * SEEDS))
