"""What one address may cost everybody else. It outlives the address's connections.

An address here is an IPv4 address or an IPv6 /64. Whoever reconnects finds what is left of the allowance, and all
connections of one address share it. It is counted in lines and their bytes, in coming in, and in the time that the
handlers of the address keep the processor busy. The last bounds every kind of input, also one that ends no line.
"""

from __future__ import annotations

import threading

from ..settings import Settings
from ..wire.addresses import network_of
from .token_bucket import TokenBucket

# One address may do as much as this many connections: a class behind one router, not a crowd.
SHARE = 4
LONG_LINE = 512  # bytes; a line of this size counts as two, so that long lines are not cheaper than short ones
JOINS, JOINS_RATE = 100, 5.0  # how many may come in at once, and then a second
# Seconds of processor time: a little at once, then a twentieth of one processor.
BUSY, BUSY_RATE = 0.1, 0.05
MOST = 4096  # addresses that are remembered


class Allowance:
    """What is left for one address. Any thread may call any method.

    Lock rule: its lock is innermost, and nothing blocks under it. Each method counts what happens and returns the
    seconds that the caller has to wait before it goes on.
    """

    def __init__(self, settings: Settings) -> None:
        self._lock = threading.Lock()
        self._lines = TokenBucket(SHARE * settings.burst, SHARE * settings.rate) if settings.rate else None
        self._joins = TokenBucket(JOINS, JOINS_RATE)
        self._busy = TokenBucket(BUSY, BUSY_RATE)

    def line(self, size: int) -> float:
        """Count a line of `size` bytes."""
        with self._lock:
            return self._lines.take(1 + size / LONG_LINE) if self._lines else 0.0

    def join(self) -> float:
        """Count a connection that wants to come in."""
        with self._lock:
            return self._joins.take()

    def busy(self, seconds: float) -> float:
        """Count processor time."""
        with self._lock:
            return self._busy.take(seconds)

    def is_unused(self) -> bool:
        """Return whether everything is left, so that it need not be remembered."""
        with self._lock:
            return all(bucket is None or bucket.is_full() for bucket in (self._lines, self._joins, self._busy))


class Allowances:
    """The allowances of all addresses. Any thread may call any method. Lock rule: above an allowance's lock."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._by_network: dict[str, Allowance] = {}

    def of(self, host: str) -> Allowance:
        """Return what is left for `host`."""
        network = network_of(host)
        with self._lock:
            found = self._by_network.get(network)
            if found is None:
                if len(self._by_network) >= MOST:
                    self._forget()
                found = self._by_network[network] = Allowance(self._settings)
            return found

    def _forget(self) -> None:
        """Forget those that have everything left. If that is not enough, forget the oldest."""
        for network in [network for network, allowance in self._by_network.items() if allowance.is_unused()]:
            del self._by_network[network]
        for network in list(self._by_network)[: max(0, len(self._by_network) - MOST * 3 // 4)]:
            del self._by_network[network]
