"""When to connect, and when to give up. Pure. Times are in seconds of one clock that never goes back."""

from __future__ import annotations

import math

from .backoff import Backoff, ReconnectPolicy
from .values import Bye

STABLE = 5.0  # seconds after which a connection that is lost counts as one that has worked
HURRY = 1.0  # seconds after an attempt, from when on something typed is a reason for the next one
LOST = "连接中断"


class ServerUnavailable(Exception):
    """The server is not there, or has gone, or lets nobody in, and nobody wants to wait for it."""


class Attempts:
    """The attempts to reach a server, which messages call `server`."""

    def __init__(self, policy: ReconnectPolicy, server: str) -> None:
        self.has_been_in = False
        self.at = -math.inf  # when to try next
        self._policy = policy
        self._server = server
        self._backoff = Backoff()
        self._wants = True  # to be connected, even with nothing to say
        self._tried_at = self._connected_at = -math.inf
        self._away_since: float | None = None  # since when there should be a connection, and is none
        self._why = ""  # why the connection ended, or why there never was one
        self._is_told = False  # whether the user knows that attempts fail

    def are_wanted(self, *, busy: bool) -> bool:
        """Return whether there should be a connection. `busy`: there is something to say."""
        return busy or self._wants

    def begin(self, now: float) -> None:
        """Take note of an attempt."""
        self._tried_at = now
        if self._away_since is None:
            self._away_since = now

    def stands(self, now: float) -> None:
        """Take note that the connection stands."""
        self._connected_at = now

    def let_in(self) -> None:
        """Take note that the server has let us in."""
        self.has_been_in, self._away_since, self._why, self._is_told = True, None, "", False

    def succeed(self) -> None:
        """Take note that the server does what it should."""
        self._backoff.reset()

    def hurry(self, now: float) -> None:
        """Something was typed. That is a reason to try at once, or soon after an attempt that has failed."""
        self.at = now if self._away_since is None else min(self.at, max(now, self._tried_at + HURRY))

    def lost(self, why: str, bye: Bye | None, now: float, *, was_in: bool, busy: bool, is_away: bool) -> str:
        """Plan the next attempt after the end of one. Return what is to be said. Raise ServerUnavailable.

        `is_away`: the user has been away for so long that the server's idle limit is welcome.
        """
        why = bye.text or LOST if bye else why or LOST
        if not self.has_been_in and not self._policy.insists:
            where = f"{self._server} does not let you in" if bye else f"no server at {self._server}"
            raise ServerUnavailable(f"{where}: {why}")
        if was_in:
            # Where another client has resumed the session, it is not fought for.
            stays_away = bye is not None and (bye.code in ("quit", "resumed") or (bye.code == "idle" and is_away))
            self._wants = self._policy.returns and not stays_away
            self._away_since = now
            if now - self._connected_at > STABLE:
                self._backoff.reset()
        if was_in or now >= self.at:
            self.at = now + self._backoff.next()
        if self._away_since is None or not self.are_wanted(busy=busy):
            self._away_since = None
        elif self.at - self._away_since > self._policy.patience:
            raise ServerUnavailable(f"lost the server at {self._server}: {self._why or why}")
        self._why = self._why or why
        if was_in:
            return f"{why}；{'输入下一行时自动重新连接' if self._away_since is None else '正在重新连接'}"
        was_told, self._is_told = self._is_told, True
        return "" if was_told else f"连接不上 {self._server}（{why}），正在重试"
