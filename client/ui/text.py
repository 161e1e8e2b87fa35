"""How text behaves on a terminal: how wide it is, where it wraps, what is one character of it. Pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

_TOKEN = re.compile(r"\x1b\[[\d;]*m|\t(?=([^\t]*))|.", re.DOTALL)  # with what stands up to the next tab
_JOINER = "\u200d"
TAB = 4  # columns for a tab in a line that is shown


@lru_cache(4096)
def width(char: str) -> int:
    """Return how many columns a character takes: 2 for most of Chinese, 0 for what combines with the character before it."""
    if unicodedata.category(char) in ("Mn", "Me", "Cf", "Cc") or "\u1160" <= char <= "\u11ff":
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


@dataclass(frozen=True, slots=True)
class Layout:
    """A text in the rows of a terminal, and where the cursor stands in them, counted from 0."""

    rows: tuple[str, ...]
    row: int
    column: int


def lay_out(text: str, cursor: int, columns: int) -> Layout:
    """Return a text as a terminal of so many columns wraps it, with the cursor before its character number `cursor`.

    A wide character that does not fit at the end of a row goes to the next one. After a full row comes another,
    even an empty one: that is where the cursor goes.
    """
    rows = [""]
    column = 0
    place = None
    for index, char in enumerate(text):
        if column + width(char) > columns:
            rows.append("")
            column = 0
        if index == cursor:
            place = len(rows) - 1, column
        rows[-1] += char
        column += width(char)
    if column >= columns:
        rows.append("")
        column = 0
    row, column = place or (len(rows) - 1, column)
    return Layout(tuple(rows), row, column)


def wrap(text: str, columns: int, indent: int) -> str:
    """Return a line in rows of so many columns. All but the first are indented: none looks like a line of its own.

    What stands between two tabs is not broken, if a row can hold it.
    """
    indent = min(indent, columns // 3)
    found, column = "", 0
    for match in _TOKEN.finditer(text):
        token = match[0]
        size = 0 if token[0] == "\x1b" else TAB if token == "\t" else width(token)
        behind = sum(map(width, match[1] or ""))
        is_end = column + size + behind > columns >= indent + behind
        if is_end or column + size > columns:
            found += "\n" + " " * indent
            column = indent
        if not (match[1] and is_end):
            found += " " * TAB if token == "\t" else token
            column += size
    return found


def start_of_last(text: str) -> int:
    """Return where the last character begins, as people see characters: an emoji can be several of Unicode's."""
    place = len(text) - 1
    while place > 0 and (_is_joined(text[place]) or text[place - 1] == _JOINER or _makes_flag(text, place)):
        place -= 1
    return max(place, 0)


def _is_joined(char: str) -> bool:
    return width(char) == 0 or "\U0001f3fb" <= char <= "\U0001f3ff"  # the latter are colours of skin


def _makes_flag(text: str, place: int) -> bool:
    """Return whether two letters of a flag stand here. Flags are counted from the first such letter on."""
    run = re.search("[\U0001f1e6-\U0001f1ff]*\\Z", text[: place + 1])
    return run is not None and bool(run[0]) and len(run[0]) % 2 == 0
