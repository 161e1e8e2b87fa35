"""Networks from which nobody may come in. Knows no socket."""

from __future__ import annotations

import time
from collections.abc import Callable

from ..chat.owners import is_on
from ..wire.addresses import network_of


class BannedNetworks:
    """Knows until when each network is banned. Any thread may call `has`, because each change makes a new table.

    One thread at a time may change it, which `Bans` sees to.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        """`clock` returns seconds since 1970."""
        self._clock = clock
        self._until: dict[str, float] = {}  # by network; 0 means for ever

    def add(self, network: str, until: float) -> None:
        """Let nobody in from a network any more, until then, in seconds since 1970. 0 means for ever."""
        self._until = {**self._until, network: until}

    def remove(self, network: str) -> None:
        """Let people in from a network again."""
        self._until = {known: until for known, until in self._until.items() if known != network}

    def has(self, host: str) -> bool:
        """Return whether nobody may come in from `host`."""
        banned = self._until
        until = banned.get(network_of(host)) if banned else None
        return is_on(until, self._clock())
