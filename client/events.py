"""What the main thread waits for: all of it comes through one queue, like the channels of a Go select."""

from __future__ import annotations

from dataclasses import dataclass
from queue import SimpleQueue


@dataclass(frozen=True, slots=True)
class Typed:
    """DATA came from standard input; empty at its end."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Signalled:
    """The signal NUMBER has come, and its handler has run."""

    number: int


@dataclass(frozen=True, slots=True)
class Connected:
    """The connection is there; our end of it has the address ADDR."""

    addr: str


@dataclass(frozen=True, slots=True)
class Received:
    """LINES came from the server."""

    lines: list[str]


@dataclass(frozen=True, slots=True)
class Lost:
    """The connection has ended, or never began, for the reason WHY, if the system gave one."""

    why: str


Event = Typed | Signalled | Connected | Received | Lost
Events = SimpleQueue[Event]
