"""The entries of accounts: what was verified elsewhere, and what the log decides about it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from . import texts
from .entries import Line
from .events import DONE, Done, Notice
from .kept_words import deliver
from .names import fold
from .owners import NAME_BANNED, Account, Login, Owners, Word
from .private_words import NOT_ONLINE
from .renaming import rename
from .room import Entry, Member, Room
from .told import Told

WRONG = Done(texts.PASSWORD_WRONG, "wrong_password")


@dataclass(slots=True)
class Answer(Line):
    """A line that was dealt with before. What came of that is its receipt."""

    done: Done

    def act(self, room: Room, member: Member, told: Told) -> Done:
        """Return the receipt."""
        return self.done


@dataclass(slots=True)
class Register(Entry):
    """Somebody has an account from now on. It is in the file already. An Answer follows, as after all that is."""

    account: Account

    def apply(self, room: Room, told: Told) -> None:
        """Take note of the account, and log its owner in, unless they have left by now."""
        room.of(Owners).accounts[self.account.key] = self.account
        member = room.members.get(self.number)
        free_name(room, self.account, member if member and member.key == self.account.key else None, self.time, told)
        _enter(room, member, self.account)


@dataclass(slots=True)
class ChangePassword(Entry):
    """An account has another password from now on. It is in the file already. Whoever knew the old one is logged out.

    They lose the name, too, if they have it: it has no holder who has not logged in.
    """

    account: Account

    def apply(self, room: Room, told: Told) -> None:
        """Take note of it, also if the owner has left by now."""
        accounts, member = room.of(Owners).accounts, room.members.get(self.number)
        if (known := accounts.get(self.account.key)) and known.number == self.account.number:
            accounts[self.account.key] = self.account
            free_name(room, self.account, member, self.time, told)
            _enter(room, member, self.account)


@dataclass(slots=True)
class Unregister(Entry):
    """Somebody has no account any more. It is not in the file any more. Whoever has the name now keeps it, as a guest."""

    account: Account

    def apply(self, room: Room, told: Told) -> None:
        """Take note of it, also if they have left by now."""
        accounts = room.of(Owners).accounts
        if accounts.get(self.account.key) == self.account:
            del accounts[self.account.key]


@dataclass(slots=True)
class LogIn(Entry):
    """Somebody has proved to be the owner of a name. An Answer follows."""

    account: Account
    done: Done | None = field(default=None, init=False)  # what is to be answered; None if they have left

    def apply(self, room: Room, told: Told) -> None:
        """Give them the name, whoever has it."""
        if member := room.members.get(self.number):
            self.done = self._log_in(room, member, told)

    def _log_in(self, room: Room, member: Member, told: Told) -> Done:
        account, owners = self.account, room.of(Owners)
        if owners.accounts.get(account.key) != account:  # it was given up in the meantime
            return WRONG
        if owners.ban_of(account.key, self.time):
            return NAME_BANNED
        free_name(room, account, member, self.time, told)
        _enter(room, member, account)
        refused = rename(room, member, account.name, account.key, self.time, told)
        return refused or Done(texts.LOGGED_IN + account.name)


@dataclass(slots=True)
class HandOver(Entry):
    """What has waited for the owner of a name, who has logged in, is handed over. From the login on, no more is kept."""

    account: Account
    words: Sequence[Word] = field(repr=False)
    place: int = field(default=0, init=False)  # of the last word, if it has one
    is_done: bool = field(default=False, init=False)

    def apply(self, room: Room, told: Told) -> None:
        """Tell them the words, unless somebody else has logged in as the owner in the meantime, who is told them then."""
        member, owners = room.members.get(self.number), room.of(Owners)
        if member and member.key == self.account.key and owners.is_owner(member, member.key):
            self.is_done, self.place = True, deliver(member, owners.take(self.words), self.time, told)


@dataclass(slots=True)
class KeepWord(Entry):
    """A private word for the owner of a name, who was offline when it was kept in the file. An Answer follows."""

    account: Account
    word: Word
    line: Line  # which the author has typed
    done: Done | None = field(default=None, init=False)  # what is to be answered; None if the word does not wait

    def apply(self, room: Room, told: Told) -> None:
        """Say that it waits, unless its author has left or may not say it, or its receiver has come meanwhile."""
        if author := room.members.get(self.number):
            self.done = room.families.refusal(room, author, self.line) or self._keep(room)

    def _keep(self, room: Room) -> Done | None:
        key, owners = self.account.key, room.of(Owners)
        if owners.accounts.get(key) != self.account:
            return NOT_ONLINE
        if not self.word.text:  # a line that came again, and was delivered before
            return Done(texts.WORD_KEPT)
        if room.find(key):
            return None if owners.take([self.word]) else DONE  # a login has handed it over
        return Done(texts.WORD_KEPT)


def _enter(room: Room, member: Member | None, account: Account) -> None:
    """Log a member in, who may have left by now."""
    if member:
        member.of(Login).enter(account)
        if member.session:
            room.sessions.note(member.session)


def free_name(room: Room, account: Account, owner: Member | None, time: float, told: Told) -> None:
    """Take a name from everybody but its owner: from guests, and from the owner's other connections and sessions."""
    holder = room.online_map.get(account.key)
    if holder is not None and holder is not owner:
        log_out(room, holder, time, told)
        told.tell_one(holder.number, Notice(texts.NAME_CLAIMED.format(account.name, holder.name)))
    held = room.sessions.names.get(account.key)
    if held is not None:
        held.of(Login).leave()
        room.sessions.lose_name(held)


def log_out(room: Room, member: Member, time: float, told: Told) -> None:
    """Let a member go on as a guest, under its address."""
    member.of(Login).leave()
    if member.session:
        room.sessions.note(member.session)
    rename(room, member, member.addr, fold(member.addr), time, told)
