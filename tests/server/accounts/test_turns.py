"""Whose turn it is."""

from __future__ import annotations

import threading
from types import MappingProxyType

from server.accounts.turns import Turns

from ...support.peers import PATIENCE


class Row:
    """Threads that wait for turns, one behind the other."""

    def __init__(self, turns: Turns, count: int) -> None:
        self.turns = turns
        self.came: list[tuple[int, bool]] = []
        self.threads = [threading.Thread(target=self._wait, args=[number]) for number in range(count)]
        for number, thread in enumerate(self.threads):
            thread.start()
            while len(turns._row) <= number:
                pass

    def _wait(self, number: int) -> None:
        has_come = self.turns.take()
        self.came.append((number, has_come))
        if has_come:
            self.turns.pass_on()

    def join(self) -> list[tuple[int, bool]]:
        for thread in self.threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()
        return self.came


def test_first_come_first_served() -> None:
    """However many wait. Afterwards the turn is free."""
    turns = Turns(patience=PATIENCE)
    assert turns.take()
    row = Row(turns, 20)
    turns.pass_on()
    assert row.join() == [(number, True) for number in range(20)]
    assert turns.take()


def test_nobody_overtakes() -> None:
    """A turn that was passed on is taken, although its owner has not yet been awake."""
    turns = Turns(patience=0.0)
    assert turns.take()
    place = threading.Event()
    turns._row[place] = None
    turns.pass_on()
    assert place.is_set()
    assert not turns.take()


def test_patience_has_an_end() -> None:
    """Whoever has given up has no place in the row any more."""
    turns = Turns(patience=0.0)
    assert turns.take()
    assert not turns.take()
    turns.pass_on()
    assert turns.take()


def test_the_stop_wakes_all_at_once() -> None:
    """Nobody gets a turn then for which they would have had to wait."""
    stopping = threading.Event()
    turns = Turns(PATIENCE, stopping)
    assert turns.take()
    row = Row(turns, 20)
    stopping.set()
    turns.pass_on()
    assert sorted(row.join()) == [(number, False) for number in range(20)]
    assert turns.take()


def test_nobody_begins_to_wait_when_the_server_stops() -> None:
    """Nobody would wake them."""
    turns = Turns(PATIENCE)
    assert turns.take()
    turns.stopping.set()
    turns._row = MappingProxyType({})  # type: ignore[assignment]  # nobody can be put into it
    assert not turns.take()
