"""When to send a heartbeat. Pure. Times are in seconds of one clock that never goes back."""

from __future__ import annotations

import math

from .backoff import ReconnectPolicy

SHARE = 0.4  # of the server's idle limit
CALM = 30.0  # seconds; for a server without an idle limit
USUAL_IDLE = 10.0  # seconds; the idle limit of a server that does not say what it has


class Heartbeats:
    """Keeps us in the room while the user is there."""

    def __init__(self, policy: ReconnectPolicy) -> None:
        self.idle: float | None = None  # the server's idle limit; 0 if it has none, and None if it does not say
        self.sent_at = -math.inf  # when the last line was sent
        self.key_at = -math.inf  # when the user was last known to be there
        self._policy = policy

    def is_away(self, now: float) -> bool:
        """Return whether the user has been away for so long that the server's idle limit is welcome."""
        return self.key_at + self._policy.away_after <= now

    def due(self) -> float:
        """Return when silence is to be broken; infinite for never."""
        always = self._policy.away_after == math.inf
        if self.is_away(self.sent_at) or (not self.idle and not always):
            return math.inf
        idle = USUAL_IDLE if self.idle is None else self.idle
        return self.sent_at + min(self._policy.heartbeat, SHARE * idle or CALM)
