"""What is shown of the conversation: most that the server says, and what it does not say back. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from .replies import Announcement, Answer, Private, Renamed, Talk
from .requests import Request, To


@dataclass(frozen=True, slots=True)
class PrivateSent:
    """What we said to NAME alone. TAKEN is None if this server does not say so."""

    name: str
    text: str
    taken: bool | None


Shown = Talk | Announcement | Private | PrivateSent | Renamed | Answer


def when_taken(request: Request, receipt: bool | None) -> list[Shown]:
    """What is shown for REQUEST once it is dealt with: a private word, for nobody says that back."""
    if request.hidden or not isinstance(request.meaning, To):
        return []
    return [PrivateSent(request.meaning.name, request.meaning.text, False if request.refused else receipt)]
