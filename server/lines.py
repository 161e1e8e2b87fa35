"""Bytes to lines: bounded, however they were cut, with telnet's own bytes taken out.

Pure: knows no socket. A peer may be telnet, `nc`, a script or an attacker; whatever it sends, no more than one
line of the limit is ever kept.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator, Sequence

MAX_LINE = 4096  # bytes, without the line's end
ENDLESS = 64 * 1024  # bytes past the limit after which no end of the line is expected any more

# RFC 854: IAC, then WILL/WONT/DO/DONT with an option, a subnegotiation, a command, or IAC for a byte FF. A
# subnegotiation is never asked for, so one longer than 64 bytes is taken for text. The last branch is a
# sequence whose end has not come yet.
_TELNET = re.compile(
    rb"\xff(?:[\xfb-\xfe].|\xfa.{0,64}?\xff\xf0|[\xec-\xf9\xff]|(?P<cut>[\xfb-\xfe]?|\xfa.{0,65})\Z)", re.DOTALL
)
_TELNET_TEXT = {b"\xff\xff": b"\xff", b"\xff\xec": b"\x04", b"\xff\xf7": b"\x7f"}  # a byte FF, end of file, erase
# Debian's telnet ignores the top bit of what is typed: in the middle of a character it takes the bytes 83 8F 9A
# 9C for Ctrl-C, Ctrl-O, Ctrl-Z and Ctrl-\ and sends these commands in their place. (85 it swallows.)
_UNFINISHED = re.compile(rb"(?:[\xc2-\xdf]|[\xe0-\xef][\x80-\xbf]?|[\xf0-\xf4][\x80-\xbf]{0,2})\Z")
_MISTAKEN = {b"\xff\xf4": b"\x83", b"\xff\xf5": b"\x8f", b"\xff\xed": b"\x9a", b"\xff\xf3": b"\x9c"}
_DO_TIMING_MARK = b"\xff\xfd\x06"
_WONT_TIMING_MARK = b"\xff\xfc\x06"

# A request line with its version, as no person types it; a TLS record of the kind handshake, version 3.x.
_OTHER_PROTOCOL = re.compile(rb"[A-Z]{3,7} [^ \r\n]+ HTTP/[0-9]|\x16\x03[\x00-\x04]")

_ERASE = b"\x08\x7f"
_END_OF_FILE = b"\x04"
_TYPED = re.compile(rb"[\r\x04\x08\x7f]")  # what only terminals send


class Mark(enum.Enum):
    """What can stand between lines."""

    TOO_LONG = enum.auto()  # the present line is past the limit; an empty line stands for its end
    ENDLESS = enum.auto()  # the present line does not end
    END_OF_FILE = enum.auto()  # Ctrl-D on an empty line


class LineReader:
    """The lines of one peer. One thread feeds it."""

    def __init__(self, limit: int = MAX_LINE) -> None:
        self.crlf = False  # the peer has ended a line in CR LF
        self._limit = limit
        self._partial = b""  # the line that has not ended yet; past the limit, nothing but its last CR
        self._dropped = 0  # how many bytes of that line are gone already
        self._cut = b""  # a telnet sequence that has not ended yet
        self._replies = b""

    def feed(self, data: bytes) -> Sequence[bytes | Mark]:
        """The lines that DATA completes, without their ends, and the marks between them, in order."""
        if self._cut or b"\xff" in data:
            data = self._strip_telnet(data)
        data = self._partial + data
        if b"\r" in data:
            data = data.replace(b"\r\0", b"\n")
        *lines, self._partial = data.split(b"\n")
        # Programs send plain lines, and many at once: those are not looked at one by one.
        longest = max(len(self._partial), *map(len, lines), 0)
        if longest <= self._limit and not self._dropped and not _TYPED.search(data):
            return lines
        return list(self._edit_lines(lines))

    def _edit_lines(self, lines: list[bytes]) -> Iterator[bytes | Mark]:
        for ended in lines:
            line = ended.removesuffix(b"\r")
            self.crlf = self.crlf or ended.endswith(b"\r")
            yield from self._measure(line)
            too_long = self._dropped + len(line) > self._limit
            self._dropped = 0
            yield b"" if too_long else _edit(line) or b""
        yield from self._measure_partial()

    def take_replies(self) -> bytes:
        """What telnet must be answered for the bytes fed so far, if anything. However often it asks at once, it
        is answered once.
        """
        replies, self._replies = self._replies, b""
        return replies

    def _measure(self, line: bytes) -> Iterator[Mark]:
        """The marks that the present line earns when LINE, as yet without its end, is all that is kept of it."""
        if not self._dropped and _END_OF_FILE in line and _edit(line, until=_END_OF_FILE) is None:
            yield Mark.END_OF_FILE
        size = self._dropped + len(line)
        if size > self._limit and self._dropped <= self._limit:
            yield Mark.TOO_LONG
        if size > self._limit + ENDLESS:
            yield Mark.ENDLESS

    def _measure_partial(self) -> Iterator[Mark]:
        line = self._partial.removesuffix(b"\r")  # which may yet prove to be half of the line's end
        yield from self._measure(line)
        if self._dropped + len(line) > self._limit:
            self._dropped += len(line)
            self._partial = self._partial[len(line) :]

    def _strip_telnet(self, data: bytes) -> bytes:
        """DATA without telnet's sequences, also those cut in two by a packet's end."""
        data, self._cut = self._cut + data, b""
        text = bytearray()
        done = 0
        for match in _TELNET.finditer(data):
            text += data[done : match.start()]
            done = match.end()
            sequence = match[0]
            if match["cut"] is not None:
                self._cut = sequence
            elif sequence in _MISTAKEN and _UNFINISHED.search(self._partial[-3:] + text[-3:]):
                text += _MISTAKEN[sequence]
            else:
                text += _TELNET_TEXT.get(sequence, b"")
            # On Ctrl-C a telnet throws all output away until its question for a timing mark is answered.
            if sequence == _DO_TIMING_MARK:
                self._replies = _WONT_TIMING_MARK
        return bytes(text + data[done:])


def is_other_protocol(data: bytes) -> bool:
    """Whether DATA, the first that a peer sends, is no chat but HTTP or TLS."""
    return bool(_OTHER_PROTOCOL.match(data))


def _edit(line: bytes, until: bytes = b"") -> bytes | None:
    """LINE after its backspaces, which terminals in character mode send as they are typed; None if on the way a byte
    of UNTIL came when nothing stood there.
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
