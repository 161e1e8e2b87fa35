"""How many connections there may be, in all and from each network. Knows no socket."""

from __future__ import annotations

import threading
from collections import Counter

from ..chat import texts
from ..chat.events import Bye
from ..wire.addresses import is_loopback, network_of


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

    def enter(self, host: str) -> Bye | None:
        """Count a connection from `host` in. Return why it is refused, if it is; then it is not counted."""
        network = network_of(host)
        with self._lock:
            if 0 < self._max_users <= self._total:
                return Bye("full", texts.FULL)
            if 0 < self._max_per_ip <= self._by_network[network] and not (self._trust_loopback and is_loopback(host)):
                return Bye("too_many", texts.TOO_MANY_FROM_THERE)
            self._total += 1
            self._by_network[network] += 1
            return None

    def leave(self, host: str) -> None:
        """Count a connection from `host` out."""
        network = network_of(host)
        with self._lock:
            self._total -= 1
            self._by_network[network] -= 1
            if not self._by_network[network]:
                del self._by_network[network]
