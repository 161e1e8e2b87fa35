"""What the main thread waits for: all of it comes through one queue, like the channels of a Go select."""

from __future__ import annotations

from queue import SimpleQueue
from typing import NamedTuple


class Typed(NamedTuple):
    """Bytes came from standard input. They are empty at its end."""

    data: bytes


class Signalled(NamedTuple):
    """A signal has come, and its handler has run."""

    number: int


class Connected(NamedTuple):
    """The connection stands."""


class Received(NamedTuple):
    """Lines came from the server, without their ends."""

    lines: list[bytes]


class Lost(NamedTuple):
    """The connection has ended, or never began. `why` is the system's reason, if there is one.

    `is_final`: there is no sense in another attempt.
    """

    why: str
    is_final: bool = False


Event = Typed | Signalled | Connected | Received | Lost
Events = SimpleQueue[Event]
