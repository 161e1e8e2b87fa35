"""What stands in place of a peer's address where addresses are hidden."""

from __future__ import annotations

import hashlib
import itertools
import os


class Aliases:
    """Makes short tags `HOST#NUMBER`. One host has the same first half as long as the server runs. Any thread."""

    def __init__(self) -> None:
        self._secret = os.urandom(16)
        self._numbers = itertools.count(1)

    def alias(self, host: str) -> str:
        """Return a tag for a new connection from `host`."""
        place = hashlib.blake2b(host.encode(), digest_size=3, key=self._secret).hexdigest()
        return f"{place}#{next(self._numbers)}"
