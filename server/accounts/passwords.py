"""Passwords: what is kept of one, and whether another is the same. Knows no file.

What is kept is `scrypt$N$R$P$SALT$HASH`. The parameters stand in it, so they can grow without anybody's help: whoever logs
in with an older hash gets a new one.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import threading
import unicodedata

from .fair_lock import FairLock

COST = (2**14, 8, 1)  # scrypt's n, r and p: 16 MiB of memory, and some 50 ms of a processor
SALT, LENGTH = 16, 32  # bytes
SPARE = 2**20  # bytes of memory that scrypt may take besides what its parameters say
PATIENCE = 5.0  # seconds that somebody waits for the hashes before theirs


class Busy(Exception):
    """Too many want this at the same time."""


class Passwords:
    """Makes and compares hashes, one at a time: more would take more than one processor from the chat.

    Any thread may call any method. Each call takes its time, and runs outside the interpreter.
    """

    def __init__(
        self, stopping: threading.Event, cost: tuple[int, int, int] = COST, patience: float = PATIENCE
    ) -> None:
        """`stopping` ends every wait."""
        self._cost = cost
        self._lock = FairLock(patience, stopping)
        self._nobodys = self._write(os.urandom(SALT), os.urandom(LENGTH))  # for names that nobody has registered

    def make(self, password: str) -> str:
        """Return what to keep of a password. Raises Busy."""
        salt = os.urandom(SALT)
        return self._write(salt, self._hash(password, salt, self._cost))

    def is_right(self, password: str, kept: str | None) -> bool:
        """Return whether this is the password of which `kept` was kept. Without one it takes as long. Raises Busy."""
        _, *cost, salt, expected = (kept or self._nobodys).split("$")
        n, r, p = map(int, cost)
        found = self._hash(password, bytes.fromhex(salt), (n, r, p))
        return hmac.compare_digest(found, bytes.fromhex(expected)) and kept is not None

    def is_old(self, kept: str) -> bool:
        """Return whether a hash was made with other parameters than hashes are made with today."""
        return not kept.startswith(self._write(b"", b"")[:-1])

    def _write(self, salt: bytes, made: bytes) -> str:
        n, r, p = self._cost
        return f"scrypt${n}${r}${p}${salt.hex()}${made.hex()}"

    def _hash(self, password: str, salt: bytes, cost: tuple[int, int, int]) -> bytes:
        n, r, p = cost
        secret = unicodedata.normalize("NFC", password).encode("utf-8", "replace")
        if not self._lock.acquire():
            raise Busy
        try:
            return hashlib.scrypt(secret, salt=salt, n=n, r=r, p=p, maxmem=128 * r * (n + p) + SPARE, dklen=LENGTH)
        finally:
            self._lock.release()
