"""What the Tab key makes of a half-typed line. Pure."""

from __future__ import annotations

import os.path
from collections.abc import Callable, Iterable
from dataclasses import dataclass

_LOCAL = ("exit", "/menu", "/help", "/quit")
_COMMANDS = (
    *("who", "rename ", "to ", *_LOCAL),
    *("/who", "/rename ", "/to ", "/me ", "/last", "/search "),
)
_IN_ADDRESS = ".:[]%"

Candidates = Callable[[str, Iterable[str]], list[str]]


@dataclass(frozen=True, slots=True)
class Completed:
    """The text before the cursor as it is now, and what its last word may become if that is not settled."""

    before: str
    candidates: list[str]


def in_chat(words: str, names: Iterable[str]) -> list[str]:
    """Return commands at the start of a line, and names anywhere else. After `to` a space follows them."""
    if not words:
        return list(_COMMANDS)
    return [f"{name} " for name in names] if words in ("to ", "/to ") else list(names)


def in_private(words: str, names: Iterable[str]) -> list[str]:
    """Return names, for a line that only one user will read, and what leads away from there."""
    return [*names, *_LOCAL, "who"] if not words else list(names)


def for_whom(words: str, names: Iterable[str]) -> list[str]:
    """Return names, and what else may be answered."""
    return [] if words else [*names, "who", "exit"]


def nothing(words: str, names: Iterable[str]) -> list[str]:
    """Return nothing."""
    return []


def complete(before: str, names: Iterable[str], candidates: Candidates) -> Completed:
    """Return what stands before the cursor, with its last word completed as far as the candidates agree.

    Chinese is written without spaces. So a word may begin behind any character that is not of a Latin word.
    """
    names = list(names)
    first = before.rfind(" ") + 1
    for start in [first, *(place for place in range(first + 1, len(before)) if _may_end(before[place - 1]))]:
        words, word = before[:start], before[start:]
        fitting = sorted({each for each in candidates(words, names) if each.casefold().startswith(word.casefold())})
        if fitting:
            common = os.path.commonprefix(fitting)
            if len(common) < len(word):  # what fits differs in the case of what is typed
                common = word
            return Completed(words + common, fitting if len(fitting) != 1 else [])
    return Completed(before, [])


def _may_end(char: str) -> bool:
    """Return whether a word can end with this character, and a name begin behind it."""
    return not (char.isascii() and (char.isalnum() or char in _IN_ADDRESS or char in "_-/"))
