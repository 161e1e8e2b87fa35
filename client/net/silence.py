"""How long nothing was sent, and what is done about that: heartbeats, and a reminder of the idle limit. Pure."""

from __future__ import annotations

import math

from .attempts import ReconnectPolicy

SHARE = 0.4  # of the server's idle limit, after which a heartbeat is sent
CALM = 30.0  # seconds, for a server without an idle limit
UNTOLD = 4.0  # seconds, for a server that does not say which limit it has
NOTICE, LONGEST_NOTICE = 0.2, 30.0  # before the idle limit, as a share of it, and in seconds


class Silence:
    """The time since the last line on one connection after another. `curious`: somebody reads reminders."""

    def __init__(self, policy: ReconnectPolicy, *, curious: bool) -> None:
        self.sent_at = -math.inf  # when the last line was sent
        self.key_at = -math.inf  # when the user was last known to be there
        self._policy = policy
        self._curious = curious
        self._idle = 0.0  # the server's idle limit in seconds; 0 for none
        self._calm = CALM  # the time between two heartbeats if there is none
        self._reminded: float | None = None  # when the silence began of which the user was reminded last

    def enter(self, idle: float, calm: float = CALM) -> None:
        """Take note of what a server allows."""
        self._idle, self._calm = idle, calm

    def is_away(self, now: float) -> bool:
        """Return whether the user has been away for so long that the server's idle limit is welcome."""
        return self.key_at + self._policy.away_after <= now

    def heartbeat_at(self) -> float:
        """Return when to break the silence, to stay in the room; infinite for never."""
        is_for_ever = self._policy.away_after == math.inf
        if self.is_away(self.sent_at) or not (self._idle or is_for_ever):
            return math.inf
        return self.sent_at + min(self._policy.heartbeat, SHARE * self._idle or self._calm)

    def reminder_at(self) -> float:
        """Return when to say, once in each silence, that the idle limit comes near; infinite for never."""
        is_kept = self.heartbeat_at() < math.inf  # in the room, however late a heartbeat is
        if is_kept or not (self._curious and self._idle) or self.sent_at == self._reminded:
            return math.inf
        return self.sent_at + self._idle - min(LONGEST_NOTICE, NOTICE * self._idle)

    def remind(self, now: float) -> str:
        """Return what to say to the user, if it is time."""
        if now < self.reminder_at():
            return ""
        self._reminded = self.sent_at
        left = math.ceil(self.sent_at + self._idle - now)
        return f"再过 {left} 秒没有输入，连接就会中断；按一下回车就可以留下"
