"""The accounts file: each call is one transaction, which has survived when the call returns.

A damaged file is an error, and is never replaced: these are people's names.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Sequence

from ..chat.owners import Account, Ban, Word
from ..storage.file import File, transaction
from .schema import FORMAT, AccountsError

MOST_ACCOUNTS = 100_000
MOST_FOR_ONE = 100  # words that wait for one name
MOST_WORDS = 20_000  # words that wait for all names together
LONGEST = 7 * 24 * 3600.0  # seconds for which a word waits

Fault = (OSError, sqlite3.Error)  # what a disk, or another program that has locked the file, can do to any call


class Store:
    """One accounts file. Any thread may call any method; each may wait for the disk, and raises one of `Fault`.

    Lock rule: nobody holds another lock while they wait for this one, so that nobody else waits for the disk.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Open the file, or make it. Raises AccountsError if that is not possible."""
        self._lock = threading.Lock()
        self._file = File(path, FORMAT)
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

    def close(self) -> None:
        """Close the file, and let another server have it."""
        self._connection.close()
        self._file.release()

    def add(self, key: str, name: str, made: str, now: float) -> Account | None:
        """Keep a new account, with the hash `made`. Return None if the name has one already, or there are too many."""
        with self._lock, transaction(self._connection) as connection:
            (count,) = connection.execute("SELECT count(*) FROM accounts").fetchone()
            if count >= MOST_ACCOUNTS or connection.execute("SELECT 1 FROM accounts WHERE key = ?", (key,)).fetchone():
                return None
            row = connection.execute(
                "INSERT INTO accounts (key, name, hash, made) VALUES (?, ?, ?, ?)", (key, name, made, now)
            )
            return Account(int(row.lastrowid or 0), key, name)

    def find(self, key: str) -> tuple[Account, str] | None:
        """Return the account of a folded name, and its hash."""
        with self._lock:
            row = self._connection.execute(
                "SELECT number, key, name, serial, hash FROM accounts WHERE key = ?", (key,)
            ).fetchone()
        return (Account(*row[:4]), str(row[4])) if row else None

    def renew(self, account: Account, made: str) -> None:
        """Keep another hash for an account."""
        values = made, account.serial, account.number
        with self._lock, transaction(self._connection) as connection:
            connection.execute("UPDATE accounts SET hash = ?, serial = ? WHERE number = ?", values)

    def remove(self, account: Account) -> None:
        """Forget an account, and the words that wait for it."""
        with self._lock, transaction(self._connection) as connection:
            connection.execute("DELETE FROM accounts WHERE number = ?", (account.number,))
            connection.execute("DELETE FROM words WHERE key = ?", (account.key,))

    def keep(self, key: str, sender: str, text: str, now: float, line: tuple[str, int] | None) -> Word | None:
        """Keep a word for the owner of a folded name. Return None if too many wait for them already.

        `line` is the session of the program that has sent it, and its number. A line that is here already stays as it is,
        and a word that was delivered has no text any more.
        """
        with self._lock, transaction(self._connection) as connection:
            connection.execute("DELETE FROM words WHERE time < ?", (now - LONGEST,))
            if line:
                row = connection.execute(
                    "SELECT number, sender, text, time FROM words WHERE session = ? AND line = ?", line
                ).fetchone()
                if row:
                    return Word(*row)
            (waiting,) = connection.execute(
                "SELECT count(*) FROM words WHERE key = ? AND delivered != 1", (key,)
            ).fetchone()
            (in_all,) = connection.execute("SELECT count(*) FROM words").fetchone()
            if waiting >= MOST_FOR_ONE or in_all >= MOST_WORDS:
                return None
            row = connection.execute(
                "INSERT INTO words (key, sender, text, time, session, line) VALUES (?, ?, ?, ?, ?, ?)",
                (key, sender, text, now, *(line or (None, None))),
            )
            return Word(int(row.lastrowid or 0), sender, text, now)

    def hand_out(self, key: str, now: float) -> list[Word]:
        """Return the words that wait for the owner of a folded name, oldest first. The next time, they are repeated."""
        with self._lock:
            rows = self._connection.execute(
                "SELECT number, sender, text, time, delivered FROM words"
                " WHERE key = ? AND delivered != 1 AND time >= ? ORDER BY number",
                (key, now - LONGEST),
            ).fetchall()
            if rows:
                with transaction(self._connection) as connection:
                    connection.execute("UPDATE words SET delivered = 2 WHERE key = ? AND delivered = 0", (key,))
        return [Word(number, sender, text, then, bool(delivered)) for number, sender, text, then, delivered in rows]

    def delivered(self, words: Sequence[Word]) -> None:
        """Take note that words have reached their owner. Their texts are overwritten."""
        numbers = [(word.number,) for word in words]
        with self._lock, transaction(self._connection) as connection:
            connection.executemany("DELETE FROM words WHERE number = ? AND session IS NULL", numbers)
            connection.executemany("UPDATE words SET text = '', delivered = 1 WHERE number = ?", numbers)

    def forget(self, word: Word) -> None:
        """Forget a word, as if it had never been kept."""
        with self._lock, transaction(self._connection) as connection:
            connection.execute("DELETE FROM words WHERE number = ?", (word.number,))

    def ban(self, ban: Ban, now: float) -> None:
        """Keep a ban, in place of one for the same, and forget those that are over."""
        with self._lock, transaction(self._connection) as connection:
            connection.execute("DELETE FROM bans WHERE until AND until <= ?", (now,))
            connection.execute(
                "INSERT OR REPLACE INTO bans (what, is_address, shown, until, by) VALUES (?, ?, ?, ?, ?)",
                (ban.what, ban.is_address, ban.shown, ban.until, ban.by),
            )

    def unban(self, ban: Ban) -> None:
        """Forget a ban."""
        with self._lock, transaction(self._connection) as connection:
            connection.execute("DELETE FROM bans WHERE what = ? AND is_address = ?", (ban.what, ban.is_address))
