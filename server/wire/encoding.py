"""From events to bytes. Each batch is encoded once for each encoding that somebody uses, never once a member."""

from __future__ import annotations

from typing import Protocol

from ..chat import texts
from ..chat.events import DONE, Done
from ..chat.kinds import Event


class Encoding(Protocol):
    """How events become bytes. Pure, and shared by all connections that use it."""

    def encode(self, event: Event) -> bytes:
        """Return an event in bytes, with its line end. Empty if this kind of peer is not told of it."""

    def number(self, line: bytes, number: int) -> bytes:
        """Return the bytes of an event with the number of the line that has caused it, for that line's author."""


class Text:
    """Lines for people, in UTF-8."""

    def __init__(self, newline: str, receipt: bool) -> None:
        """`newline` ends each line. Without `receipt` no line is answered by `I'm live`."""
        self._newline = newline
        self._receipt = f"{texts.RECEIPT}{newline}".encode() if receipt else b""

    def encode(self, event: Event) -> bytes:
        """Return the lines of an event."""
        if event is DONE:
            return self._receipt
        line = event.line()
        if self._newline != "\n":
            line = line.replace("\n", self._newline)
        data = f"{line}{self._newline}".encode() if line else b""
        return data + self._receipt if isinstance(event, Done) else data

    def number(self, line: bytes, number: int) -> bytes:
        """Return the same bytes: people do not count their lines."""
        return line
