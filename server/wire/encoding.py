"""From events to bytes. Each batch is encoded once for each encoding that somebody uses, never once a member."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import Protocol

from ..chat import texts
from ..chat.events import DONE, Done, Event
from ..chat.told import Copy
from .outbox import Part


class Encoding(Protocol):
    """How events become bytes. Pure, and shared by all connections that use it."""

    def encode(self, event: Event) -> bytes:
        """Return an event in bytes, with its line end. Empty if this kind of peer is not told of it."""


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


class Page:
    """What everyone is told in one batch, in one encoding."""

    def __init__(self, events: Iterable[Event], encoding: Encoding) -> None:
        self._encode = encoding.encode
        self._long: dict[int, bytes] = {}  # long answers, which several may have asked for, by identity of the event
        pieces = list(map(self._encode, events))
        self.data = b"".join(pieces)
        self._offsets = [0, *accumulate(map(len, pieces))]  # of each event, in data

    def copy(self, copy: Copy) -> bytes:
        """Return what a member is told who is told something else than the others."""
        offsets = self._offsets
        parts: list[bytes] = []
        done = offsets[copy.start]
        for place, event in copy.insertions:
            offset = offsets[place]
            parts.append(self.data[done:offset])
            parts.append(self._encode(event))
            done = offset
        parts.append(self.data[done : None if copy.end is None else offsets[copy.end]])
        return b"".join(parts) if len(parts) > 1 else parts[0]

    def parts(self, copy: Copy) -> Iterator[Part]:
        """Yield the same in parts. All who are sent a part share it, except what one member alone is told."""
        offsets, whole = self._offsets, memoryview(self.data)
        done = offsets[copy.start]
        for place, event in copy.insertions:
            offset = offsets[place]
            yield whole[done:offset], True
            yield (self._encode_long(event), True) if event.is_long else (self._encode(event), False)
            done = offset
        yield whole[done : None if copy.end is None else offsets[copy.end]], True

    def _encode_long(self, event: Event) -> bytes:
        if id(event) not in self._long:
            self._long[id(event)] = self._encode(event)
        return self._long[id(event)]
