"""How fast one connection may talk and change its name."""

from __future__ import annotations

import time

from ..chat import texts
from ..chat.room import Entry
from ..settings import Settings
from .allowance import Allowance
from .token_bucket import TokenBucket

# While readers cannot keep up, one connection may say so many bytes at once, and then a second.
FAIR_SHARE, FAIR_RATE = 16 * 1024, 16 * 1024


class RateLimits:
    """The rate limits of one connection, together with its address. Its handler's thread uses them."""

    def __init__(self, settings: Settings, allowance: Allowance | None) -> None:
        """Without an `allowance` there is no limit: loopback is trusted."""
        self._allowance = allowance
        self._lines: TokenBucket | None = None
        self._renames: TokenBucket | None = None
        self._fair = TokenBucket(FAIR_SHARE, FAIR_RATE)
        self._busy = time.thread_time()  # how long this thread has kept the processor busy, when it was last counted
        if allowance and settings.rate:
            self._lines = TokenBucket(settings.burst, settings.rate)
        if allowance and settings.max_renames:
            self._renames = TokenBucket(settings.max_renames, settings.max_renames / settings.rename_period)

    def join(self) -> float:
        """Count the coming in. Return the seconds to wait before it."""
        return self._allowance.join() if self._allowance else 0.0

    def line(self, size: int) -> float:
        """Count a line of `size` bytes. Return the seconds that its author has to wait before it is dealt with."""
        if self._allowance is None:
            return 0.0
        return max(self._allowance.line(size), self._lines.take() if self._lines else 0.0)

    def read(self) -> float:
        """Count what the last read has cost, whatever was in it. Return the seconds to wait before the next one."""
        if self._allowance is None:
            return 0.0
        before, self._busy = self._busy, time.thread_time()
        return self._allowance.busy(self._busy - before)

    def work(self, seconds: float) -> float:
        """Count processor time that a line will take elsewhere. Return the seconds that its author has to wait."""
        return self._allowance.busy(seconds) if self._allowance else 0.0

    def congested(self, size: int) -> float:
        """Count `size` bytes said while readers cannot keep up. Return the seconds to wait, which are 0 for the quiet.

        Nobody is exempt from this: else a flood would throw out readers who are merely on a slower line.
        """
        return self._fair.take(size)

    def refusal(self, entry: Entry) -> str:
        """Return why an entry is refused, or an empty text. This is the filter in front of every command."""
        if self._renames and entry.asks_for_name and not self._renames.try_take():
            return texts.RENAMED_TOO_OFTEN
        return ""
