"""Our own name: which one we want, and how we get it. Pure."""

from __future__ import annotations

import math

from ..rules import fold, may_be_name
from .attempts import delay_after
from .outgoing import Line
from .values import Value

HOPELESS = ("name_bad", "name_owned", "name_banned")  # codes of names that we do not get by asking again
CLAIM = 4.0  # seconds, at least, between two attempts: the server counts them


class Naming:
    """The name that we want, which is empty if we take the one that the server gives."""

    def __init__(self, wanted: str) -> None:
        self.wanted = wanted
        self.is_had = not wanted
        self.was_had = False  # at any time
        self.claim: Line | None = None  # by which we ask for it, if that is on its way
        self.claim_at = math.inf  # when to ask again
        self._refusals = 0

    def greet(self, name: str, *, is_new: bool) -> None:
        """Take note of the name that we have on a new connection.

        If the session goes on, it is one that we have asked for, even if we never heard that we got it. Or it is an
        address again, if the server was killed and has forgotten what we had got.
        """
        if not is_new and may_be_name(name):
            self.take(name)
        self.is_had = not self.wanted or fold(name) == fold(self.wanted)
        self.was_had = self.was_had or self.is_had

    def take(self, name: str) -> None:
        """Take note that we have got another name. From now on we want this one, if it is not just our address."""
        self.wanted = name if may_be_name(name) else ""  # its owner has logged in
        self.is_had = self.was_had = True
        self._refusals, self.claim_at = 0, math.inf

    def make_claim(self) -> Line | None:
        """Return the line that asks for our name, or None if we have it or are asking for it."""
        self.claim_at = math.inf
        if self.is_had or self.claim:
            return None
        self.claim = Line(f"rename {self.wanted}", hidden=True)
        return self.claim

    def refuse(self, done: Value, now: float) -> str:
        """Take note why we do not get it. Return what is to be said.

        It may be our own last connection that still has the name, so it is asked for again.
        """
        self.claim_at = math.inf if done.code in HOPELESS else now + CLAIM + delay_after(self._refusals)
        self._refusals += 1
        return "" if self._refusals > 1 else f"{self.wanted}：{done.text}；输入 rename 新名字 换一个"

    def lose(self) -> None:
        """Take note that the connection is lost."""
        self.claim, self.claim_at = None, math.inf
