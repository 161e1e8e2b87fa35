"""How often somebody may try a password. It bounds what is guessed, by the name that is tried and by who tries.

A try is taken before the password is looked at, and given back if it was right. So many who guess at the same time get no
further than one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from ..limits.token_bucket import TokenBucket
from ..wire.addresses import is_trusted, network_of

BY_NAME = (10, 1 / 60)  # wrong passwords for one name at once, and then a second
BY_STRANGER = (5, 1 / 300)  # of these, from one network that is not a home: it cannot use them all up
BY_ADDRESS = (20, 1 / 15)  # wrong passwords from one address: a class behind one router mistypes
NEW = (60, 1 / 60)  # new accounts from one address
MOST = 4096  # buckets, and homes, that are remembered


class Buckets:
    """Token buckets by a key, of which only so many are remembered."""

    def __init__(self, burst: float, rate: float) -> None:
        self._make: Callable[[], TokenBucket] = lambda: TokenBucket(burst, rate)
        self._by_key: dict[str, TokenBucket] = {}

    def of(self, key: str) -> TokenBucket:
        """Return the bucket of a key. Those that are full are forgotten first, then the oldest."""
        found = self._by_key.get(key)
        if found is None:
            if len(self._by_key) >= MOST:
                self._forget()
            found = self._by_key[key] = self._make()
        return found

    def _forget(self) -> None:
        for key in [key for key, bucket in self._by_key.items() if bucket.is_full()]:
            del self._by_key[key]
        for key in list(self._by_key)[: max(0, len(self._by_key) - MOST * 3 // 4)]:
            del self._by_key[key]


class Tries:
    """Counts tries. Any thread may call any method. Lock rule: its lock is innermost, and nothing blocks under it."""

    def __init__(self, trust_loopback: bool = True) -> None:
        """Where loopback is trusted, it is exempt from the limits of an address."""
        self._trust_loopback = trust_loopback
        self._lock = threading.Lock()
        self._by_name = Buckets(*BY_NAME)
        self._by_stranger = Buckets(*BY_STRANGER)  # by name and network
        self._by_address = Buckets(*BY_ADDRESS)
        self._new = Buckets(*NEW)
        self._homes: dict[str, None] = {}  # names with networks whose owners are known there, oldest first

    def take(self, key: str, host: str) -> bool:
        """Take a try for a folded name. Return whether there was one.

        An owner is not locked out by strangers: a network that is a home of the name has tries of its own. Elsewhere one
        network alone has fewer tries than the name, and gets them back so slowly that most are left for others.
        """
        with self._lock:
            buckets = self._buckets(key, host)
            if any(bucket.level() < 1 for bucket in buckets):
                return False
            for bucket in buckets:
                bucket.take()
            return True

    def give_back(self, key: str, host: str) -> None:
        """Give a try back, because the password was right, or could not be looked at."""
        with self._lock:
            for bucket in self._buckets(key, host):
                bucket.take(-1)

    def add_home(self, key: str, host: str) -> None:
        """Take note that the owner of a name comes from `host`: they have registered it there, or logged in."""
        with self._lock:
            home = _home(key, host)
            self._homes.pop(home, None)
            self._homes[home] = None
            if len(self._homes) > MOST:
                del self._homes[next(iter(self._homes))]

    def take_new(self, host: str) -> bool:
        """Take the right to make an account from `host`. Return whether there was one."""
        with self._lock:
            return self.is_trusted(host) or self._new.of(network_of(host)).try_take()

    def give_back_new(self, host: str) -> None:
        """Give the right to make an account back, because none could be made."""
        with self._lock:
            if not self.is_trusted(host):
                self._new.of(network_of(host)).take(-1)

    def _buckets(self, key: str, host: str) -> list[TokenBucket]:
        home = _home(key, host)
        is_home = home in self._homes
        buckets = [self._by_name.of(home if is_home else key)]
        if not self.is_trusted(host):
            buckets.append(self._by_address.of(network_of(host)))
            if not is_home:
                buckets.append(self._by_stranger.of(home))
        return buckets

    def is_trusted(self, host: str) -> bool:
        """Return whether whoever comes from `host` is on this machine, and trusted."""
        return is_trusted(host, self._trust_loopback)


def _home(key: str, host: str) -> str:
    return f"{key} {network_of(host)}"
