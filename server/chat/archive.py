"""What is older than the memory: the seam for a history."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from .kinds import LOBBY, Event, Placed
from .sessions import Session


@dataclass(slots=True)
class Gap(Event):
    """Something between the place `after` and the next event is not known any more."""

    type = "gap"
    shown = ("after",)

    after: int

    def line(self) -> str:
        """Return nothing: text users are not promised that they hear everything."""
        return ""


@dataclass(slots=True)
class Restored:
    """What a history knows of the room as it was when the server ended, or was ended."""

    end: int = 0  # the place of the last event
    forgotten: int = 0  # the place up to which `events` knows nothing
    events: list[Placed] = field(default_factory=list)  # the last ones, in order, without a gap between them
    sessions: list[Session] = field(default_factory=list)  # that had not ended; none of them has a member
    online: list[tuple[str, str, str]] = field(default_factory=list)  # whoever was there: (name, address, room)


class Archive(Protocol):
    """Knows what the memory has forgotten. Any thread may call any method; each may take its time."""

    @property
    def stored(self) -> int:
        """The place of the last event that it knows."""

    def between(self, after: int, until: int) -> Iterator[Placed | Gap]:
        """Yield all events at places above `after`, up to `until`, in order. A Gap stands where some are missing.

        Where the last ones are missing, the last that is yielded is a Gap.
        """

    def last(self, count: int, until: int, room: str = LOBBY) -> Sequence[Placed]:
        """Return the last `count` events of talk in a room at places up to `until`, oldest first."""

    def search(self, words: str, count: int, until: int, room: str = LOBBY) -> Sequence[Placed]:
        """Return the newest `count` events of talk in a room up to `until` that hold all the words, oldest first."""


class NoArchive:
    """What a server without a history has."""

    stored = 0

    def between(self, after: int, until: int) -> Iterator[Placed | Gap]:
        """Yield that everything is missing."""
        yield Gap(after)

    def last(self, count: int, until: int, room: str = LOBBY) -> Sequence[Placed]:
        """Return nothing."""
        return ()

    def search(self, words: str, count: int, until: int, room: str = LOBBY) -> Sequence[Placed]:
        """Return nothing."""
        return ()
