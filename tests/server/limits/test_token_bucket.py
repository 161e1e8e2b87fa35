"""The token bucket, by value."""

from __future__ import annotations

import pytest

from server.limits.token_bucket import TokenBucket


class Clock:
    """A clock that stands still until the test moves it."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_is_free_and_the_rest_is_paced() -> None:
    """Each token on credit has to be waited for, one after the other."""
    bucket = TokenBucket(burst=3, rate=10, clock=Clock())
    assert [bucket.take() for _ in range(5)] == pytest.approx([0, 0, 0, 0.1, 0.2])


def test_a_bucket_fills_again_but_not_over() -> None:
    """It gets the tokens for the time that has passed, up to the burst."""
    clock = Clock()
    bucket = TokenBucket(burst=2, rate=1, clock=clock)
    assert [bucket.try_take() for _ in range(3)] == [True, True, False]
    clock.now += 1.0
    assert [bucket.try_take() for _ in range(2)] == [True, False]
    clock.now += 1000.0
    assert [bucket.try_take() for _ in range(3)] == [True, True, False]
