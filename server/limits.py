"""How much one address, or one user, may have. Knows no socket."""

from __future__ import annotations

import ipaddress
import threading
import time
from collections import Counter
from collections.abc import Callable


class Bucket:
    """So many at once, then so many a second: a token bucket. One thread uses it."""

    def __init__(self, burst: float, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Full at first; RATE is per second, which CLOCK counts."""
        self._burst = burst
        self._rate = rate
        self._clock = clock
        self._level = burst
        self._filled = clock()

    def take(self) -> float:
        """Take one, on credit if there is none; the seconds until it will be there."""
        self._fill()
        self._level -= 1
        return max(0.0, -self._level / self._rate)

    def try_take(self) -> bool:
        """Take one if there is one; whether there was."""
        self._fill()
        if self._level < 1:
            return False
        self._level -= 1
        return True

    def _fill(self) -> None:
        now = self._clock()
        self._level = min(self._burst, self._level + (now - self._filled) * self._rate)
        self._filled = now


class Gate:
    """How many connections there are, in all and from each network. Any thread may call any method.

    Lock rule: innermost; nothing blocks under it.
    """

    def __init__(self, max_users: int, max_per_ip: int) -> None:
        """A limit of 0 is none."""
        self._max_users = max_users
        self._max_per_ip = max_per_ip
        self._lock = threading.Lock()
        self._total = 0
        self._by_network: Counter[str] = Counter()

    def is_full(self) -> bool:
        """Whether nobody at all can come in."""
        with self._lock:
            return 0 < self._max_users <= self._total

    def enter(self, host: str) -> bool:
        """Count a connection from HOST in; False, and nothing is counted, if its network has all it may have."""
        network = network_of(host)
        with self._lock:
            if 0 < self._max_per_ip <= self._by_network[network] and not is_loopback(host):
                return False
            self._total += 1
            self._by_network[network] += 1
            return True

    def leave(self, host: str) -> None:
        """Count a connection from HOST out."""
        network = network_of(host)
        with self._lock:
            self._total -= 1
            self._by_network[network] -= 1
            if not self._by_network[network]:
                del self._by_network[network]


def is_loopback(host: str) -> bool:
    """Whether HOST, an address, is this machine: what it does to itself needs no limit."""
    return _address(host).is_loopback


def network_of(host: str) -> str:
    """What counts as one place: an IPv4 address, or the /64 that a subscriber of IPv6 is given."""
    address = _address(host)
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.IPv6Network((address, 64), strict=False))
    return str(address)


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    address = ipaddress.ip_address(host.partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
