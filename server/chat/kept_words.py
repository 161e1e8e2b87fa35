"""Private words that were kept for somebody: what the owner of a name is told when they come. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from . import texts
from .events import Notice, Whispered
from .moment import moment
from .owners import Word
from .room import Member
from .told import Told


@dataclass(slots=True)
class KeptWord(Whispered):
    """A private word to somebody who was offline then. `word` is its number, by which it is known if it comes again."""

    type = "kept"
    shown = ("at", "time", "name", "to", "text", "word")  # type: ignore[assignment]

    word: int = 0
    now: float = 0.0  # when it is told, in seconds since 1970

    def line(self) -> str:
        """Return `HH:MM:SS NAME: TEXT`, with the date in front if that is not today."""
        return f"{moment(self.time, self.now)} {self.name}: {self.text}"


def deliver(member: Member, words: Sequence[Word], now: float, told: Told) -> int:
    """Tell somebody words that were kept for them, in order. Return the place of the last, or 0 if it has none.

    A word has a place, and is remembered, if a program hears it. What comes from somebody whom the member ignores is
    passed over.
    """
    receiver = member.session.digest if member.session else ""
    made = [KeptWord(word.time, word.sender, member.name, word.text, receiver, word.number, now) for word in words]
    events = [event for event in made if not member.kept.hides(event)]
    if not events:
        return 0
    repeated = {word.number for word in words if word.is_repeated}  # which are the oldest of all
    again = sum(event.word in repeated for event in events)
    form = texts.KEPT_WORDS_AGAIN if again else texts.KEPT_WORDS
    told.tell_one(member.number, Notice(form.format(len(events), again)))
    if receiver:
        for event in events:
            told.remember(event)
        told.settle()
    told.tell_several(member.number, events)
    return events[-1].at
