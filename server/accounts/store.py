"""The accounts file: each call is one transaction, which has survived when the call returns.

A damaged file is an error, and is never replaced: these are people's names.
"""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ..chat.owners import Account, Ban, Word
from ..storage.file import File, transaction
from .fair_lock import FairLock
from .schema import FORMAT, AccountsError

log = logging.getLogger(__name__)

MOST_ACCOUNTS = 100_000
MOST_FOR_ONE = 100  # words that wait for one name
MOST_FROM_ONE = 20  # of these, from one network
MOST_WORDS = 20_000  # words that wait for all names together
MOST_WORDS_FROM_ONE = 2000  # of these, from one network
MOST_DELIVERED = 20_000  # lines of programs that are known to have been delivered; the oldest are forgotten
PATIENCE = 2.0  # seconds for which a call waits for those before it
LONGEST = 7 * 24 * 3600.0  # seconds for which a word waits
BITS = 62  # of a random number; SQLite has 63

Fault = (OSError, sqlite3.Error)  # what a disk, or another program that has locked the file, can do to any call


class Store:
    """One accounts file. Any thread may call any method; each may wait for the disk, and raises one of `Fault`.

    Lock rule: one thread at a time uses the file, in the order in which they have asked. Whoever waits for that holds no
    other lock, or one that operators or one session wait for, so that nobody else waits for the disk.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Open the file, or make it. Raises AccountsError if that is not possible."""
        self.lock = FairLock(PATIENCE)
        self._file = File(path, FORMAT)
        was_empty = self._file.path.is_file() and not self._file.path.stat().st_size
        try:
            self._connection = self._file.open()
        except Fault as error:
            self._file.release()
            raise AccountsError(f"cannot keep accounts in {self._file.path}: {error}") from None
        except AccountsError:
            self._file.release()
            raise
        try:
            (found,) = self._connection.execute("PRAGMA quick_check(1)").fetchone()
            if found != "ok":
                raise sqlite3.DatabaseError(found)
            self.accounts = [
                Account(*row) for row in self._connection.execute("SELECT number, key, name, serial FROM accounts")
            ]
            rows = self._connection.execute("SELECT what, shown, is_address, until, by FROM bans").fetchall()
            self.bans = [Ban(what, shown, bool(is_address), until, by) for what, shown, is_address, until, by in rows]
        except sqlite3.Error as error:
            self.close()
            raise AccountsError(f"the accounts in {self._file.path} cannot be read: {error}") from None
        if was_empty:
            log.warning("%s was an empty file: nobody is registered", self._file.path)

    def close(self) -> None:
        """Close the file, and let another server have it."""
        self._connection.close()
        self._file.release()

    def add(self, key: str, name: str, made: str, now: float) -> Account | None:
        """Keep a new account, with the hash `made`. Return None if the name has one already, or there are too many."""
        account = Account(secrets.randbits(BITS), key, name, secrets.randbits(BITS))
        values = account.number, key, name, made, account.serial, now
        with self._writing() as connection:
            (count,) = connection.execute("SELECT count(*) FROM accounts").fetchone()
            if count >= MOST_ACCOUNTS or connection.execute("SELECT 1 FROM accounts WHERE key = ?", (key,)).fetchone():
                return None
            connection.execute(
                "INSERT INTO accounts (number, key, name, hash, serial, made) VALUES (?, ?, ?, ?, ?, ?)", values
            )
        return account

    def find(self, key: str) -> tuple[Account, str] | None:
        """Return the account of a folded name, and its hash."""
        with self._alone() as connection:
            row = connection.execute(
                "SELECT number, key, name, serial, hash FROM accounts WHERE key = ?", (key,)
            ).fetchone()
        return (Account(*row[:4]), str(row[4])) if row else None

    def renew(self, account: Account, made: str, is_other: bool) -> Account | None:
        """Keep another hash for an account, of another password or of the same one, and return the account with it.

        Return None if it has another password already, or is not there any more.
        """
        renewed = replace(account, serial=secrets.randbits(BITS)) if is_other else account
        values = made, renewed.serial, account.number, account.serial
        with self._writing() as connection:
            changed = connection.execute(
                "UPDATE accounts SET hash = ?, serial = ? WHERE number = ? AND serial = ?", values
            )
            return renewed if changed.rowcount else None

    def remove(self, account: Account) -> bool:
        """Forget an account, and the words that wait for it. Return False if it has another password by now."""
        with self._writing() as connection:
            values = account.number, account.serial
            if not connection.execute("DELETE FROM accounts WHERE number = ? AND serial = ?", values).rowcount:
                return False
            connection.execute("DELETE FROM words WHERE key = ?", (account.key,))
            return True

    def keep(
        self, key: str, sender: str, text: str, now: float, line: tuple[str, int] | None, network: str = ""
    ) -> Word | None:
        """Keep a word for the owner of a folded name. Return None if too many wait already, also from one network.

        `line` is the session of the program that has sent it, and its number. A line that was handed out before stays as
        it is, and a word that was delivered has no text any more. One that still waits gets another number: the connection
        that has kept it may have ended, and may forget it under its first number. `network` is from where the word comes,
        if that is limited.
        """
        with self._writing() as connection:
            _forget_old(connection, now)
            if line:
                row = connection.execute(
                    "SELECT number, sender, text, time FROM words WHERE session = ? AND line = ? AND delivered", line
                ).fetchone()
                if row:
                    return Word(*row)
                connection.execute("DELETE FROM words WHERE session = ? AND line = ?", line)
            if _is_full(connection, key, network):
                return None
            row = connection.execute(
                "INSERT INTO words (key, sender, text, time, session, line, network) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (key, sender, text, now, *(line or (None, None)), network),
            )
            return Word(int(row.lastrowid or 0), sender, text, now)

    def hand_out(self, key: str, now: float) -> list[Word]:
        """Return the words that wait for the owner of a folded name, oldest first. The next time, they are repeated."""
        with self._writing() as connection:
            _forget_old(connection, now)
            rows = connection.execute(
                "SELECT number, sender, text, time, delivered FROM words WHERE key = ? AND delivered != 1 ORDER BY number",
                (key,),
            ).fetchall()
            connection.execute("UPDATE words SET delivered = 2 WHERE key = ? AND delivered = 0", (key,))
        return [Word(number, sender, text, then, bool(delivered)) for number, sender, text, then, delivered in rows]

    def delivered(self, words: Sequence[Word]) -> None:
        """Take note that words have reached their owner. Their texts are overwritten."""
        numbers = [(word.number,) for word in words]
        with self._writing() as connection:
            connection.executemany("DELETE FROM words WHERE number = ? AND session IS NULL", numbers)
            connection.executemany("UPDATE words SET text = '', network = '', delivered = 1 WHERE number = ?", numbers)
            connection.execute(
                "DELETE FROM words WHERE number IN ("
                "SELECT number FROM words WHERE delivered = 1 AND network = '' ORDER BY number DESC LIMIT -1 OFFSET ?)",
                (MOST_DELIVERED,),
            )

    def forget(self, word: Word) -> None:
        """Forget a word, as if it had never been kept, unless it was handed out: then its line must not be kept again."""
        with self._writing() as connection:
            connection.execute("DELETE FROM words WHERE number = ? AND NOT delivered", (word.number,))

    def ban(self, ban: Ban, now: float) -> None:
        """Keep a ban, in place of one for the same, and forget those that are over."""
        with self._writing() as connection:
            connection.execute("DELETE FROM bans WHERE until AND until <= ?", (now,))
            connection.execute(
                "INSERT OR REPLACE INTO bans (what, is_address, shown, until, by) VALUES (?, ?, ?, ?, ?)",
                (ban.what, ban.is_address, ban.shown, ban.until, ban.by),
            )

    def unban(self, ban: Ban) -> None:
        """Forget a ban."""
        with self._writing() as connection:
            connection.execute("DELETE FROM bans WHERE what = ? AND is_address = ?", (ban.what, ban.is_address))

    @contextlib.contextmanager
    def _alone(self) -> Iterator[sqlite3.Connection]:
        """Use the file alone."""
        if not self.lock.acquire():
            raise TimeoutError("too many wait for the file, which may be locked")
        try:
            yield self._connection
        finally:
            self.lock.release()

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Use the file alone, for one transaction. What is in no file any more would be lost with the server."""
        with self._alone() as connection:
            if not self._file.is_there():
                raise FileNotFoundError(f"{self._file.path} was removed or replaced: nothing is kept until a restart")
            with transaction(connection):
                yield connection


def _forget_old(connection: sqlite3.Connection, now: float) -> None:
    """Forget the words that have waited too long, for whomever."""
    connection.execute("DELETE FROM words WHERE time < ?", (now - LONGEST,))


def _is_full(connection: sqlite3.Connection, key: str, network: str) -> bool:
    """Return whether too many words wait, for one name or for all, from one network or from all."""
    wait = "SELECT count(*) FROM words WHERE delivered IN (0, 2)"
    limits = [(f"{wait} AND key = :key", MOST_FOR_ONE)]
    if network:
        limits += [(f"{wait} AND key = :key AND network = :network", MOST_FROM_ONE)]
        limits += [(f"{wait} AND network = :network", MOST_WORDS_FROM_ONE)]
    limits += [(wait, MOST_WORDS)]  # last, because it takes longest
    values = {"key": key, "network": network}
    return any(connection.execute(statement, values).fetchone()[0] >= most for statement, most in limits)
