"""What a server says in text before it has answered in values, if it ever does. Pure."""

from __future__ import annotations

import math
import re
from enum import Enum, auto

from ..rules import RECEIPT, REFUSALS, UNKNOWN_COMMAND

UNANSWERED = 10.0  # seconds after its first line of text, within which a server has to answer in values
_ARRIVAL = re.compile(r"(\[(.+)\]\2:)已上线")


class Meaning(Enum):
    """What a line of text tells of the server."""

    TALK = auto()
    REFUSAL = auto()  # it lets nobody in
    NO_VALUES = auto()  # it took our question for talk, or does not know it


class Greeting:
    """The beginning of a connection, on which `asked` was sent first."""

    def __init__(self, asked: str = "") -> None:
        self._asked = asked
        self._prefix = ""  # of what we say; nobody else can have it
        self._since = math.inf  # when the first line has come

    def due(self) -> float:
        """Return when it is certain that no values will come."""
        return self._since + UNANSWERED

    def take(self, line: str, now: float) -> Meaning:
        """Take a line of text."""
        if self._since == math.inf:
            self._since = now
            arrival = _ARRIVAL.fullmatch(line)
            self._prefix = arrival[1] if arrival else ""
        if line in REFUSALS:
            return Meaning.REFUSAL
        is_answer = line in (RECEIPT, UNKNOWN_COMMAND, self._asked, self._prefix + self._asked)
        return Meaning.NO_VALUES if is_answer else Meaning.TALK
