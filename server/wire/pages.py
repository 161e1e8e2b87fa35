"""What everyone in a room is told by one batch, in bytes: one page for each encoding that somebody uses."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from itertools import accumulate, islice

from ..chat.copies import Copy
from ..chat.kinds import Event, Long, Own
from .encoding import Encoding
from .pieces import Data, Part
from .user import User

TOGETHER = 64  # events of a long answer that are encoded together
LARGE = 64 * 1024  # bytes of a page above which nobody gets a copy of their own

# Writers encode long answers one at a time, so that many of them do not keep the broadcaster from the GIL.
_encoding_lock = threading.Lock()


class Pages:
    """The pages of one batch, of one room. They are made when somebody first needs them."""

    def __init__(self, events: Sequence[Event]) -> None:
        """`events` are what everyone in the room is told."""
        self._events = events
        self._pages: dict[Encoding, Page] = {}

    def of(self, encoding: Encoding) -> Page:
        """Return the page in an encoding."""
        page = self._pages.get(encoding)
        if page is None:
            page = self._pages[encoding] = Page(self._events, encoding)
        return page

    def hand(self, user: User, copy: Copy) -> None:
        """Hand a user their own version of this page."""
        page = self.of(user.encoding)
        if copy.is_long or len(page.data) > LARGE:
            user.outbox.put_parts(page.parts(copy))
        elif data := page.copy(copy):
            user.outbox.put(data)


class Page:
    """What everyone in a room is told in one batch, in one encoding."""

    def __init__(self, events: Sequence[Event], encoding: Encoding) -> None:
        self._encoding = encoding
        pieces = list(map(encoding.encode, events))
        self.data = b"".join(pieces)
        self._offsets = [0, *accumulate(map(len, pieces))]  # of each event, in data

    def copy(self, copy: Copy) -> bytes:
        """Return a member's own version of the page. It must have no Long in it."""
        return b"".join(self._cut(copy, self.data))  # type: ignore[arg-type]

    def parts(self, copy: Copy) -> Iterator[Part]:
        """Yield a member's own version in parts.

        Parts of the common page are not copied. A Long is made while it is sent.
        """
        for number, piece in enumerate(self._cut(copy, memoryview(self.data))):
            yield piece, number % 2 == 0

    def _cut(self, copy: Copy, data: bytes | memoryview) -> list[Data]:
        """Return what a member is told, by turns a piece of the page, and what that member alone is told."""
        offsets = self._offsets
        pieces: list[Data] = []
        done = offsets[copy.start]
        for place, goes_on, event in copy.insertions:
            start = offsets[place]
            pieces.append(data[done:start])
            done = offsets[goes_on]
            if isinstance(event, Own):
                line = self.data[start:done] or self._encoding.encode(event.event)
                pieces.append(self._encoding.number(line, event.event.number))
            elif event is None:
                pieces.append(b"")
            elif isinstance(event, Long):
                pieces.append(_make(event, self._encoding))
            else:
                pieces.append(self._encoding.encode(event))
        pieces.append(data[done : None if copy.end is None else offsets[copy.end]])
        return pieces


def _make(event: Long, encoding: Encoding) -> Iterator[bytes]:
    """Yield the bytes of a long event. Runs in the thread of the writer that sends them."""
    parts = event.parts()
    while some := list(islice(parts, TOGETHER)):
        with _encoding_lock:
            data = b"".join(map(encoding.encode, some))
        yield data
