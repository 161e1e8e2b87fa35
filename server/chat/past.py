"""What is shown of the past: lines that were said before, each behind its time. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from . import texts
from .archive import Archive, Gap
from .events import Notice
from .kinds import EVERYWHERE, LOBBY, MOST_AT_ONCE, Event, Long, Placed
from .memory import Memory
from .moment import moment
from .room import Member, Room
from .sessions import Session
from .told import Told
from .trail import Trail
from .words import find

MOST_FOUND = 20  # lines
MOST_ASKED = 3  # times that an archive is asked for more, because what it has found is hidden from whoever asks

Hides = Callable[[Placed], bool]  # of whoever asks; any thread may call it


@dataclass(slots=True)
class Past(Event):
    """Something that was said before. `now` is when it is shown, in seconds since 1970."""

    shown = ("text", "past")

    past: Placed
    now: float

    @property
    def text(self) -> str:
        """The line as it was, behind its time: `HH:MM:SS `, with the date in front if that is not today."""
        return f"{moment(self.past.time, self.now)} {self.past.line()}"

    def line(self) -> str:
        """Return the same."""
        return self.text


@dataclass(slots=True)
class Found(Long):
    """What a search finds. The search runs when its turn comes to be sent."""

    words: str
    now: float
    until: int  # the place at which the question stands in the log
    recent: Sequence[Placed]  # what was remembered then
    archive: Archive
    hides: Hides
    room: str = LOBBY  # where it was asked

    def parts(self) -> Iterator[Event]:
        """Yield the newest lines that hold all the words, oldest first."""
        stored = min(self.archive.stored, self.until)
        found: list[Placed] = []
        for event in reversed(self.recent):
            if event.at <= stored or len(found) == MOST_FOUND:
                break
            is_here = event.is_talk and event.room == self.room
            if is_here and find(event.line(), self.words) and not self.hides(event):
                found.append(event)
        found.reverse()
        if stored and len(found) < MOST_FOUND:
            found[:0] = _older(self._search, MOST_FOUND - len(found), stored, self.hides)
        if not found:
            yield Notice(texts.NOTHING_FOUND)
        for event in found:
            yield Past(event, self.now)

    def _search(self, count: int, until: int) -> Sequence[Placed]:
        return self.archive.search(self.words, count, until, self.room)


@dataclass(slots=True)
class Earlier(Long):
    """What was said last before a place. An archive is asked when its turn comes to be sent."""

    count: int
    before: int
    now: float
    recent: Sequence[Placed]  # what was remembered when the question stood in the log
    archive: Archive
    hides: Hides
    room: str = LOBBY  # where it was asked

    def parts(self) -> Iterator[Event]:
        """Yield the lines, oldest first."""
        stored = min(self.archive.stored, self.before - 1)
        talk = [event for event in self.recent if event.is_talk and event.room == self.room and not self.hides(event)]
        found = [event for event in talk if stored < event.at < self.before][-self.count :]
        if stored and len(found) < self.count:
            found[:0] = _older(self._last, self.count - len(found), stored, self.hides)
        if not found:
            yield Notice(texts.NOTHING_YET)
        for event in found:
            yield Past(event, self.now)

    def _last(self, count: int, until: int) -> Sequence[Placed]:
        return self.archive.last(count, until, self.room)


@dataclass(slots=True)
class Missed(Long):
    """What a session has missed since a place that the memory has forgotten, or very much."""

    session: Session | None
    after: int
    forgotten: int  # the place up to which the archive has to be asked
    recent: Sequence[Placed]
    archive: Archive

    def parts(self) -> Iterator[Event]:
        """Yield what the session would have been told."""
        if self.after < self.forgotten:
            for event in self.archive.between(self.after, self.forgotten):
                if isinstance(event, Gap):
                    yield event
                elif heard := _heard(event, self.session):
                    yield heard
        for event in self.recent:
            if heard := _heard(event, self.session):
                yield heard


def missed(memory: Memory, archive: Archive, session: Session | None, after: int) -> list[Event]:
    """Return what a session is told that has heard everything up to the place `after`.

    Without a session, it is what everyone may know, as far as the memory has it.
    """
    recent = memory.since(after)
    kept = memory.kept_before(after)
    gap = [] if kept == after else [Gap(kept)]
    after = kept
    trail = session.kept.find(Trail) if session else None
    if trail and after < trail.start - 1:  # nobody knows any more what it could hear before that
        gap, after = gap or [Gap(after)], trail.start - 1
        recent = memory.since(after)
    if after < memory.forgotten and session:
        return [*gap, Missed(session, after, memory.forgotten, recent, archive)]
    # A place that no event has was lost when a server was killed. What is known ends before it.
    known = memory.last_before(after)
    gap = gap or ([] if known == after else [Gap(min(known, after))])
    if len(recent) > MOST_AT_ONCE:
        return [*gap, Missed(session, after, after, recent, archive)]
    return [*gap, *(heard for event in recent if (heard := _heard(event, session)))]


def is_hidden(member: Member, event: Placed) -> bool:
    """Return whether a member ignores the author of a past event. Nobody's own lines are hidden."""
    session = member.session
    is_own = event.session == session.digest if session else getattr(event, "addr", "") == member.addr
    return member.kept.hides(event) and not is_own


def _older(ask: Callable[[int, int], Sequence[Placed]], count: int, until: int, hides: Hides) -> list[Placed]:
    """Return the newest `count` events up to a place that an archive has and that are not hidden, oldest first.

    They may be fewer, if it would have to be asked too often.
    """
    found: list[Placed] = []
    for _ in range(MOST_ASKED):
        events = ask(count - len(found), until)
        is_all = len(events) < count - len(found)
        found[:0] = [event for event in events if not hides(event)]
        if is_all or len(found) == count:
            break
        until = events[0].at - 1
    return found


def _heard(event: Placed, session: Session | None) -> Event | None:
    """Return what a session is told of an event that it has missed. Without a session, it is what everyone may know."""
    trail = session.kept.find(Trail) if session else None
    if not event.is_private and event.room not in (trail.room_at(event.at) if trail else LOBBY, EVERYWHERE):
        return None
    if session is None:
        return event.heard_by("")
    if session.kept.hides(event) and event.session != session.digest:
        return None
    return event.heard_by(session.digest)


def welcome(room: Room, number: int, now: float, told: Told) -> None:
    """Tell a newcomer what families have to say, and what was said last in the lobby."""
    for greet in room.families.greeters:
        greet(room, number, now, told)
    replay(room, number, now, told)


def replay(room: Room, number: int, now: float, told: Told, name: str = LOBBY) -> None:
    """Show somebody who comes into a room what was said there last, if the server is set to do so."""
    if not room.replay:
        return
    if last := told.memory.last_talk(name, room.replay, partial(is_hidden, room.members[number])):
        talk = [Past(event, now) for event in last]
        before, after = Notice(texts.REPLAY_BEGINS.format(len(talk))), Notice(texts.REPLAY_ENDS)
        told.tell_several(number, [before, *talk, after])
