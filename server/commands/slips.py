"""Lines that were meant to hold a password, and are no command as they were typed. Pure.

Such a line must not be said to everyone. Which lines these are is guessed in favour of the password: it is better to refuse
some talk that begins with `login` than to show everyone one password.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# How many words stand behind each of the commands that have a password.
_WORDS = {"register": 1, "login": 2, "password": 2, "unregister": 1}
# What is no slip although it looks like one.
_OTHERS = frozenset(
    ["logic", "logan", "logon", "logins", "registers", "registry", "registrar", "registered", "passport", "passwords"]
)
_LONGEST = 200  # characters that are looked at: every command and its first words
_LINE = re.compile(r"([\W_]*)([a-z]+)(?:[\W_]+(\S.*)?)?", re.DOTALL)


def is_slip(text: str) -> bool:
    """Return whether a line that is no command was probably meant to be one that has a password."""
    found = _LINE.match(_plain(text))
    if found is None or not found[3]:
        return False
    signs, word, rest = found[1].strip(), found[2], found[3]
    if word in _WORDS:
        return True
    meant = _nearest(word)
    if not meant or word in _OTHERS:
        return False
    return bool(signs) or len(re.split(r"[\s|]+", rest.strip())) == _WORDS[meant]


def _plain(text: str) -> str:
    """Return the beginning of a line in small letters of normal width."""
    text = text[:_LONGEST]
    return text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()


@lru_cache(maxsize=4096)  # people use the same words again and again
def _nearest(word: str) -> str:
    """Return the command that was mistyped, if one was: by one letter, or by two in a long word."""
    for known in _WORDS:
        allowed = 2 if len(known) > 5 else 1
        if abs(len(word) - len(known)) <= allowed and _distance(word, known) <= allowed:
            return known
    return ""


def _distance(one: str, other: str) -> int:
    """Return how many letters were left out, added, changed, or typed in the wrong order."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        row = [i]
        for j, wanted in enumerate(other, 1):
            cost = min(last[j] + 1, row[-1] + 1, last[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, last = last, row
    return last[-1]
