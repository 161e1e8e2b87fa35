"""What every event has: a line for people, a type for programs, and perhaps a place in the log.

An encoding turns events into bytes. One for people needs nothing but `line()`, one for programs `type` and `shown`, so
a new kind of event needs no new encoding.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

LOBBY = ""  # the room in which everyone begins
EVERYWHERE = "*"  # stands for all rooms, for an event that is told in all of them

MOST_AT_ONCE = 32  # events for one member, of which each is made under the map lock


class Event:
    """Something that a member is told."""

    __slots__ = ()
    is_long: ClassVar[bool] = False  # whether it is a Long
    greets: ClassVar[bool] = False  # whether programs are told with it what they need to know of the server
    type: ClassVar[str] = "notice"  # what programs know it as; a notice is for reading only
    shown: ClassVar[tuple[str, ...]] = ()  # the attributes that programs are told

    def line(self) -> str:
        """Return what a text user reads, without the last line end. An empty text means that they read nothing."""
        raise NotImplementedError


class Long(Event):
    """Something that may be long. It is made part by part while it is sent, as fast as its reader reads."""

    __slots__ = ()
    is_long = True

    def parts(self) -> Iterator[Event]:
        """Yield what it consists of. Runs in the reader's own thread, outside the map lock, and may take its time."""
        raise NotImplementedError


@dataclass(slots=True)
class Placed(Event):
    """Something that happens in the room, at its place in the log. The room remembers it."""

    is_talk: ClassVar[bool] = False  # whether it was said to everyone in a room
    is_private: ClassVar[bool] = False  # whether not everyone may know of it

    time: float
    at: int = field(default=0, init=False, compare=False)  # its place, which the memory gives it
    # How programs are told of it, once somebody was.
    encoded: bytes = field(default=b"", init=False, compare=False, repr=False)
    session: str = field(default="", kw_only=True)  # whose line has caused it, if that is known by its digest
    number: int = field(default=0, kw_only=True)  # of that line
    room: str = field(default=LOBBY, kw_only=True)  # where it has happened; what is private happens nowhere

    def heard_by(self, session: str) -> Event | None:
        """Return what a session that was away is told of it. None means that it is none of its business."""
        return Own(self) if session and self.session == session else self


@dataclass(slots=True)
class Own(Event):
    """What a program's own line has caused: the same as for everybody else, with the number of the line."""

    event: Placed

    def line(self) -> str:
        """Return what everybody else reads."""
        return self.event.line()


@dataclass(slots=True)
class Several(Long):
    """Some events, one after the other."""

    events: Sequence[Event]

    def parts(self) -> Iterator[Event]:
        """Yield them."""
        return iter(self.events)


def in_turn(events: Sequence[Event]) -> Sequence[Event]:
    """Return events, or one event that stands for all of them if they are many, so that they are made while they are sent."""
    return [Several(events)] if len(events) > MOST_AT_ONCE else events
