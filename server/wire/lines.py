"""From bytes to lines, however they were cut into packets. Pure.

A peer may be telnet, `nc`, a script or an attacker. Whatever it sends, no more than one line of the limit is kept.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence

from .telnet import TelnetFilter

MAX_LINE = 4096  # bytes, without the line's end
ENDLESS = 64 * 1024  # bytes past the limit after which the end of the line is not expected any more

_NEWLINE, _END_OF_FILE, _BACKSPACE, _DELETE = b"\n\x04\x08\x7f"


class LineEvent(enum.Enum):
    """What can stand between lines."""

    TOO_LONG = enum.auto()  # the present line is past the limit; an empty line stands for its end
    ENDLESS = enum.auto()  # the present line does not end
    END_OF_FILE = enum.auto()  # Ctrl-D on an empty line


class LineReader:
    """The lines of one peer. One thread feeds it. Go: the reading goroutine's buf, in Server.Handler

    A peer may send one byte a packet, so what has come before is never looked at again.
    """

    def __init__(self, limit: int = MAX_LINE) -> None:
        """`limit` is the longest line, in bytes without its end."""
        self.crlf = False  # whether the peer has ended a line in CR LF
        self._limit = limit
        self._partial = bytearray()  # the line that has not ended yet; nothing of it past the limit
        self._size = 0  # how many bytes of that line have come
        self._held = b""  # CRs behind it, which may prove to be part of its end
        self._seen = 0  # how many bytes of it have been searched for an end of file
        self._characters = 0  # how many characters these make, after their backspaces
        self._telnet = TelnetFilter()
        self.take_replies = self._telnet.take_replies

    def feed(self, data: bytes) -> Sequence[bytes | LineEvent]:
        """Return the lines that `data` completes, without their ends, and the events between them, in order.

        An end of file is the last event: what follows it in the same `data` may be left out.
        """
        before = self._partial[-3:] + self._held if self._held else self._partial
        data = self._telnet.feed(data, before)
        if self._held or b"\r" in data:
            data = self._end_lines_alike(self._held + data)
        *lines, rest = data.split(b"\n")
        # Programs send plain lines, and many at once: those are not looked at one by one.
        room = self._limit - self._size
        is_short = len(data) <= room or max(len(rest), *map(len, lines), 0) <= room
        if not is_short or b"\x04" in data or b"\x08" in data or b"\x7f" in data:
            return self._edit_lines(lines, rest)
        if self._size and lines:
            lines[0], _ = _edit(self._end_line(lines[0]))
        if rest:
            self._partial += rest
            self._size += len(rest)
        return lines

    def _end_lines_alike(self, data: bytes) -> bytes:
        """Return `data` with LF for each end of a line. CRs at its end are held back until more has come."""
        text = data[:-2] + data[-2:].rstrip(b"\r")
        self._held = data[len(text) :]
        text = text.replace(b"\r\0", b"\n")
        self.crlf = self.crlf or b"\r\n" in text
        return text.replace(b"\r\n", b"\n")

    def _edit_lines(self, lines: list[bytes], rest: bytes) -> list[bytes | LineEvent]:
        """Return what `feed` returns for lines of any kind. `rest` has not ended yet."""
        events: list[bytes | LineEvent] = []
        if lines and self._size + len(lines[0]) > self._limit:
            events += [*self._add(lines.pop(0)), b""]
            self._end_line(b"")
        elif lines:
            lines[0] = self._end_line(lines[0])
        if max(map(len, lines), default=0) <= self._limit:
            events += _edit_all(lines)  # together: an attacker's lines are many and short
        else:
            for line in lines:
                events += self._edit_lines([line], b"")
        return events + self._add(rest)

    def _add(self, data: bytes) -> list[bytes | LineEvent]:
        """Add `data` to the line that has not ended yet, and return the events that this causes."""
        events: list[bytes | LineEvent] = []
        room = self._limit - self._size
        self._size += len(data)
        if room >= 0:  # a line past the limit is only counted
            self._partial += data[: room + 1]
            if b"\x04" in data and self._is_end_of_file():
                events.append(LineEvent.END_OF_FILE)
            if len(data) > room:
                self._partial.clear()
                events.append(LineEvent.TOO_LONG)
        if self._size > self._limit + ENDLESS:
            events.append(LineEvent.ENDLESS)
        return events

    def _end_line(self, data: bytes) -> bytes:
        """Return the whole line that ends in `data`, and begin the next."""
        line = bytes(self._partial) + data
        self._partial.clear()
        self._size = self._seen = self._characters = 0
        return line

    def _is_end_of_file(self) -> bool:
        """Return whether an 04 has come when nothing stood in front of it. Each byte of a line is looked at once."""
        characters = self._characters
        for byte in self._partial[self._seen :]:
            if byte == _BACKSPACE or byte == _DELETE:
                characters -= characters > 0
            elif byte == _END_OF_FILE and not characters:
                return True
            elif not 0x80 <= byte < 0xC0 or not characters:  # else it continues a character
                characters += 1
        self._characters = characters
        self._seen = len(self._partial)
        return False


def _edit_all(lines: list[bytes]) -> list[bytes | LineEvent]:
    """Return lines after their backspaces, up to an end of file."""
    if not lines:
        return []
    text, at_end = _edit(b"\n".join(lines))
    edited: list[bytes | LineEvent] = [*text.split(b"\n")]
    if at_end:
        edited[-1] = LineEvent.END_OF_FILE
    return edited


def _edit(text: bytes) -> tuple[bytes, bool]:
    """Return lines after their backspaces, which terminals in character mode send as they are typed.

    The second value tells whether an 04 came at the start of a line. The text ends in front of it.
    """
    if b"\x08" not in text and b"\x7f" not in text and (b"\x04" not in text or b"\n\x04" not in b"\n" + text):
        return text, False
    kept = [_NEWLINE]
    for byte in text:
        if byte == _BACKSPACE or byte == _DELETE:
            # A character is its first byte and those that continue it.
            while kept[-1] != _NEWLINE and 0x80 <= kept.pop() < 0xC0:
                pass
        elif byte == _END_OF_FILE and kept[-1] == _NEWLINE:
            return bytes(kept[1:]), True
        else:
            kept.append(byte)
    return bytes(kept[1:]), False
