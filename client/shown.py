"""What is shown of the conversation: most that the server says, and what it does not say back. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from .replies import Announcement, Answer, Private, Renamed, Talk


@dataclass(frozen=True, slots=True)
class PrivateSent:
    """What we said to NAME alone. TAKEN is None if this server does not say so."""

    name: str
    text: str
    taken: bool | None


Shown = Talk | Announcement | Private | PrivateSent | Renamed | Answer
