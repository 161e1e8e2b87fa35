"""What waits to be written: some of it from each batch, and a hole where more would have to wait than may. No SQL here."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ..chat.events import Joined, Left
from ..chat.for_programs import Renamed
from ..chat.kinds import Placed
from ..chat.memory import OVERHEAD, characters
from ..chat.moves import Entered
from ..chat.sessions import Session
from ..threads.channel import Channel

MOST_EVENTS = 100_000
MOST_BYTES = 64 * 1024 * 1024

Row = tuple[str, str, str, int, int, str]  # of a session: digest, name, address, line, held, state


class Told(Protocol):
    """What a history takes from a batch."""

    @property
    def sessions(self) -> dict[str, Session]:
        """The sessions that have changed, by digest."""

    def placed(self) -> list[Placed]:
        """Return all events that have got a place, in order."""


@dataclass(slots=True)
class Presence:
    """Who has come and who has gone."""

    came: dict[str, tuple[str, str]] = field(default_factory=dict)  # address and room by name
    gone: set[str] = field(default_factory=set)

    def follow(self, events: Iterable[Placed]) -> None:
        """Take note of events, which are in their order."""
        for event in events:
            if event.is_talk:  # nearly all of them
                continue
            match event:
                case Joined():
                    self.came[event.name] = event.addr, event.room
                case Entered():
                    self._leave(event.name)
                    self.came[event.name] = event.addr, event.room
                case Left():
                    self._leave(event.name)
                case Renamed():
                    self._leave(event.old)
                    self.came[event.name] = event.addr, event.room

    def add(self, later: Presence) -> None:
        """Take note of what has happened since."""
        for name in later.gone:
            self._leave(name)
        self.came.update(later.came)

    def _leave(self, name: str) -> None:
        if self.came.pop(name, None) is None:
            self.gone.add(name)


@dataclass(slots=True)
class Part:
    """What one batch leaves behind, to be written at once."""

    events: Sequence[Placed] = ()
    changed: dict[str, Row] = field(default_factory=dict)  # sessions, by digest
    ended: set[str] = field(default_factory=set)  # digests of sessions
    size: int = field(default=0, compare=False)  # bytes that the events take

    def follow(self, sessions: dict[str, Session]) -> None:
        """Take note of how sessions are now."""
        for digest, session in sessions.items():
            if session.ended:
                self.changed.pop(digest, None)
                self.ended.add(digest)
            else:
                held = 0 if session.member else session.held_since
                state = session.kept.dump()
                self.changed[digest] = (digest, session.name, session.addr, session.line, held, state)


@dataclass(slots=True)
class Hole(Part):
    """What is left of batches whose events could not be kept. It grows until it is taken."""

    after: int = 0  # everything up to this place was kept
    until: int = 0  # nothing behind `after` was kept, up to this place
    missing: int = 0  # events
    presence: Presence = field(default_factory=Presence)
    is_logged: bool = False  # whether the log has said already what is missing
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)
    _taken: bool = False

    def grow(self, events: Sequence[Placed], sessions: dict[str, Session]) -> bool:
        """Take note of one more batch. Return False if the hole has been taken. Runs in the broadcaster's thread."""
        with self._lock:
            if not self._taken:
                self.miss(events)
                self.follow(sessions)
            return not self._taken

    def take(self) -> None:
        """See to it that the hole does not grow any more. Runs in the writer's thread."""
        with self._lock:
            self._taken = True

    def miss(self, events: Sequence[Placed]) -> None:
        """Take note of events that are missing."""
        if events:
            self.after = self.after or events[0].at - 1
            self.until = events[-1].at
            self.missing += len(events)
            self.presence.follow(events)


class Waiting:
    """What the broadcaster has handed over, and the writer has not yet written."""

    def __init__(self, most_events: int = MOST_EVENTS, most_bytes: int = MOST_BYTES) -> None:
        self.given = 0  # the place of the last event that was handed over
        self.missing = 0  # events for which there was no room
        self._most_events = most_events
        self._most_bytes = most_bytes
        self._channel: Channel[Part] = Channel()
        self._hole: Hole | None = None
        # Each of these has one thread that changes it, so that no lock is needed.
        self._put_events = self._put_bytes = 0  # the broadcaster's
        self._done_events = self._done_bytes = 0  # the writer's

    @property
    def count(self) -> int:
        """How many events and sessions wait."""
        return self._put_events - self._done_events

    def put(self, told: Told) -> None:
        """Hand over what is to be kept of a batch. Runs in the broadcaster's thread, and never waits. Raises Closed."""
        events, sessions = told.placed(), told.sessions
        if not events and not sessions:
            return
        if events:
            self.given = events[-1].at
        size = 2 * characters(events) + OVERHEAD * len(events)
        if (
            self.count + len(events) + len(sessions) > self._most_events
            or self._put_bytes - self._done_bytes + size > self._most_bytes
        ):
            self._drop(events, sessions)
        else:
            self._hole = None
            part = Part(events, size=size)
            if sessions:
                part.follow(sessions)
            self._put_events += weight(part)
            self._put_bytes += size
            self._channel.put_all([part])

    def take(self) -> list[Part]:
        """Wait for something, and return all that waits. Return nothing once closed and empty. The writer's thread."""
        parts = self._channel.get_all()
        for part in parts:
            if isinstance(part, Hole):
                part.take()
        return parts

    def pause(self, seconds: float) -> bool:
        """Wait until something is there to be taken, for at most so long. Return whether there is nothing."""
        with self._channel.not_empty:
            if not self._channel.queue and not self._channel.closed:
                self._channel.not_empty.wait(seconds)
            return not self._channel.queue

    def done(self, parts: Iterable[Part]) -> None:
        """Take note that parts need not wait any more. The writer's thread."""
        for part in parts:
            if not isinstance(part, Hole):
                self._done_events += weight(part)
                self._done_bytes += part.size

    def close(self) -> None:
        """Hand over nothing more."""
        self._channel.close()

    def _drop(self, events: Sequence[Placed], sessions: dict[str, Session]) -> None:
        self.missing += len(events)
        if self._hole is None or not self._hole.grow(events, sessions):
            self._hole = Hole()
            self._hole.grow(events, sessions)
            self._channel.put_all([self._hole])


def weight(part: Part) -> int:
    """Return how many events and sessions a part has."""
    return len(part.events) + len(part.changed) + len(part.ended)
