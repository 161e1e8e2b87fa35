"""How often the log says the same."""

from __future__ import annotations

from server.limits.log_limit import BURST, RATE, LogLimit


def test_some_at_once_and_then_now_and_then() -> None:
    """What is left out is not made up for."""
    now = [0.0]
    limit = LogLimit(lambda: now[0])
    assert [limit.is_due() for _ in range(BURST + 2)] == [True] * BURST + [False] * 2
    now[0] += 1 / RATE
    assert [limit.is_due() for _ in range(2)] == [True, False]


def test_one_thread_at_a_time_uses_its_bucket() -> None:
    """All handlers of a door share one limit."""
    made: list[LogLimit] = []
    held: list[bool] = []

    def clock() -> float:
        held.extend(limit._lock.locked() for limit in made)
        return 0.0

    made.append(LogLimit(clock))
    made[0].is_due()
    assert held == [True]
    assert not made[0]._lock.locked()
