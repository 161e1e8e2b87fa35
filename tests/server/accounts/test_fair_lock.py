"""Who has the lock."""

from __future__ import annotations

import threading
from types import MappingProxyType

from server.accounts.fair_lock import FairLock

from ...support.peers import PATIENCE


class Row:
    """Threads that wait for the lock, one behind the other."""

    def __init__(self, lock: FairLock, count: int) -> None:
        self.lock = lock
        self.came: list[tuple[int, bool]] = []
        self.threads = [threading.Thread(target=self._wait, args=[number]) for number in range(count)]
        for number, thread in enumerate(self.threads):
            thread.start()
            while len(lock._waiting) <= number:
                pass

    def _wait(self, number: int) -> None:
        has_come = self.lock.acquire()
        self.came.append((number, has_come))
        if has_come:
            self.lock.release()

    def join(self) -> list[tuple[int, bool]]:
        for thread in self.threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()
        return self.came


def test_first_come_first_served() -> None:
    """However many wait. Afterwards the lock is free."""
    lock = FairLock(patience=PATIENCE)
    assert lock.acquire()
    row = Row(lock, 20)
    lock.release()
    assert row.join() == [(number, True) for number in range(20)]
    assert lock.acquire()


def test_nobody_overtakes() -> None:
    """A lock that was handed over is taken, although its owner has not yet been awake."""
    lock = FairLock(patience=0.0)
    assert lock.acquire()
    place = threading.Event()
    lock._waiting[place] = None
    lock.release()
    assert place.is_set()
    assert not lock.acquire()


def test_patience_has_an_end() -> None:
    """Whoever has given up has no place any more."""
    lock = FairLock(patience=0.0)
    assert lock.acquire()
    assert not lock.acquire()
    lock.release()
    assert lock.acquire()


def test_the_stop_wakes_all_at_once() -> None:
    """Nobody gets the lock then who would have had to wait for it."""
    stopping = threading.Event()
    lock = FairLock(PATIENCE, stopping)
    assert lock.acquire()
    row = Row(lock, 20)
    stopping.set()
    lock.release()
    assert sorted(row.join()) == [(number, False) for number in range(20)]
    assert lock.acquire()


def test_nobody_begins_to_wait_when_the_server_stops() -> None:
    """Nobody would wake them."""
    lock = FairLock(PATIENCE)
    assert lock.acquire()
    lock.stopping.set()
    lock._waiting = MappingProxyType({})  # type: ignore[assignment]  # nobody can be put into it
    assert not lock.acquire()
