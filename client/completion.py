"""What the Tab key makes of a half-typed line. Pure."""

from __future__ import annotations

import os.path
from collections.abc import Callable, Iterable
from dataclasses import dataclass

_COMMANDS = ("who", "rename ", "to ", "exit", "/who", "/rename ", "/to ", "/menu", "/help", "/quit")

Candidates = Callable[[str, Iterable[str]], list[str]]


@dataclass(frozen=True, slots=True)
class Completed:
    """The text before the cursor as it is now, and what its last word may become if that is not settled."""

    before: str
    candidates: list[str]


def in_chat(words: str, names: Iterable[str]) -> list[str]:
    """Behind WORDS: commands at the start of a line, and names anywhere else; after `to` a space follows them."""
    if not words:
        return list(_COMMANDS)
    return [f"{name} " for name in names] if words in ("to ", "/to ") else list(names)


def in_private(words: str, names: Iterable[str]) -> list[str]:
    """Behind WORDS, that only one user will read: names."""
    return list(names)


def for_whom(words: str, names: Iterable[str]) -> list[str]:
    """Names, and what else may be answered."""
    return [] if words else [*names, "who", "exit"]


def nothing(words: str, names: Iterable[str]) -> list[str]:
    """No help."""
    return []


def complete(before: str, names: Iterable[str], candidates: Candidates) -> Completed:
    """BEFORE, what stands before the cursor, with its last word completed as far as the CANDIDATES agree."""
    start = before.rfind(" ") + 1
    words, word = before[:start], before[start:]
    fitting = sorted({each for each in candidates(words, names) if each.casefold().startswith(word.casefold())})
    common = os.path.commonprefix(fitting)
    if len(common) < len(word):  # nothing fits, or what fits differs in the case of what is typed
        common = word
    return Completed(words + common, fitting if len(fitting) != 1 else [])
