"""What the Tab key makes of a half-typed line. Pure."""

from __future__ import annotations

import os.path
from collections.abc import Iterable
from typing import NamedTuple

from ..rules import ALONE, FOR_OPERATORS, PASSWORDS, WORDS, Kind
from .editor import Draft

_LOCAL = ("exit", "/menu", "/help", "/quit")
# What may be sent with nothing behind it; a space follows the others.
_WHOLE = (*ALONE, "last", "away", "ignore", "motd", *(word for word, (before, _) in PASSWORDS.items() if not before))
_COMMANDS = (
    *("who", "rename ", "to "),
    *(f"/{word}" if word in _WHOLE else f"/{word} " for word, kind in WORDS.items() if kind is not Kind.VALUES),
)
_FOR_ANYBODY = ("to ", *(f"/{word} " for word in ("to", "whois", "ignore", "unignore", "kick", "mute", "ban")))
FOR_ROOM = "/join "
_IN_ADDRESS = ".:[]%"


class Known(NamedTuple):
    """What the client knows at present."""

    names: Iterable[str] = ()  # in our room
    elsewhere: Iterable[str] = ()  # names in other rooms
    rooms: Iterable[str] = ()


class Candidates(NamedTuple):
    """What can be meant where somebody types."""

    words: tuple[str, ...] = ()  # at the start of a line
    names_first: bool = False  # whether names can stand there, too
    names_later: bool = False  # and anywhere else
    answers: bool = False  # whether an empty line can become an answer to the last private word


NOTHING = Candidates()
IN_CHAT = Candidates(_COMMANDS + _LOCAL, names_later=True, answers=True)
IN_PRIVATE = Candidates((*_LOCAL, "who"), names_first=True, names_later=True)
FOR_WHOM = Candidates(("who", "exit"), names_first=True)


def complete(line: Draft, known: Known, candidates: Candidates) -> tuple[Draft, list[str]]:
    """Return the line with the word before its cursor completed as far as is certain, and what that may become.

    What is for operators is offered where nothing else fits.
    Chinese is written without spaces. So a word may begin behind any character that is not of a Latin word.
    """
    before = line.before
    first = before.rfind(" ") + 1
    for start in [first, *(place for place in range(first + 1, len(before)) if _may_end(before[place - 1]))]:
        words, word = before[:start], before[start:]
        fitting = sorted(
            {each for each in _all(words, known, candidates) if each.casefold().startswith(word.casefold())}
        )
        fitting = [each for each in fitting if each.strip("/ ") not in FOR_OPERATORS] or fitting
        if fitting:
            common = os.path.commonprefix(fitting)
            if len(common) < len(word):  # what fits differs in the case of what is typed
                common = word
            completed = words + common
            return Draft(completed + line.after, len(completed)), fitting if len(fitting) != 1 else []
    return line, []


def _all(words: str, known: Known, candidates: Candidates) -> Iterable[str]:
    """Return what may stand behind some words. A space follows whom a private word is for."""
    if not words:
        return [*candidates.words, *(known.names if candidates.names_first else [])]
    if not candidates.names_later:
        return []
    if words == FOR_ROOM:
        return known.rooms
    if words in _FOR_ANYBODY:
        return [f"{name} " if "to " in words else name for name in (*known.names, *known.elsewhere)]
    return known.names


def _may_end(char: str) -> bool:
    """Return whether a word can end with this character, and a name begin behind it."""
    return not (char.isascii() and (char.isalnum() or char in _IN_ADDRESS or char in "_-/"))
