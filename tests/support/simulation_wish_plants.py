"""Bugs in `/ignore`, `/quiet` and `/away` that the simulation has to find."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from server.chat import past, private_words
from server.chat.archive import Gap
from server.chat.copies import Copies
from server.chat.events import DONE, Done, Joined, Left, Whispered
from server.chat.hiding import Hearer, Hiding
from server.chat.kept import Kept
from server.chat.kinds import Event, Placed
from server.chat.private_words import NOT_ONLINE
from server.chat.room import Member, Room
from server.chat.sessions import Session
from server.chat.told import Told
from server.commands import basic, people, rooms
from server.commands.ignore import Ignored, ListIgnored, Quiet, _key
from server.commands.people import Absence
from server.commands.sessions import Resume

from .simulation_server import COMMANDS

Plant = Callable[[pytest.MonkeyPatch], None]


def ignore_nobody(patch: pytest.MonkeyPatch) -> None:
    """Whoever is ignored is heard."""
    patch.setattr(Ignored, "hides", lambda self, event: False)


def ignore_talk_alone(patch: pytest.MonkeyPatch) -> None:
    """Private words of whoever is ignored are heard."""
    _hide_if(patch, Ignored, lambda self, event: event.is_talk)


def ignore_private_words_alone(patch: pytest.MonkeyPatch) -> None:
    """Talk of whoever is ignored is heard."""
    _hide_if(patch, Ignored, lambda self, event: not event.is_talk)


def ignore_the_name_alone(patch: pytest.MonkeyPatch) -> None:
    """Another name helps."""
    _hide_if(patch, Ignored, lambda self, event: _key(getattr(event, "name", "")) in self.people)


def ignore_the_name_of_a_private_word_alone(patch: pytest.MonkeyPatch) -> None:
    """Another name helps private words."""
    _hide_if(patch, Ignored, lambda self, event: event.is_talk or _key(getattr(event, "name", "")) in self.people)


def ignore_the_address_alone(patch: pytest.MonkeyPatch) -> None:
    """Another connection helps."""
    _hide_if(patch, Ignored, lambda self, event: getattr(event, "addr", "") in self._addrs)


def ignore_all_that_they_do(patch: pytest.MonkeyPatch) -> None:
    """Nobody sees whoever they ignore come and leave."""
    hides = Ignored.hides

    def plant(self: Ignored, event: Placed) -> bool:
        return hides(self, event) or getattr(event, "addr", "") in self._addrs

    patch.setattr(Ignored, "hides", plant)


def ignore_everybody(patch: pytest.MonkeyPatch) -> None:
    """Whoever ignores somebody hears nobody."""
    patch.setattr(Ignored, "hides", lambda self, event: bool(self.people) and event.is_talk)


def ignore_the_last_alone(patch: pytest.MonkeyPatch) -> None:
    """Whoever ignores somebody else ignores nobody else any more."""
    add = Ignored.add

    def plant(self: Ignored, key: str, name: str, addr: str) -> None:
        self.people = {}
        add(self, key, name, addr)

    patch.setattr(Ignored, "add", plant)


def ignore_for_ever(patch: pytest.MonkeyPatch) -> None:
    """`/unignore` does nothing."""
    patch.setattr(Ignored, "remove", lambda self, key: key in self.people)


def list_nobody(patch: pytest.MonkeyPatch) -> None:
    """`/ignore` lists nobody."""
    patch.setattr(ListIgnored, "act", lambda self, room, member, told: Done("没有屏蔽任何人"))


def hide_from_all(patch: pytest.MonkeyPatch) -> None:
    """What one member does not want to hear, nobody in the room hears."""

    def numbers(self: Hiding, event: Placed) -> list[int]:
        room = self.rooms.get(event.room, {})
        return list(room) if any(kept.hides(event) for kept in room.values()) else []

    patch.setattr(Hiding, "numbers", numbers)


def hide_from_the_author(patch: pytest.MonkeyPatch) -> None:
    """Whoever has come to a name that they ignore does not hear themselves."""
    hide = Copies.hide
    patch.setattr(Copies, "hide", lambda self, event, hiding, author: hide(self, event, hiding, None))


def hide_in_the_first_room(patch: pytest.MonkeyPatch) -> None:
    """Whoever goes into another room ignores nobody there."""
    note = Hiding.note

    def plant(self: Hiding, member: Hearer) -> None:
        if member.number not in self._members:
            note(self, member)

    patch.setattr(Hiding, "note", plant)


def forget_whom_they_ignore(patch: pytest.MonkeyPatch) -> None:
    """A program that comes back ignores nobody."""
    take_up = Resume._take_up

    def plant(self: Resume, room: Room, session: Session, addr: str) -> Done | None:
        session.kept = Kept(session.kept.dump())
        return take_up(self, room, session, addr)

    patch.setattr(Resume, "_take_up", plant)


def tell_what_was_missed_of_them(patch: pytest.MonkeyPatch) -> None:
    """A program that comes back is told what whoever it ignores has said."""

    def plant(event: Placed, session: Session | None) -> Event | None:
        before, kept = (session.kept.hiders, session.kept) if session else ((), Kept())
        kept.hiders = ()
        try:
            return heard(event, session)
        finally:
            kept.hiders = before

    heard = past._heard
    patch.setattr(past, "_heard", plant)


def report_them_as_gaps(patch: pytest.MonkeyPatch) -> None:
    """A program that comes back is told that it has missed what is hidden from it."""
    heard = past._heard

    def plant(event: Placed, session: Session | None) -> Event | None:
        return Gap(event.at - 1) if session and session.kept.hides(event) else heard(event, session)

    patch.setattr(past, "_heard", plant)


def show_the_past(patch: pytest.MonkeyPatch) -> None:
    """What was said before is shown, whoever has said it."""
    patch.setattr("server.commands.history.is_hidden", lambda member, event: False)


def replay_the_past(patch: pytest.MonkeyPatch) -> None:
    """Whoever goes into a room is shown what was said there, whoever has said it."""
    patch.setattr(past, "is_hidden", lambda member, event: False)


def tell_the_author(patch: pytest.MonkeyPatch) -> None:
    """Whoever is ignored gets another receipt."""
    _send(patch, lambda author, event, told: NOT_ONLINE)


def tell_the_author_nothing(patch: pytest.MonkeyPatch) -> None:
    """A program that is ignored is not told of its private words."""
    _send(patch, lambda author, event, told: DONE)


def answer_nobody_who_is_ignored(patch: pytest.MonkeyPatch) -> None:
    """Whoever is ignored is not told that somebody is away."""
    take_note = people.take_note

    def plant(room: Room, author: Member, receiver: Any, word: Whispered, told: Told) -> None:
        if receiver.kept is author.kept or not receiver.kept.hides(word):
            take_note(room, author, receiver, word, told)

    patch.setattr(people, "take_note", plant)


def _send(patch: pytest.MonkeyPatch, refuse: Callable[[Member, Whispered, Told], Done]) -> None:
    """Let words of whoever is ignored have this receipt, and nothing else."""
    send = private_words.send

    def plant(room: Room, author: Member, key: str, event: Whispered, told: Told) -> Done:
        receiver = room.find(key)
        event.addr = author.addr
        if receiver and receiver.kept is not author.kept and receiver.kept.hides(event):
            event.to = receiver.name
            return refuse(author, event, told)
        return send(room, author, key, event, told)

    patch.setattr(basic, "send", plant)
    patch.setattr(people, "send", plant)


def quiet_nobody(patch: pytest.MonkeyPatch) -> None:
    """Who comes and who leaves is told all the same."""
    patch.setattr(Quiet, "hides", lambda self, event: False)


def quiet_comings_alone(patch: pytest.MonkeyPatch) -> None:
    """Who goes into another room is told all the same."""
    _hide_if(patch, Quiet, lambda self, event: isinstance(event, Joined | Left))


def quiet_names_too(patch: pytest.MonkeyPatch) -> None:
    """Whoever is quiet is not told of new names."""
    patch.setattr(Quiet, "hides", lambda self, event: self.is_quiet and not event.is_talk and not event.is_private)


def quiet_everybody(patch: pytest.MonkeyPatch) -> None:
    """Whoever is quiet hears nothing."""
    patch.setattr(Quiet, "hides", lambda self, event: self.is_quiet)


def answer_each_word(patch: pytest.MonkeyPatch) -> None:
    """Somebody who is away answers each word."""
    take_note = people.take_note

    def plant(room: Room, author: Member, receiver: Any, word: Whispered, told: Told) -> None:
        if absence := receiver.kept.find(Absence):
            absence.answered.clear()
        take_note(room, author, receiver, word, told)

    patch.setattr(people, "take_note", plant)


def answer_the_first_alone(patch: pytest.MonkeyPatch) -> None:
    """Somebody who is away answers one sender, and nobody else."""
    take_note = people.take_note

    def plant(room: Room, author: Member, receiver: Any, word: Whispered, told: Told) -> None:
        absence = receiver.kept.find(Absence)
        if not (absence and absence.answered):
            take_note(room, author, receiver, word, told)

    patch.setattr(people, "take_note", plant)


def stay_away(patch: pytest.MonkeyPatch) -> None:
    """Whoever types again is still away."""
    patch.setattr(people, "come_back", lambda room, member, line, told: None)


def forget_whom_they_ignore_at_a_restart(patch: pytest.MonkeyPatch) -> None:
    """A history has nothing of it."""
    patch.setattr(Ignored, "dump", lambda self: None)


def forget_who_is_quiet_at_a_restart(patch: pytest.MonkeyPatch) -> None:
    """A history has nothing of it."""
    patch.setattr(Quiet, "dump", lambda self: None)


def remember_too_late(patch: pytest.MonkeyPatch) -> None:
    """What a history has is read when the program asks for it."""
    patch.setattr(COMMANDS, "furnishers", [people.furnish, rooms.furnish])


def _hide_if(patch: pytest.MonkeyPatch, kind: Any, is_so: Callable[[Any, Placed], bool]) -> None:
    """Let something be hidden only if this is so, too."""
    hides = kind.hides
    patch.setattr(kind, "hides", lambda self, event: hides(self, event) and is_so(self, event))


WISH_PLANTS: list[Plant] = [
    ignore_nobody,
    ignore_talk_alone,
    ignore_private_words_alone,
    ignore_the_name_alone,
    ignore_the_name_of_a_private_word_alone,
    ignore_the_address_alone,
    ignore_all_that_they_do,
    ignore_everybody,
    ignore_the_last_alone,
    ignore_for_ever,
    list_nobody,
    hide_from_all,
    hide_from_the_author,
    hide_in_the_first_room,
    forget_whom_they_ignore,
    tell_what_was_missed_of_them,
    report_them_as_gaps,
    show_the_past,
    replay_the_past,
    tell_the_author,
    tell_the_author_nothing,
    answer_nobody_who_is_ignored,
    quiet_nobody,
    quiet_comings_alone,
    quiet_names_too,
    quiet_everybody,
    answer_each_word,
    answer_the_first_alone,
    stay_away,
    forget_whom_they_ignore_at_a_restart,
    forget_who_is_quiet_at_a_restart,
    remember_too_late,
]
