"""From the bytes of a line to text that is fit for any terminal. Pure."""

from __future__ import annotations

import re

# Bidi controls and line separators reorder or break a reader's screen. C0 but tab, DEL and C1 drive it.
_CONTROLS = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def decode(line: bytes) -> str:
    """Return the text of a line of UTF-8. Invalid bytes become U+FFFD, and controls are taken out."""
    text = line.decode("utf-8", "replace")
    # All that must go is unprintable, and nearly every line is printable: most lines pay for one look.
    return text if text.isprintable() else _CONTROLS.sub("", text)
