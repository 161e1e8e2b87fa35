"""The words of a line, and whether a line holds those that somebody searches for. Pure.

A search finds the same in the memory as in a history: both ask `Query`, and the index of a history holds `spaced` lines.

Chinese is written without spaces, so each of its characters is a token of its own, and a word of several characters is
a phrase of several tokens. That finds a word of any length in the middle of a sentence.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from .characters import IGNORABLE, script

# Scripts that are written without spaces between words, as the names of their characters begin.
_WITHOUT_SPACES = frozenset(
    [
        "CJK",
        "IDEOGRAPHIC",
        "HIRAGANA",
        "KATAKANA",
        "KATAKANA-HIRAGANA",
        "HANGUL",
        "BOPOMOFO",
        "YI",
        "TANGUT",
        "NUSHU",
        "THAI",
        "LAO",
        "KHMER",
        "MYANMAR",
        "TIBETAN",
        "JAVANESE",
        "BALINESE",
    ]
)
_MOST_KNOWN = 20_000  # characters in the table; one that holds all of Unicode would take 200 MiB
_FULL_WIDTH = re.compile("[\uff01-\uff5e]")  # ASCII in full width: the usual signs between Chinese sentences


class _Table(dict[int, str]):
    """What `str.translate` makes of each character. It is filled when a character is first met."""

    def __missing__(self, code: int) -> str:
        if len(self) >= _MOST_KNOWN:
            self.clear()
        translated = self[code] = _translate(chr(code))
        return translated


def _translate(character: str) -> str:
    """Return a character as it is, or between spaces if it is a token by itself, or a space if it is in no token."""
    category = unicodedata.category(character)
    if character.isascii():
        return character if character.isalnum() else " "
    if category[0] in "LMN":
        return f" {character} " if script(character) in _WITHOUT_SPACES else character
    # Symbols, and characters that this Python's Unicode does not know yet, which are new symbols or new Chinese ones.
    return f" {character} " if category[0] == "S" or category in ("Cn", "Co") else " "


_TABLE = _Table()
# The same for ASCII, which is faster.
_ASCII_TABLE = "".join(map(_translate, map(chr, range(128)))).encode() + bytes(128)


def normalize(text: str) -> str:
    """Return a text without the differences that do not matter: case, width, and characters that draw nothing."""
    if text.isascii():
        return text.lower()
    # In two steps, because NFKC is slow for a text that it changes, and full width is what it usually finds.
    half = _FULL_WIDTH.sub(_half_width, text)
    normal = unicodedata.normalize("NFKC", half).casefold()
    return IGNORABLE.sub("", normal) if IGNORABLE.search(normal) else normal


def tokens(text: str) -> list[str]:
    """Return the tokens of a text, in order.

    A character of a script without spaces is a token, and so is a symbol. Any other run of letters, marks and digits is
    one token. Punctuation is in none.
    """
    return _split(normalize(text))


def _half_width(match: re.Match[str]) -> str:
    return chr(ord(match[0]) - 0xFEE0)


def _split(normal: str) -> list[str]:
    if normal.isascii():
        return normal.encode().translate(_ASCII_TABLE).decode().split()
    return normal.translate(_TABLE).split()


def spaced(text: str) -> str:
    """Return the tokens of a text with one space between them."""
    return " ".join(tokens(text))


@dataclass(frozen=True, slots=True)
class Query:
    """What somebody searches for."""

    phrases: tuple[str, ...]  # the words that have tokens, each with one space between its tokens
    plain: tuple[str, ...]  # the words that have none, such as `!!!`; they are found as they are

    @classmethod
    def of(cls, words: str) -> Query:
        """Return the query for `words`, which blanks separate."""
        phrases: dict[str, None] = {}
        plain: dict[str, None] = {}
        for word in words.split():
            if phrase := spaced(word):
                phrases[phrase] = None
            elif normal := normalize(word):
                plain[normal] = None
        return cls(tuple(phrases), tuple(plain))

    def is_in(self, text: str) -> bool:
        """Return whether a text holds all the words. A query without words is in no text."""
        normal = normalize(text)
        for word in self.plain:
            if word not in normal:
                return False
        for phrase in self.phrases:  # most texts hold not even the tokens, and this is cheap
            for token in phrase.split():
                if token not in normal:
                    return False
        if not self.phrases:
            return bool(self.plain)
        line = f" {' '.join(_split(normal))} "
        return all(f" {phrase} " in line for phrase in self.phrases)


_query = lru_cache(maxsize=64)(Query.of)


def find(text: str, words: str) -> bool:
    """Return whether a text holds all of `words`, which blanks separate. A word of several tokens is a phrase."""
    return _query(words).is_in(text)
