"""What a server does for those who have an account, or want one: in the thread of whoever asks, which waits for it.

Nothing here writes a password down or logs one, nor a name that nobody has registered, for that may be a password, too.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from ..chat import texts
from ..chat.names import MAX_TYPED
from ..chat.owners import Account, Ban, Word
from ..chat.refusals import Trouble
from ..commands.accounts import LONGEST
from ..limits.log_limit import LogLimit
from ..wire.addresses import network_of
from .passwords import Busy, Passwords
from .store import Fault, Store
from .tries import Tries

log = logging.getLogger(__name__)

PATIENCE = 2.0  # seconds for which delivered words wait for the history
STEP = 0.02  # seconds between two looks at it
MOST_TYPED = 4 * LONGEST  # characters of a password: in another normal form of Unicode, one can be four


class Desk:
    """The desk of one server. Any thread may call any method. Where something cannot be done, it raises Trouble."""

    def __init__(
        self,
        store: Store,
        passwords: Passwords,
        tries: Tries,
        operators: frozenset[str] = frozenset(),
        stored: Callable[[], int | None] | None = None,
    ) -> None:
        """`operators` are folded names. `stored` returns up to which place of the log a history has been written.

        It returns None while nothing can be written.
        """
        self._store = store
        self._passwords = passwords
        self._tries = tries
        self._operators = operators
        self._stored = stored
        self._faults = LogLimit()

    def register(self, key: str, name: str, password: str, host: str) -> Account:
        """Make an account of a name, for somebody who comes from `host`.

        Whoever registers the name of an operator will be one. So that is possible on this machine only.
        """
        if key in self._operators and not self._tries.is_trusted(host):
            raise Trouble(texts.NAME_FOR_OPERATOR, "name_owned")
        self._refuse_owned(key, name)
        if not self._tries.take_new(host):
            raise Trouble(texts.TRIED_TOO_OFTEN, "too_often")
        try:
            with self._careful():
                account = self._store.add(key, name, self._passwords.make(password), time.time())
        except Trouble:  # nothing was made
            self._tries.give_back_new(host)
            raise
        if account is None:
            self._refuse_owned(key, name)  # somebody else was quicker
            raise Trouble(texts.TOO_BUSY, "busy")  # there are too many accounts
        self._tries.add_home(key, host)
        log.info("%s is registered, from %s", name, host)
        return account

    def _refuse_owned(self, key: str, name: str) -> None:
        """Raise Trouble if a name is registered."""
        with self._careful():
            if self._store.find(key):
                raise Trouble(texts.NAME_OWNED.format(name), "name_owned")

    def verify(self, key: str, password: str, host: str) -> Account:
        """Return the account of a folded name, if the password is right. A name without an account takes as long.

        What is too long for a name or for a password is not looked at, and not remembered.
        """
        if len(password) > MOST_TYPED or len(key) > MAX_TYPED:
            raise Trouble(texts.PASSWORD_WRONG, "wrong_password")
        if not self._tries.take(key, host):
            raise Trouble(texts.TRIED_TOO_OFTEN, "too_often")
        try:
            with self._careful():
                found = self._store.find(key)
                account, kept = found or (None, None)
                is_right = self._passwords.is_right(password, kept)
        except Trouble:  # nothing was found out
            self._tries.give_back(key, host)
            raise
        if account is None or kept is None or not is_right:
            if account:
                log.warning("a wrong password for %s, from %s", account.name, host)
            raise Trouble(texts.PASSWORD_WRONG, "wrong_password")
        self._tries.give_back(key, host)
        self._tries.add_home(key, host)
        if self._passwords.is_old(kept):
            with suppress(Trouble), self._careful():  # it is logged, and the password is right all the same
                self._store.renew(account, self._passwords.make(password), is_other=False)
        return account

    def renew(self, account: Account, password: str) -> Account:
        """Give an account another password, and return it as it is then.

        If somebody else has done so since the old password was verified, that is wrong by now.
        """
        with self._careful():
            renewed = self._store.renew(account, self._passwords.make(password), is_other=True)
        if renewed is None:
            raise Trouble(texts.PASSWORD_WRONG, "wrong_password")
        log.info("%s has another password", account.name)
        return renewed

    def remove(self, account: Account) -> None:
        """Forget an account, and all that waits for its owner."""
        with self._careful():
            if not self._store.remove(account):
                raise Trouble(texts.PASSWORD_WRONG, "wrong_password")
        log.info("%s is not registered any more", account.name)

    def keep(self, key: str, sender: str, text: str, now: float, line: tuple[str, int] | None, host: str) -> Word:
        """Keep a word for the owner of a name. `line` says which line of a program it is: its session and its number.

        It comes from `host`. How many wait from one network is limited, unless that is this machine.
        """
        network = "" if self._tries.is_trusted(host) else network_of(host)
        with self._careful():
            word = self._store.keep(key, sender, text, now, line, network)
        if word is None:
            raise Trouble(texts.WORDS_FULL, "words_full")
        return word

    def hand_out(self, key: str) -> Sequence[Word]:
        """Return the words that wait for the owner of a name, oldest first. Raises nothing.

        Those that were handed out before are repeated. If the disk fails, they wait for the next login.
        """
        with suppress(Trouble), self._careful():  # it is logged
            return self._store.hand_out(key, time.time())
        return ()

    def settle(self, words: Sequence[Word], place: int, has_arrived: Callable[[], bool]) -> None:
        """Keep words no longer, as soon as they have arrived, or a history has what stands at `place`. Raises nothing.

        A program can be told again what a history has. If neither is so in time, the words are repeated at the next login.
        """
        end = time.monotonic() + PATIENCE
        while not self._is_safe(place, has_arrived):
            if time.monotonic() > end:
                return
            time.sleep(STEP)
        with suppress(Trouble), self._careful():  # it is logged
            self._store.delivered(words)

    def _is_safe(self, place: int, has_arrived: Callable[[], bool]) -> bool:
        stored = self._stored() if self._stored and place else None
        return has_arrived() if stored is None else stored >= place

    def forget(self, word: Word) -> None:
        """Keep a word no longer, which is said now or never. Raises nothing.

        If the disk fails, the word stays in the file. While this server runs, it is not delivered twice.
        """
        with suppress(Trouble), self._careful():  # it is logged
            self._store.forget(word)

    def ban(self, ban: Ban) -> None:
        """Keep a ban, over restarts too."""
        with self._careful():
            self._store.ban(ban, time.time())

    def unban(self, ban: Ban) -> None:
        """Forget a ban."""
        with self._careful():
            self._store.unban(ban)

    @contextmanager
    def _careful(self) -> Iterator[None]:
        """Turn what a disk can do, and too many who want something, into Trouble."""
        try:
            yield
        except Busy:
            raise Trouble(texts.TOO_BUSY, "busy") from None
        except Fault as error:
            if self._faults.is_due():
                log.error("accounts: %s", error)
            raise Trouble(texts.NO_ACCOUNTS, "no_accounts") from None
