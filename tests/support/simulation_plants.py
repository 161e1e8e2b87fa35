"""Bugs that the simulation has to find. Each is planted into the server, the model of a disk, or a program."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from server.chat import past
from server.chat.archive import Gap
from server.chat.copies import Copies, Copy
from server.chat.events import Done, Whispered
from server.chat.families import TAKEN
from server.chat.for_programs import Refused
from server.chat.kinds import Event, Own
from server.chat.memory import Memory
from server.chat.room import Member, Room
from server.chat.sessions import Session, Sessions
from server.chat.told import Told
from server.chat.trail import Trail
from server.commands import sessions
from server.commands.sessions import Resume
from server.log.crowd import Crowd
from server.log.subscriber import Batch
from server.wire.user import User

from .session_peer import SessionPeer, State
from .simulation_disk import Disk

Plant = Callable[[pytest.MonkeyPatch], None]


def resend_what_was_taken(patch: pytest.MonkeyPatch) -> None:
    """A program sends all lines again that have no receipt, whatever `hello` says."""
    go_on = SessionPeer._go_on

    def plant(self: SessionPeer, taken: int) -> None:
        sent = list(self._sent)
        go_on(self, taken)
        self._waiting.extend(line for line in sent if line.state is State.TAKEN)

    patch.setattr(SessionPeer, "_go_on", plant)


def believe_hello(patch: pytest.MonkeyPatch) -> None:
    """A program takes the place in `hello` for its own after a resumption."""
    greet = SessionPeer._greet

    def plant(self: SessionPeer, session: str, taken: int, place: int) -> None:
        greet(self, session, taken, place)
        self.place = place

    patch.setattr(SessionPeer, "_greet", plant)


def hide_gaps(patch: pytest.MonkeyPatch) -> None:
    """What is not known any more is not reported."""
    parts = past.Missed.parts
    patch.setattr(past.Missed, "parts", lambda self: (event for event in parts(self) if not isinstance(event, Gap)))


def hide_what_was_lost(patch: pytest.MonkeyPatch) -> None:
    """A program that has heard what was lost in a kill is not told so."""
    _patch_missed(patch, lambda missed: [event for event in missed if not isinstance(event, Gap)])


def replay_twice(patch: pytest.MonkeyPatch) -> None:
    """The first thing that was missed is told twice."""
    _patch_missed(patch, lambda missed: [*missed[:1], *missed])


def lose_the_last(patch: pytest.MonkeyPatch) -> None:
    """The last event before somebody comes back is not told to them."""
    _patch_missed(patch, lambda missed: missed[:-1])


def _patch_missed(patch: pytest.MonkeyPatch, change: Callable[[list[Event]], list[Event]]) -> None:
    missed = past.missed
    patch.setattr(sessions, "missed", lambda *arguments: change(missed(*arguments)))


def keep_for_another(patch: pytest.MonkeyPatch) -> None:
    """A private word is kept for a session that does not have the name."""

    def plant(self: Room, key: str) -> Member | Session | None:
        return self.online_map.get(key) or next(reversed(self.sessions.names.values()), None)

    patch.setattr(Room, "find", plant)


def count_twice(patch: pytest.MonkeyPatch) -> None:
    """Every third line of a session counts for two."""
    take_line = Sessions.take_line

    def plant(self: Sessions, session: Session) -> int:
        number = take_line(self, session)
        session.line += number % 3 == 0
        return number

    patch.setattr(Sessions, "take_line", plant)


def receipt_first(patch: pytest.MonkeyPatch) -> None:
    """The receipt comes before what the line causes."""
    tell_one = Told.tell_one

    def plant(self: Told, number: int, event: Event) -> None:
        insertions = self._copies.of(number).insertions
        if isinstance(event, Done) and insertions and isinstance(insertions[-1][2], Own):
            place = insertions[-1][0]
            insertions.insert(len(insertions) - 1, (place, place, event))
        else:
            tell_one(self, number, event)

    patch.setattr(Told, "tell_one", plant)


def keep_the_old_connection(patch: pytest.MonkeyPatch) -> None:
    """Lines of a connection count that come after its session has gone over to another one."""
    find = Resume._find

    def plant(self: Resume, room: Room, told: Told) -> Session | None:
        before = dict(room.members)
        session = find(self, room, told)
        room.members.update(before)
        return session

    patch.setattr(Resume, "_find", plant)


def tell_a_whisper_twice(patch: pytest.MonkeyPatch) -> None:
    """Whoever has the name and is there is told a private word twice."""
    tell_one = Told.tell_one

    def plant(self: Told, number: int, event: Event) -> None:
        tell_one(self, number, event)
        if isinstance(event, Whispered):
            tell_one(self, number, event)

    patch.setattr(Told, "tell_one", plant)


def tell_everyone_a_whisper(patch: pytest.MonkeyPatch) -> None:
    """Whoever comes back is told all private words that they have missed, whosever they are."""
    patch.setattr(Whispered, "heard_by", lambda self, session: self)


def forget_refusals(patch: pytest.MonkeyPatch) -> None:
    """Whoever comes back is not told why a line was refused."""
    patch.setattr(Refused, "heard_by", lambda self, session: None)


def take_the_digest(patch: pytest.MonkeyPatch) -> None:
    """What stands for a token is as good as the token."""
    find = Resume._find

    def plant(self: Resume, room: Room, told: Told) -> Session | None:
        session = room.sessions.by_digest.get(self.token)
        return session if session and not session.member else find(self, room, told)

    patch.setattr(Resume, "_find", plant)


def give_names_away(patch: pytest.MonkeyPatch) -> None:
    """Whoever wants it gets the name of somebody who is away for a moment."""
    rename = Room.rename

    def plant(self: Room, member: Member, name: str, key: str) -> Done | None:
        names, self.sessions.names = self.sessions.names, {}
        refused = rename(self, member, name, key)
        self.sessions.names = names
        return refused

    patch.setattr(Room, "refusal", lambda self, key, who=None: None if self.online_map.get(key, who) is who else TAKEN)
    patch.setattr(Room, "rename", plant)


def forget_too_much(patch: pytest.MonkeyPatch) -> None:
    """The memory does not know that it has forgotten something."""
    trim = Memory.trim

    def plant(self: Memory) -> None:
        forgotten = self.forgotten
        trim(self)
        self.forgotten = forgotten

    patch.setattr(Memory, "trim", plant)


def write_sessions_first(patch: pytest.MonkeyPatch) -> None:
    """The disk is given what has become of sessions before it is given what they have said."""
    record = Disk.record

    def plant(self: Disk, batch: Batch) -> None:
        record(self, batch)
        for session in self._waiting[-1][1]:
            if not session.ended:
                self._sessions[session.digest] = session

    patch.setattr(Disk, "record", plant)


def tell_all_rooms(patch: pytest.MonkeyPatch) -> None:
    """Whatever happens in a room is handed to everybody."""
    put = Crowd.put

    def plant(self: Crowd, user: User, room: str) -> None:
        put(self, user, room)
        self.rooms[room].update(self)

    patch.setattr(Crowd, "put", plant)


def tell_the_room_before(patch: pytest.MonkeyPatch) -> None:
    """Whoever goes into another room goes on hearing the one before until the batch ends."""
    go_on = Copies.go_on

    def plant(self: Copies, number: int, room: str | None = None) -> Copy:
        copy = go_on(self, number, room)
        for before in copy.earlier:
            before.end = None
        return copy

    patch.setattr(Copies, "go_on", plant)


def miss_the_room_before(patch: pytest.MonkeyPatch) -> None:
    """A program that comes back is told what the room where it is now has said, as if it had always been there."""
    patch.setattr(Trail, "room_at", lambda self, place: self.room)


def come_back_into_the_lobby(patch: pytest.MonkeyPatch) -> None:
    """The room of a session does not survive a restart."""
    patch.setattr(Trail, "dump", lambda self: None)


def tell_the_mover_of_the_leaving(patch: pytest.MonkeyPatch) -> None:
    """A program that comes back is told that it has itself left a room."""
    enter = Trail.enter
    patch.setattr(Trail, "enter", lambda self, place, room: enter(self, place + 1, room))


PLANTS: list[Plant] = [
    resend_what_was_taken,
    believe_hello,
    hide_gaps,
    hide_what_was_lost,
    replay_twice,
    lose_the_last,
    keep_for_another,
    count_twice,
    receipt_first,
    keep_the_old_connection,
    tell_a_whisper_twice,
    tell_everyone_a_whisper,
    forget_refusals,
    take_the_digest,
    give_names_away,
    forget_too_much,
    write_sessions_first,
    tell_all_rooms,
    tell_the_room_before,
    miss_the_room_before,
    come_back_into_the_lobby,
    tell_the_mover_of_the_leaving,
]
