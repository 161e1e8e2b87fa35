"""How hard to hold on to the server, and how long to wait before trying again. Pure. Times are in seconds."""

from __future__ import annotations

import math
from dataclasses import dataclass

# At once first, because most connections end with the server well and there.
DELAYS = (0.0, 1.0, 2.0, 4.0, 8.0)


@dataclass(frozen=True, slots=True)
class ReconnectPolicy:
    """What a client does in silence, and after the end of a connection."""

    away_after: float = 0.0  # heartbeats go on so long after the last key
    heartbeat: float = math.inf  # the longest silence; the server's idle limit may ask for less
    returns: bool = True  # comes back by itself, and not only with the next line
    patience: float = math.inf  # how long to do without a server
    insists: bool = False  # tries again even if there was no server in the first place


class Backoff:
    """Waits that grow with each failure, until something succeeds."""

    def __init__(self) -> None:
        self._failures = 0

    def next(self) -> float:
        """Return how long to wait now."""
        delay = DELAYS[min(self._failures, len(DELAYS) - 1)]
        self._failures += 1
        return delay

    def reset(self) -> None:
        """Begin anew: something has succeeded."""
        self._failures = 0
