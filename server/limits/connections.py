"""How many connections there may be, in all and from each network. Knows no socket."""

from __future__ import annotations

import threading
from collections import Counter

from ..chat import texts
from ..chat.events import Bye
from ..wire.addresses import is_trusted, network_of
from .banned import BannedNetworks


class ConnectionLimiter:
    """Counts connections and refuses those that are too many. Any thread may call any method.

    Lock rule: its lock is innermost, and nothing blocks under it.
    """

    def __init__(self, max_users: int, max_per_ip: int, trust_loopback: bool = True) -> None:
        """0 means no limit. Where loopback is trusted, it is exempt from `max_per_ip`."""
        self._trust_loopback = trust_loopback
        self._max_users = max_users
        self._max_per_ip = max_per_ip
        self._lock = threading.Lock()
        self._total = 0
        self._by_network: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()  # connections, by code; changed under the lock
        self.banned = BannedNetworks()

    def enter(self, host: str) -> Bye | None:
        """Count a connection from `host` in. Return why it is refused, if it is; then it is not counted.

        An empty host is not known yet, and counts only for the whole.
        """
        with self._lock:
            if 0 < self._max_users <= self._total:
                return self._refuse("full", texts.FULL)
            return self._count_in(host)

    def leave(self, host: str) -> None:
        """Count a connection from `host` out."""
        with self._lock:
            self._count_out(host)

    def move(self, before: str, host: str) -> Bye | None:
        """Count a connection for another host from now on. Return why it is refused, if it is; then nothing changes."""
        with self._lock:
            if refusal := self._count_in(host):
                return refusal
            self._count_out(before)
            return None

    def ban_of(self, host: str) -> Bye | None:
        """Return why a connection that was counted in may not go on, if its host has been banned since then.

        If so, count the refusal.
        """
        with self._lock:
            return self._refuse("banned", texts.BANNED) if host and self.banned.has(host) else None

    def note(self, code: str) -> None:
        """Count a connection that was refused for another reason."""
        with self._lock:
            self.refused[code] += 1

    def _count_in(self, host: str) -> Bye | None:
        if host:
            if self.banned.has(host):
                return self._refuse("banned", texts.BANNED)
            network = network_of(host)
            exempt = not self._max_per_ip or is_trusted(host, self._trust_loopback)
            if not exempt and self._by_network[network] >= self._max_per_ip:
                return self._refuse("too_many", texts.TOO_MANY_FROM_THERE)
            self._by_network[network] += 1
        self._total += 1
        return None

    def _refuse(self, code: str, text: str) -> Bye:
        self.refused[code] += 1
        return Bye(code, text)

    def _count_out(self, host: str) -> None:
        self._total -= 1
        if host:
            network = network_of(host)
            self._by_network[network] -= 1
            if not self._by_network[network]:
                del self._by_network[network]
