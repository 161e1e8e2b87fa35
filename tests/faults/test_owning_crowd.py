"""Random crowds with accounts and an operator, and planted faults that the model must find."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from server.chat import bans, logins, order
from server.chat.kept import Kept
from server.chat.kept_words import KeptWord
from server.chat.kinds import Placed
from server.chat.owners import Owners
from server.chat.room import Room
from server.chat.told import Told
from server.commands.ignore import Ignored, Quiet

from ..support.owning_crowd import OwningCrowd

SEEDS = int(os.environ.get("CROWD_SEEDS", "60"))


def faults_of(path: Path, seed: int) -> list[str]:
    return OwningCrowd(path / f"{seed}.db", seed).run()


def test_whatever_a_crowd_with_accounts_does_every_promise_is_kept(tmp_path: Path) -> None:
    """A registered name has no holder who has not logged in, a muted line is not heard, a kept word comes once.

    Whoever is ignored is not heard either, and all others are.
    """
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


def ignore_nobody(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Ignored, "hides", lambda ignored, event: False)


def ignore_the_name_alone(patch: pytest.MonkeyPatch) -> None:
    """Whoever logs in under another name is heard."""
    patch.setattr(Ignored, "_change", lambda ignored, people: setattr(ignored, "people", people))


def deliver_what_is_hidden(patch: pytest.MonkeyPatch) -> None:
    """Kept words of whoever is ignored are delivered."""
    _for_kept_words(patch, lambda kept, event: False)


def deliver_nothing_to_whoever_ignores(patch: pytest.MonkeyPatch) -> None:
    """No kept words come to somebody who ignores anybody."""
    _for_kept_words(patch, lambda kept, event: bool((ignored := kept.find(Ignored)) and ignored.people))


def _for_kept_words(patch: pytest.MonkeyPatch, is_hidden: Callable[[Kept, Placed], bool]) -> None:
    hides = Kept.hides

    def plant(kept: Kept, event: Placed) -> bool:
        return is_hidden(kept, event) if isinstance(event, KeptWord) else hides(kept, event)

    patch.setattr(Kept, "hides", plant)


def ignore_for_ever(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Ignored, "remove", lambda ignored, key: key in ignored.people)


def quiet_nobody(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Quiet, "hides", lambda quiet, event: False)


def quiet_for_ever(patch: pytest.MonkeyPatch) -> None:
    """Also for those who do not want it any more."""
    patch.setattr(Quiet, "hides", lambda quiet, event: event.type in ("joined", "left"))


@pytest.mark.parametrize(
    "plant",
    [
        ignore_nobody,
        ignore_the_name_alone,
        deliver_what_is_hidden,
        deliver_nothing_to_whoever_ignores,
        ignore_for_ever,
        quiet_nobody,
        quiet_for_ever,
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
