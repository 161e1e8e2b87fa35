"""What one address may cost, by value."""

from __future__ import annotations

import time

import pytest

from server.commands import discover
from server.limits import allowance
from server.limits.allowance import Allowance, Allowances
from server.limits.rates import RateLimits
from server.limits.token_bucket import TokenBucket
from server.settings import Settings

SETTINGS = Settings(rate=10.0, burst=20)


def test_an_address_does_not_get_a_fresh_burst() -> None:
    """All its connections share one allowance, and the next connection finds what is left."""
    allowances = Allowances(SETTINGS)
    lines = 0
    for _ in range(100):  # connections, one after the other
        rates = RateLimits(SETTINGS, allowances.of("10.0.0.1"))
        for _ in range(20):
            lines += rates.line(10) == 0.0
    assert lines <= 4 * 20 + 10
    assert RateLimits(SETTINGS, allowances.of("10.0.0.2")).line(10) == 0.0
    assert RateLimits(SETTINGS, allowances.of("::ffff:10.0.0.1")).line(10) > 0.0


def test_one_connection_has_no_more_than_its_own_share() -> None:
    """So that others behind the same address are not held up by it."""
    rates = RateLimits(SETTINGS, Allowance(SETTINGS))
    assert [rates.line(10) > 0.0 for _ in range(22)] == [False] * 20 + [True] * 2


def test_a_long_line_counts_for_several() -> None:
    """Else an address could say eight times as many bytes with lines of the limit."""
    short, long = Allowance(SETTINGS), Allowance(SETTINGS)
    assert sum(short.line(16) == 0.0 for _ in range(200)) > 4 * sum(long.line(4000) == 0.0 for _ in range(200))


def test_joins_and_processor_time_are_counted() -> None:
    """A class that comes in at once need not wait; who comes in for ever has to, as has whoever keeps us busy."""
    one = Allowance(SETTINGS)
    assert [one.join() for _ in range(40)] == [0.0] * 40
    assert sum(one.join() > 0.0 for _ in range(200)) > 100
    assert one.busy(0.01) == 0.0
    assert one.busy(1.0) > 10.0


def test_what_a_read_costs_is_what_the_thread_has_worked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever was read; waiting costs nothing."""
    worked = [100.0]
    monkeypatch.setattr(time, "thread_time", lambda: worked[0])
    rates = RateLimits(SETTINGS, Allowance(SETTINGS))
    assert rates.read() == 0.0
    worked[0] += 0.05
    assert rates.read() == 0.0
    worked[0] += 1.0
    assert rates.read() > 10.0


def test_where_loopback_is_trusted_nothing_is_counted() -> None:
    """Except while readers are behind."""
    rates = RateLimits(SETTINGS, None)
    assert [rates.line(4000) for _ in range(1000)] == [0.0] * 1000
    assert (rates.join(), rates.read()) == (0.0, 0.0)
    assert rates.refusal(discover().parse(1, 0.0, "rename x")) == ""


def test_while_readers_are_behind_the_loud_wait() -> None:
    """Whoever says little does not notice."""
    loud, quiet = RateLimits(SETTINGS, None), RateLimits(SETTINGS, None)
    assert sum(loud.congested(4096) > 0.0 for _ in range(10)) >= 5
    assert quiet.congested(200) == 0.0


def test_without_a_rate_lines_are_free() -> None:
    """But joins and processor time are not."""
    settings = Settings(rate=0.0)
    rates = RateLimits(settings, Allowance(settings))
    assert [rates.line(4000) for _ in range(1000)] == [0.0] * 1000
    assert Allowance(settings).busy(1.0) > 0.0


def test_an_address_that_has_everything_left_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """And no more than so many are remembered, whatever they have left."""
    monkeypatch.setattr(allowance, "MOST", 8)
    allowances = Allowances(SETTINGS)
    for number in range(100):
        allowances.of(f"10.0.0.{number}").busy(100.0)
        assert len(allowances._by_network) <= 8
    assert allowances.of("10.0.0.99").busy(0.001) > 0.0


def test_a_bucket_is_full_when_nothing_is_missing() -> None:
    """Tokens come back."""
    now = [0.0]
    bucket = TokenBucket(2, 1, lambda: now[0])
    assert bucket.is_full()
    bucket.take()
    assert not bucket.is_full()
    now[0] += 1.0
    assert bucket.is_full()
