"""Whose a name is: accounts, who has logged in, and who may not come in. Pure.

Nothing here knows a password. What was verified elsewhere becomes an entry, and the log decides what it leads to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from . import texts
from .events import Done
from .kept import Keeping, Stored

NAME_BANNED = Done(texts.NAME_BANNED, "name_banned")
MOST_DELIVERED = 20_000  # words that are remembered as delivered


@dataclass(frozen=True, slots=True)
class Account:
    """A name that belongs to somebody. Whoever registers it after it was given up has another account."""

    number: int  # a random one, which no other account ever has, in whatever file
    key: str  # the folded name
    name: str
    serial: int = 0  # another one for each password


@dataclass(frozen=True, slots=True)
class Word:
    """A private word that waits for the owner of a name."""

    number: int  # which no other word ever has
    sender: str
    text: str = field(repr=False)
    time: float  # seconds since 1970
    is_repeated: bool = False  # whether it was handed out before, and nobody knows whether it has been read


@dataclass(frozen=True, slots=True)
class Ban:
    """A name that nobody may have, or a network from which nobody may come in."""

    what: str  # the folded name, or the network
    shown: str  # the same, as people write it
    is_address: bool
    until: float  # seconds since 1970; 0 means for ever
    by: str  # the name of the operator

    def holds(self, now: float) -> bool:
        """Return whether it is not over."""
        return is_on(self.until, now)


class Login(Stored):
    """What is kept of whoever has logged in. With a program's session it outlives the connection, and the server."""

    key = "login"

    def __init__(self) -> None:
        self.account = (0, 0)  # its number, and the serial of its password

    def enter(self, account: Account) -> None:
        """Take note that somebody has proved to be the owner of an account."""
        self.account = account.number, account.serial

    def leave(self) -> None:
        """Take note that they are nobody's owner any more."""
        self.account = 0, 0

    def dump(self) -> object:
        """Return what is known of the account, if there is one."""
        return list(self.account) if self.account[0] else None

    def load(self, value: Any) -> None:
        """Become what was stored."""
        number, serial = value
        self.account = int(number), int(serial)


@dataclass(slots=True)
class Owners:
    """What is kept of the room: all accounts, by folded name, and the names that are banned."""

    accounts: dict[str, Account] = field(default_factory=dict)
    bans: dict[str, Ban] = field(default_factory=dict)
    # The numbers of words that have been delivered, oldest first: what was read from the file before that comes too late.
    delivered: dict[int, None] = field(default_factory=dict)

    def is_owner(self, who: Keeping | None, key: str) -> bool:
        """Return whether somebody has logged in as the owner of a folded name. They may have another name just now.

        Whoever has logged in with a password that was changed since then is not the owner any more.
        """
        account, login = self.accounts.get(key), who and who.kept.find(Login)
        return bool(account and login and login.account == (account.number, account.serial))

    def take(self, words: Sequence[Word]) -> list[Word]:
        """Return those of some words that are to be delivered: that were not yet, or are to be repeated."""
        new = [word for word in words if word.is_repeated or word.number not in self.delivered]
        for word in new:
            self.delivered[word.number] = None
            if len(self.delivered) > MOST_DELIVERED:
                del self.delivered[next(iter(self.delivered))]
        return new

    def ban_of(self, key: str, now: float) -> Ban | None:
        """Return the ban of a folded name, unless it is over."""
        ban = self.bans.get(key)
        return ban if ban and ban.holds(now) else None


def is_on(until: float | None, now: float) -> bool:
    """Return whether something that holds until then is not over. 0 means for ever, None never."""
    return until is not None and (not until or now < until)
