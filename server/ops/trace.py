"""The trace: shows the way of each line as it happens, for a teacher at a projector.

It is a subscriber, so a server without it pays nothing for it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from ..chat.entries import Alive, Close, Join, Leave, Line, Say
from ..chat.numbered import Numbered
from ..chat.room import Entry
from ..log.asked import Asked
from ..log.subscriber import Batch
from ..wire.user import User


class Trace:
    """Writes a few lines for each batch: who sent what, when it was taken from the log, and who had to wait for it."""

    def __init__(self, write: Callable[[str], None], clock: Callable[[], float] = time.time) -> None:
        """`write` takes one line of text and must not block. `clock` gives seconds since 1970."""
        self._write = write
        self._clock = clock
        self._addresses: dict[int, str] = {}  # of everyone online, by number

    def record(self, batch: Batch) -> None:
        """Show a batch."""
        fan_out = self._clock() - batch.taken
        for entry in batch.entries:
            self._write(self._read(entry))
        for line in self._taken(batch, fan_out):
            self._write(line)

    def _read(self, entry: Entry) -> str:
        """Return which thread put an entry into the log, and when."""
        if isinstance(entry, Join):
            self._addresses[entry.number] = entry.addr
        addr = self._addresses.get(entry.number)
        thread = f"handler {addr}" if addr else "main"
        if isinstance(entry, Leave):
            self._addresses.pop(entry.number, None)
        return f"{_clock_time(entry.time)} {thread}: {_describe(entry)} -> log"

    def _taken(self, batch: Batch, fan_out: float) -> Iterator[str]:
        """Yield when the entries were taken from the log, and to whom they were sent at once."""
        waited = max(0.0, batch.taken - batch.entries[0].time)
        count = "1 entry" if len(batch.entries) == 1 else f"{len(batch.entries)} entries at once"
        yield f"{_clock_time(batch.taken)} broadcaster: took {count} from the log, after {_ms(waited)}"
        slow = [user for user in batch.users.values() if user.outbox.lag.waiting]
        copies = batch.told.copies
        others = [batch.rooms.get(room, {}) for room, events in batch.told.parts.items() if events]
        told = len(copies) + sum(number not in copies for users in others for number in users)
        sent = f"sent to {told} users in {_ms(fan_out)}" if told != 1 else f"sent to 1 user in {_ms(fan_out)}"
        yield f"{_clock_time(batch.taken + fan_out)} broadcaster: {sent}{_waiting(slow)}"


def _describe(entry: Entry) -> str:
    match entry:
        case Join():
            return "a new connection, Join"
        case Leave():
            return f"read the end, Leave ({entry.why})"
        case Close():
            return "stops the server, Close"
        case Say():
            return f"read {entry.text!r}, Say"
        case Numbered():
            return f"{_describe(entry.entry)}, as line {entry.line}" if entry.line else _describe(entry.entry)
        case Alive():
            return "read an empty line, Alive"
        case Asked():
            return f"asks the log, {type(entry.entry).__name__}"
        case Line():
            return f"read a command, {type(entry).__name__}"
    return type(entry).__name__


def _waiting(users: list[User]) -> str:
    if not users:
        return ", nobody had to wait"
    shown = ", ".join(f"{user.addr} ({user.outbox.lag.waiting} bytes, writer {user.addr})" for user in users[:3])
    more = f" and {len(users) - 3} more" if len(users) > 3 else ""
    return f"; had to wait: {shown}{more}"


def _clock_time(seconds: float) -> str:
    return time.strftime("%H:%M:%S", time.localtime(seconds)) + f".{int(seconds * 1000) % 1000:03d}"


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.2f} ms"
