"""Telnet's own bytes, which are taken out of what a peer sends. Pure.

RFC 854: the byte FF begins a sequence. It is WILL, WONT, DO or DONT with an option, a subnegotiation, a command, or
once more FF for the byte FF itself.
"""

from __future__ import annotations

import re

# We never ask for a subnegotiation, so one longer than 64 bytes is taken for text. The last branch is a sequence
# whose end has not come yet.
_SEQUENCE = re.compile(
    rb"\xff(?:[\xfb-\xfe].|\xfa.{0,64}?\xff\xf0|[\xec-\xf9\xff]|(?P<cut>[\xfb-\xfe]?|\xfa.{0,65})\Z)", re.DOTALL
)
_TEXT = {b"\xff\xff": b"\xff", b"\xff\xec": b"\x04", b"\xff\xf7": b"\x7f"}  # the byte FF, end of file, erase

# Debian's telnet ignores the top bit of what is typed. So in the middle of a character it takes the bytes 83 8F 9A 9C
# for Ctrl-C, Ctrl-O, Ctrl-Z and Ctrl-\, and sends these commands in their place. (85 is its echo key: it swallows it.)
_MISTAKEN = {b"\xff\xf4": b"\x83", b"\xff\xf5": b"\x8f", b"\xff\xed": b"\x9a", b"\xff\xf3": b"\x9c"}
_UNFINISHED = re.compile(rb"(?:[\xc2-\xdf]|[\xe0-\xef][\x80-\xbf]?|[\xf0-\xf4][\x80-\xbf]{0,2})\Z")

_DO_TIMING_MARK = b"\xff\xfd\x06"
_WONT_TIMING_MARK = b"\xff\xfc\x06"


class TelnetFilter:
    """Takes one peer's telnet sequences out. One thread uses it."""

    def __init__(self) -> None:
        self._cut = b""  # a sequence that has not ended yet
        self._replies = b""

    def feed(self, data: bytes, before: bytes) -> bytes:
        """Return `data` without telnet's sequences, also those cut in two by a packet's end.

        `before` is what stands in front of it on the same line.
        """
        if not self._cut and b"\xff" not in data:
            return data
        data, self._cut = self._cut + data, b""
        text = bytearray()
        done = 0
        for match in _SEQUENCE.finditer(data):
            text += data[done : match.start()]
            done = match.end()
            sequence = match[0]
            if match["cut"] is not None:
                self._cut = sequence
            elif sequence in _MISTAKEN and _UNFINISHED.search(before[-3:] + text[-3:]):
                text += _MISTAKEN[sequence]
            else:
                text += _TEXT.get(sequence, b"")
            # On Ctrl-C a telnet throws all output away until its question for a timing mark is answered.
            if sequence == _DO_TIMING_MARK:
                self._replies = _WONT_TIMING_MARK
        return bytes(text + data[done:])

    def take_replies(self) -> bytes:
        """Return what telnet must be answered, if anything. However often it has asked, it is answered once."""
        replies, self._replies = self._replies, b""
        return replies
