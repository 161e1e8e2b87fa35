"""From the bytes of a line to text that is fit for any terminal. Pure."""

from __future__ import annotations

import re

from ..chat.characters import BLANKS, is_zero_width

MAX_BLANKS = 32  # in a row; with more, a line could pad itself until its second row looks like another's line

# What ends a line elsewhere. Inside a line it becomes a space, so that words which it has kept apart stay apart.
_LINE_ENDS = "\n\v\f\r\x85\u2028\u2029"
_BETWEEN = re.compile(f"[{_LINE_ENDS}]+")
# Bidi controls reorder a reader's screen. C0 but tab, DEL and C1 drive it.
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")

# More than MAX_BLANKS in a row that may all be blank: `\W` has every blank and every mark, but not the blank letters.
# The look back stands behind the first of them, so that only the first character of a row is tried: linear time.
_BLANK = re.compile(f"[{''.join(sorted(BLANKS))}]")
_MAYBE = rf"[\W{''.join(filter(str.isalnum, sorted(BLANKS)))}]"
_PERHAPS_BLANK = re.compile(f"{_MAYBE}(?<!{_MAYBE}{_MAYBE}){_MAYBE}{{{MAX_BLANKS},}}")
_TOO_MANY_SPACES = " " * (MAX_BLANKS + 1)


def decode(line: bytes) -> str:
    """Return the text of a line of UTF-8.

    Invalid bytes become U+FFFD, controls are taken out, line ends inside it become spaces, and of blanks in a row no
    more than MAX_BLANKS are kept.
    """
    text = line.decode("utf-8", "replace")
    # Nearly every line is printable, and short or ASCII. Most lines pay for no more than that look.
    if not text.isprintable():
        text = _BETWEEN.sub(" ", _CONTROLS.sub("", text).strip(_LINE_ENDS))
    elif len(text) <= MAX_BLANKS or (text.isascii() and _TOO_MANY_SPACES not in text):
        return text
    return _PERHAPS_BLANK.sub(_cut_blanks, text)


def _cut_blanks(found: re.Match[str]) -> str:
    """Drop all blanks of a run but the first. What takes no column does not end a run, and is dropped with them."""
    if len(_BLANK.findall(found[0])) <= MAX_BLANKS:
        return found[0]
    kept, blanks = [], 0
    for character in found[0]:
        if character in BLANKS:
            blanks += 1
        elif not is_zero_width(character):
            blanks = 0
        if blanks <= MAX_BLANKS:
            kept.append(character)
    return "".join(kept)
