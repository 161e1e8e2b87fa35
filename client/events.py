"""What the main thread waits for: all of it comes through one queue, like the channels of a Go select."""

from __future__ import annotations

from dataclasses import dataclass
from queue import SimpleQueue


@dataclass(frozen=True, slots=True)
class Typed:
    """Bytes came from standard input. They are empty at its end."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Signalled:
    """A signal has come, and its handler has run."""

    number: int


@dataclass(frozen=True, slots=True)
class Connected:
    """The connection stands."""


@dataclass(frozen=True, slots=True)
class Received:
    """Lines came from the server, without their ends."""

    lines: list[bytes]


@dataclass(frozen=True, slots=True)
class Lost:
    """The connection has ended, or never began. `why` is the system's reason, if there is one."""

    why: str


Event = Typed | Signalled | Connected | Received | Lost
Events = SimpleQueue[Event]
