"""How text behaves on a terminal: what must not reach it, how wide it is, where it wraps. Pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

# C0 but tab, DEL and C1 drive a terminal; bidi controls and line separators reorder or break its lines.
_CONTROLS = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def clean(text: str) -> str:
    """TEXT without what would drive the terminal it is shown on."""
    return text if text.isprintable() else _CONTROLS.sub("", text)


@cache
def width(char: str) -> int:
    """How many columns CHAR takes: 2 for most of Chinese, 0 for what combines with the character before it."""
    if unicodedata.category(char) in ("Mn", "Me", "Cf") or "\u1160" <= char <= "\u11ff":
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


@dataclass(frozen=True, slots=True)
class Layout:
    """A text in the rows of a terminal, and where the cursor stands in them, counted from 0."""

    rows: tuple[str, ...]
    row: int
    column: int


def lay_out(text: str, cursor: int, columns: int) -> Layout:
    """TEXT as a terminal of COLUMNS wraps it, with the cursor before its character number CURSOR.

    A wide character that does not fit at the end of a row goes to the next one. After a full row comes another,
    though it be empty: that is where the cursor goes.
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
