"""How often the log says the same, when somebody could make it say so all the time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from .token_bucket import TokenBucket

BURST, RATE = 2, 0.1  # at once, then a second


class LogLimit:
    """Bounds how often one thing is logged. Any thread may call any method.

    Lock rule: its lock is innermost, and nothing blocks under it. So the caller logs when it has the answer.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._lock = threading.Lock()
        self._bucket = TokenBucket(BURST, RATE, clock)

    def is_due(self) -> bool:
        """Return whether it is to be logged now. If so, it is counted."""
        with self._lock:
            return self._bucket.try_take()
