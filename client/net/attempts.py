"""When to connect, and when to give up. Pure. Times are in seconds of one clock that never goes back."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .values import ServerUnavailable, Value

# Before each attempt. At once first, because most connections end with the server well and there.
DELAYS = (0.0, 1.0, 2.0, 4.0, 8.0)
STABLE = 5.0  # seconds after which a connection that is lost counts as one that has worked
HURRY = 1.0  # seconds after an attempt, from when on something typed is a reason for the next one
LOST = "连接中断"
REMOVED_BY_OPERATOR = ("kicked", "banned")  # the goodbyes after which nobody comes back without having been asked to


@dataclass(frozen=True, slots=True)
class ReconnectPolicy:
    """What a client does in silence, and after the end of a connection."""

    away_after: float = 0.0  # heartbeats go on so long after the last key
    heartbeat: float = math.inf  # the longest silence; the server's idle limit may ask for less
    returns: bool = True  # comes back by itself, and not only with the next line
    patience: float = math.inf  # how long to do without a server
    insists: bool = False  # tries again even if there was no server in the first place
    obeys: bool = False  # ends if it is expelled, because nobody is there to decide


def delay_after(failures: int) -> float:
    """Return how long to wait before something is tried again that has failed so often."""
    return DELAYS[min(failures, len(DELAYS) - 1)]


class Attempts:
    """The attempts to reach a server, which messages call `server`."""

    def __init__(self, policy: ReconnectPolicy, server: str) -> None:
        self.has_been_in = False
        self.are_wanted = True  # even with nothing to say
        self.at = -math.inf  # when to try next
        self._policy = policy
        self._server = server
        self.failures = 0  # since the server has last done what it should
        self.connected_at = -math.inf
        self._tried_at = -math.inf
        self._away_since: float | None = None  # since when there should be a connection, and is none
        self._why = ""  # why the connection ended, or why there never was one
        self._is_told = False  # whether the user knows that attempts fail

    def begin(self, now: float) -> None:
        """Take note of an attempt."""
        self._tried_at = now
        if self._away_since is None:
            self._away_since = now

    def let_in(self) -> None:
        """Take note that the server has let us in."""
        self.has_been_in, self._away_since, self._why, self._is_told = True, None, "", False

    def hurry(self, now: float) -> None:
        """Something was typed. That is a reason to try at once, or soon after an attempt that has failed."""
        self.at = now if self._away_since is None else min(self.at, max(now, self._tried_at + HURRY))

    def lost(self, why: str, bye: Value | None, now: float, *, was_in: bool, busy: bool, is_away: bool) -> str:
        """Plan the next attempt after the end of one. Return what is to be said. Raise ServerUnavailable.

        `busy`: there is something to say. `is_away`: the user has been away for so long that the server's idle limit
        is welcome.
        """
        why = (bye.text if bye else why) or LOST
        is_expelled = bye is not None and bye.code in REMOVED_BY_OPERATOR
        if not self.has_been_in and not self._policy.insists:
            where = f"{self._server} does not let you in" if bye else f"no server at {self._server}"
            raise ServerUnavailable(f"{where}: {why}")
        if is_expelled and self._policy.obeys:
            raise ServerUnavailable(f"lost the server at {self._server}: {why}")
        if was_in or is_expelled:
            # Where another client has resumed the session, it is not fought for.
            stays_away = bye is not None and (
                bye.code in ("quit", "resumed", *REMOVED_BY_OPERATOR) or (bye.code == "idle" and is_away)
            )
            self.are_wanted = self._policy.returns and not stays_away
            self._away_since = now
            if now - self.connected_at > STABLE:
                self.failures = 0
        if was_in or now >= self.at:
            self.at = now + delay_after(self.failures)
            self.failures += 1
        if not busy and not self.are_wanted:
            self._away_since = None
        elif self._away_since is not None and self.at - self._away_since > self._policy.patience:
            raise ServerUnavailable(f"lost the server at {self._server}: {self._why or why}")
        self._why = self._why or why
        if was_in or is_expelled:
            return f"{why}；{'输入下一行时自动重新连接' if self._away_since is None else '正在重新连接'}"
        was_told, self._is_told = self._is_told, True
        return "" if was_told else f"连接不上 {self._server}（{why}），正在重试"
