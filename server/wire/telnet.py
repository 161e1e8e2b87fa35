"""Telnet's own bytes, which are taken out of what a peer sends. Pure.

RFC 854: the byte FF begins a sequence. It is WILL, WONT, DO or DONT with an option, a subnegotiation, a command, or
once more FF for the byte FF itself.

A peer may send nothing but sequences. So no Python step is taken for each of them: a regular expression cuts them out,
and a dictionary translates them. For this the bytes become a string of the characters 00 to FF. A character that means
something else than it seems to is marked: hexadecimal 100 is added to it.
"""

from __future__ import annotations

import itertools
import re

_LONGEST = 64  # bytes; we never ask for a subnegotiation, so a longer one is taken for text

# Debian's telnet ignores the top bit of what is typed. So in the middle of a character it takes the bytes 83 8F 9A 9C
# for Ctrl-C, Ctrl-O, Ctrl-Z and Ctrl-\, and sends these commands in their place. (85 is its echo key: it swallows it.)
_MISTAKEN = {"\xf4": "\u0183", "\xf5": "\u018f", "\xed": "\u019a", "\xf3": "\u019c"}
_BYTE = "".join(_MISTAKEN.values())  # marked until it is known whether they stand in a character
_MIDDLE = f"[\x80-\xbf{_BYTE}]"
_NOT_MISTAKEN = re.compile(
    f"[{_BYTE}](?<![\xc2-\xf4].)(?<![\xe0-\xf4]{_MIDDLE}.)(?<![\xf0-\xf4]{_MIDDLE}{_MIDDLE}.)", re.DOTALL
)

_COMMAND = "[\xec-\xf9\u01f0\xff]"
_CUT = "[\xfb-\xfe]?\\Z|\xfa[^\u01f0]*\\Z"  # a sequence whose end has not come yet
_SEQUENCE = re.compile(f"\xff({_COMMAND}\xff{_COMMAND}|{_COMMAND}|[\xfb-\xfe].|\xfa[^\u01f0]*\u01f0|{_CUT})", re.DOTALL)
_IS_CUT = re.compile(_CUT)
# The text that stands for a command: the byte FF, end of file, erase, a byte of a character. For the others it is
# empty. Two commands in a row are looked up together, so that there are fewer steps.
_TEXT = dict.fromkeys(map(chr, [*range(0xEC, 0xFA), 0x1F0]), "")
_TEXT |= {"\xff": "\xff", "\xec": "\x04", "\xf7": "\x7f", **_MISTAKEN}
_TEXT |= {f"{one}\xff{two}": _TEXT[one] + _TEXT[two] for one, two in itertools.product(_TEXT, repeat=2)}
_NOTHING = itertools.repeat("")  # for all that is not in it

_DO_TIMING_MARK = "\xfd\x06"
_WONT_TIMING_MARK = b"\xff\xfc\x06"


class TelnetFilter:
    """Takes one peer's telnet sequences out. One thread uses it."""

    def __init__(self) -> None:
        self._cut = b""  # a sequence that has not ended yet
        self._replies = b""

    def feed(self, data: bytes, before: bytes | bytearray) -> bytes:
        """Return `data` without telnet's sequences, also those cut in two by a packet's end.

        `before` is what stands in front of it on the same line.
        """
        if not self._cut and b"\xff" not in data:
            return data
        characters = (self._cut + data).decode("latin-1")
        if "\xff\xfa" in characters:
            characters = _mark_subnegotiations(characters)
        parts = _SEQUENCE.split(characters)  # text and sequences, in turn
        sequences = parts[1::2]
        self._cut = b""
        if sequences and not parts[-1] and _IS_CUT.match(sequences[-1]):
            self._cut = f"\xff{sequences[-1]}".encode("latin-1")
        # On Ctrl-C a telnet throws all output away until its question for a timing mark is answered.
        if _DO_TIMING_MARK in sequences:
            self._replies = _WONT_TIMING_MARK
        parts[1::2] = map(_TEXT.get, sequences, _NOTHING)
        text = "".join(parts)
        return text.encode() if text.isascii() else _unmark(text, before[-3:].decode("latin-1"))

    def take_replies(self) -> bytes:
        """Return what telnet must be answered, if anything. However often it has asked, it is answered once."""
        replies, self._replies = self._replies, b""
        return replies


def _mark_subnegotiations(data: str) -> str:
    """Mark the F0 of each FF F0, which may end a subnegotiation, and each FA too far from that to begin one.

    Then a subnegotiation is an FA and what follows up to the next marked F0, and no FA is looked at in vain.
    """
    *ended, rest = data.split("\xff\xf0")
    if max(map(len, ended), default=0) > _LONGEST:
        ended = [_mark_far(text, _LONGEST + 1) for text in ended]
    return "\xff\u01f0".join([*ended, _mark_far(rest, _LONGEST + 2)])  # the end of `rest` may yet come


def _mark_far(text: str, reach: int) -> str:
    """Mark each FA that is not in the last `reach` characters."""
    return text[:-reach].replace("\xfa", "\u01fa") + text[-reach:]


def _unmark(text: str, before: str) -> bytes:
    """Return the bytes of `text`, without the commands that were no byte of a character."""
    text = _NOT_MISTAKEN.sub("", before + text.replace("\u01f0", "\xf0"))[len(before) :]
    return text.encode("utf-16-le")[::2]  # the lower half of each character: without its mark
