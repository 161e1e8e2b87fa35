"""What stands before the prompt, from what the session knows."""

from __future__ import annotations

import math

from .net.people import Person
from .net.session import Session

DELAY = 0.5  # seconds after which a line on its way is worth a word


class Status:
    """For the main thread."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._waiting_since = math.inf

    def due(self, now: float) -> float:
        """Return when the text changes though nothing happens; infinite for never."""
        due = self._waiting_since + DELAY
        return due if due > now else math.inf

    def text(self, now: float, partner: Person | None) -> str:
        """Return whether we are away, how many lines wait or are unread, where we are, and whom we talk to and read."""
        hearing, waiting = self._session.hearing, self._session.outgoing.unsettled
        self._waiting_since = min(self._waiting_since, now) if waiting else math.inf
        text = "" if self._session.is_in else "[离线]"
        if now >= self._waiting_since + DELAY:
            text += f"[待发{waiting}]"
        if hearing.unread:
            text += f"[未读私聊{len(hearing.unread)}]"
        if hearing.room:
            text += f"[#{hearing.room}]"
        if partner:
            text += f"[{partner.name}已离开]" if partner.is_gone else f"[→{partner.name}]"
        return text
