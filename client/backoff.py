"""How long to wait before trying again. Pure."""

from __future__ import annotations

# Seconds. At once first: most connections end by the idle limit, with the server well and there.
DELAYS = (0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0)


class Backoff:
    """Waits that grow with each failure, until something succeeds."""

    def __init__(self) -> None:
        self._failures = 0

    @property
    def at_its_longest(self) -> bool:
        """Whether the wait given last is the longest, and not for the first time."""
        return self._failures > len(DELAYS)

    def next(self) -> float:
        """Seconds to wait now."""
        delay = DELAYS[min(self._failures, len(DELAYS) - 1)]
        self._failures += 1
        return delay

    def reset(self) -> None:
        """Something has succeeded."""
        self._failures = 0
