"""Server-sent events: the same objects as in JSON lines, each as one event of a stream. Pure."""

from __future__ import annotations

from ..chat.kinds import Event, Own, Placed
from ..wire.encoding import Encoding


class EventStream:
    """Encodes events as `text/event-stream` (WHATWG HTML, 9.2). One object serves all users, and all threads."""

    def __init__(self, values: Encoding) -> None:
        """`values` encodes events as JSON lines."""
        self._values = values

    def encode(self, event: Event) -> bytes:
        """Return an event with its place in the log as its id, if it has one. Its object is one line."""
        data = self._values.encode(event)
        placed = event.event if isinstance(event, Own) else event
        if isinstance(placed, Placed):
            return b"id: %d\ndata: %b\n" % (placed.at, data)
        return b"data: %b\n" % data

    def number(self, line: bytes, number: int) -> bytes:
        """Return the bytes of an event with the number of the line that has caused it, for that line's author."""
        return self._values.number(line[:-1], number) + b"\n"
