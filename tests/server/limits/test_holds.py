"""How long sessions wait, by value: a clock that the test moves."""

from __future__ import annotations

import pytest

from server.chat.room import Entry
from server.commands.sessions import Expire
from server.limits.holds import Holds

LIMIT = 10.0  # seconds


class Waiting:
    """Sessions that wait, and a clock."""

    def __init__(self) -> None:
        self.now = 100.0
        self.held = {"a": 1}
        self._put: list[Entry] = []
        self._holds = Holds(LIMIT, lambda: dict(self.held), self._put.extend, lambda: self.now)

    def ended_after(self, seconds: float) -> list[tuple[str, int]]:
        """Let time pass and look once. Return which sessions that ends."""
        self.now += seconds
        self._put.clear()
        self._holds.look()
        return [(entry.digest, entry.since) for entry in self._put if isinstance(entry, Expire)]


@pytest.fixture
def waiting() -> Waiting:
    """One session, "a", that has begun to wait."""
    waiting = Waiting()
    waiting.ended_after(1.0)
    return waiting


def test_a_session_ends_when_it_has_waited_for_too_long(waiting: Waiting) -> None:
    """Each is counted from when it lost its connection."""
    assert [waiting.ended_after(1.0) for _ in range(5)] == [[]] * 5
    waiting.held["b"] = 7
    assert [waiting.ended_after(1.0) for _ in range(5)] == [[]] * 4 + [[("a", 1)]]
    del waiting.held["a"]
    assert [waiting.ended_after(1.0) for _ in range(6)] == [[]] * 5 + [[("b", 7)]]


def test_one_that_was_taken_up_begins_anew(waiting: Waiting) -> None:
    """It has lost its connection at another place since then."""
    for _ in range(8):
        waiting.ended_after(1.0)
    waiting.held["a"] = 9
    assert [waiting.ended_after(1.0) for _ in range(10)] == [[]] * 10
    assert waiting.ended_after(1.0) == [("a", 9)]


def test_a_freeze_is_no_waiting(waiting: Waiting) -> None:
    """While the process stood still, nobody could come back."""
    assert waiting.ended_after(3600.0) == []
    assert [waiting.ended_after(1.0) for _ in range(7)] == [[]] * 7
    assert waiting.ended_after(1.0) == [("a", 1)]


def test_it_does_not_look_all_the_time() -> None:
    """It may be called as often as one likes; the time between adds up."""
    now, looks = [0.0], list[float]()

    def held() -> dict[str, int]:
        looks.append(now[0])
        return {}

    holds = Holds(LIMIT, held, lambda _: None, lambda: now[0])
    for tenth in range(31):
        now[0] = tenth / 10
        holds.look()
    assert looks == [1.0, 2.0, 3.0]
