"""A token bucket: so much at once, then so much a second."""

from __future__ import annotations

import time
from collections.abc import Callable


class TokenBucket:
    """A rate limit with a burst. One thread at a time uses it."""

    def __init__(self, burst: float, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        """The bucket is full at first, with `burst` tokens. `rate` is tokens a second, which `clock` counts."""
        self._burst = burst
        self._rate = rate
        self._clock = clock
        self._level = burst
        self._filled = clock()

    def take(self, tokens: float = 1) -> float:
        """Take tokens, on credit if there are too few, or give some back.

        Return the seconds until they will be there.
        """
        self._fill()
        self._level -= tokens
        return max(0.0, -self._level / self._rate)

    def try_take(self) -> bool:
        """Take a token if there is one. Return whether there was."""
        self._fill()
        if self._level < 1:
            return False
        self._level -= 1
        return True

    def level(self) -> float:
        """Return how many tokens there are."""
        self._fill()
        return self._level

    def is_full(self) -> bool:
        """Return whether nothing has been taken that is not there again."""
        self._fill()
        return self._level >= self._burst

    def _fill(self) -> None:
        now = self._clock()
        self._level = min(self._burst, self._level + (now - self._filled) * self._rate)
        self._filled = now
