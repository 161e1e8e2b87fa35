"""From bytes to lines, however they were cut into packets. Pure.

A peer may be telnet, `nc`, a script or an attacker. Whatever it sends, no more than one line of the limit is kept.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator, Sequence

from .telnet import TelnetFilter

MAX_LINE = 4096  # bytes, without the line's end
ENDLESS = 64 * 1024  # bytes past the limit after which the end of the line is not expected any more

_ERASE = b"\x08\x7f"
_END_OF_FILE = b"\x04"
_TYPED = re.compile(rb"[\r\x04\x08\x7f]")  # what only terminals send


class LineEvent(enum.Enum):
    """What can stand between lines."""

    TOO_LONG = enum.auto()  # the present line is past the limit; an empty line stands for its end
    ENDLESS = enum.auto()  # the present line does not end
    END_OF_FILE = enum.auto()  # Ctrl-D on an empty line


class LineReader:
    """The lines of one peer. One thread feeds it. Go: the reading goroutine's buf, in Server.Handler"""

    def __init__(self, limit: int = MAX_LINE) -> None:
        """`limit` is the longest line, in bytes without its end."""
        self.crlf = False  # whether the peer has ended a line in CR LF
        self._limit = limit
        self._partial = b""  # the line that has not ended yet; past the limit, nothing but its last CR
        self._dropped = 0  # how many bytes of that line are gone already
        self._telnet = TelnetFilter()
        self.take_replies = self._telnet.take_replies

    def feed(self, data: bytes) -> Sequence[bytes | LineEvent]:
        """Return the lines that `data` completes, without their ends, and the events between them, in order."""
        data = self._partial + self._telnet.feed(data, self._partial)
        if b"\r" in data:
            data = data.replace(b"\r\0", b"\n")
        *lines, self._partial = data.split(b"\n")
        # Programs send plain lines, and many at once: those are not looked at one by one.
        longest = max(len(self._partial), *map(len, lines), 0)
        if longest <= self._limit and not self._dropped and not _TYPED.search(data):
            return lines
        return list(self._edit_lines(lines))

    def _edit_lines(self, lines: list[bytes]) -> Iterator[bytes | LineEvent]:
        for ended in lines:
            line = ended.removesuffix(b"\r")
            self.crlf = self.crlf or ended.endswith(b"\r")
            yield from self._measure(line)
            too_long = self._dropped + len(line) > self._limit
            self._dropped = 0
            yield b"" if too_long else _edit(line) or b""
        yield from self._measure_partial()

    def _measure(self, line: bytes) -> Iterator[LineEvent]:
        """Yield what the present line causes when `line`, as yet without its end, is all that is kept of it."""
        if not self._dropped and _END_OF_FILE in line and _edit(line, until=_END_OF_FILE) is None:
            yield LineEvent.END_OF_FILE
        size = self._dropped + len(line)
        if size > self._limit and self._dropped <= self._limit:
            yield LineEvent.TOO_LONG
        if size > self._limit + ENDLESS:
            yield LineEvent.ENDLESS

    def _measure_partial(self) -> Iterator[LineEvent]:
        line = self._partial.removesuffix(b"\r")  # which may yet prove to be half of the line's end
        yield from self._measure(line)
        if self._dropped + len(line) > self._limit:
            self._dropped += len(line)
            self._partial = self._partial[len(line) :]


def _edit(line: bytes, until: bytes = b"") -> bytes | None:
    """Return `line` after its backspaces, which terminals in character mode send as they are typed.

    Return None if a byte of `until` came when nothing stood in front of it.
    """
    if not until and b"\x7f" not in line and b"\x08" not in line:
        return line
    kept = bytearray()
    for byte in line:
        if byte in until and not kept:
            return None
        if byte not in _ERASE:
            kept.append(byte)
        else:
            while kept and kept.pop() & 0xC0 == 0x80:  # a character is its first byte and those that continue it
                pass
    return bytes(kept)
