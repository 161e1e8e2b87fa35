"""The token bucket, by value."""

from __future__ import annotations

import pytest

from server.limits.token_bucket import TokenBucket


class Clock:
    """A clock that stands still until it is told."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_is_free_and_the_rest_is_paced() -> None:
    """Each on credit waits for its own."""
    bucket = TokenBucket(burst=3, rate=10, clock=Clock())
    assert [bucket.take() for _ in range(5)] == pytest.approx([0, 0, 0, 0.1, 0.2])


def test_a_bucket_fills_again_but_not_over() -> None:
    """As much as the time that went by, up to the burst."""
    clock = Clock()
    bucket = TokenBucket(burst=2, rate=1, clock=clock)
    assert [bucket.try_take() for _ in range(3)] == [True, True, False]
    clock.now += 1.0
    assert [bucket.try_take() for _ in range(2)] == [True, False]
    clock.now += 1000.0
    assert [bucket.try_take() for _ in range(3)] == [True, True, False]
