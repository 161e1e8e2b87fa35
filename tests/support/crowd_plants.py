"""Bugs that are planted into a server. Each is found by the rule whose name stands beside it, and perhaps by others."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from server.accounts.passwords import Passwords
from server.accounts.store import Store
from server.chat import announcing, bans, kept_words, logins, order
from server.chat.copies import Copies
from server.chat.entries import Heard, Line, Say
from server.chat.events import Bye, Done, Joined, Left, Notice, Said
from server.chat.hiding import Hiding
from server.chat.kept import Keeping
from server.chat.kinds import LOBBY, Event, Placed
from server.chat.moves import Entered
from server.chat.owners import Word
from server.chat.room import Entry, Member, Room
from server.chat.told import Told
from server.commands import accounts, ignore, people
from server.commands.me import Emoted

Plant = Callable[[pytest.MonkeyPatch], None]


def mute_nobody(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(order, "silence", lambda *_: None)


def mute_the_name_alone(patch: pytest.MonkeyPatch) -> None:
    """Another name helps."""

    def silence(room: Room, member: Member, line: Entry) -> Done | None:
        is_muted = isinstance(line, Heard) and member.key in room.of(order.Order).mutes
        return order.MUTED if is_muted else None

    patch.setattr(order, "silence", silence)


def say_what_is_refused(patch: pytest.MonkeyPatch) -> None:
    def apply(line: Say, room: Room, told: Told) -> None:
        member = room.members.get(line.number)
        if member and order.silence(room, member, line):
            line.act(room, member, told)
        Line.apply(line, room, told)

    patch.setattr(Say, "apply", apply)


def tell_more_after_the_goodbye(patch: pytest.MonkeyPatch) -> None:
    real = order.Kicked.apply

    def apply(kicked: order.Kicked, room: Room, told: Told) -> None:
        real(kicked, room, told)
        copy = told.copies[kicked.number]
        assert copy.end is not None
        copy.insertions.append((copy.end, copy.end, Notice("one more thing")))

    patch.setattr(order.Kicked, "apply", apply)


def give_no_reason(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(order, "farewell", lambda text, reason: text)


def remove_silently(patch: pytest.MonkeyPatch) -> None:
    """Nobody is told that somebody was removed from a room."""

    def apply(kicked: order.Kicked, room: Room, told: Told) -> None:
        told.tell_one(kicked.number, Bye(kicked.why, kicked.farewell))
        told.end(kicked.number, evict=True)
        room.remove(kicked.number)

    patch.setattr(order.Kicked, "apply", apply)


def ban_nobody(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(bans, "claim", lambda *_: None)


def announce_in_the_lobby(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Told, "tell_all_rooms", lambda told, event: told.parts[LOBBY].append(event))


def announce_twice(patch: pytest.MonkeyPatch) -> None:
    real = Told.tell_all_rooms

    def tell_all_rooms(told: Told, event: Event) -> None:
        for _ in range(1 + isinstance(event, announcing.Announced)):
            real(told, event)

    patch.setattr(Told, "tell_all_rooms", tell_all_rooms)


def tell_the_lobby_too(patch: pytest.MonkeyPatch) -> None:
    real = Told.tell_everyone

    def tell_everyone(told: Told, event: Placed, author: Member | None = None) -> None:
        real(told, event, author)
        if event.is_talk and event.room != LOBBY:
            told.parts[LOBBY].append(event)

    patch.setattr(Told, "tell_everyone", tell_everyone)


def hide_from_the_whole_room(patch: pytest.MonkeyPatch) -> None:
    """What somebody does not want to hear, nobody in the room hears."""

    def hide(copies: Copies, event: Placed, hiding: Hiding, author: Member | None) -> None:
        if hiding.numbers(event):
            for number, member in copies._members.items():
                if member.room == event.room and (author is None or number != author.number):
                    copies.of(number).tell_instead(None)

    patch.setattr(Copies, "hide", hide)


def give_registered_names_away(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(accounts, "_claim", lambda *_: None)


def believe_every_password(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Passwords, "is_right", lambda passwords, password, kept: kept is not None)


def ignore_the_name_alone(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ignore.Ignored, "_change", lambda ignored, people: setattr(ignored, "people", people))


def ignore_talk_alone(patch: pytest.MonkeyPatch) -> None:
    real = ignore.Ignored.hides
    patch.setattr(ignore.Ignored, "hides", lambda ignored, event: isinstance(event, Said) and real(ignored, event))


def ignore_everybody(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ignore.Ignored, "hides", lambda ignored, event: event.is_talk and bool(ignored.people))


def show_the_quiet_who_leaves(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ignore.Quiet, "hides", lambda quiet, event: quiet.is_quiet and isinstance(event, Joined))


def hide_more_from_the_quiet(patch: pytest.MonkeyPatch) -> None:
    kinds = (Joined, Left, Entered, Emoted)
    patch.setattr(ignore.Quiet, "hides", lambda quiet, event: quiet.is_quiet and isinstance(event, kinds))


def answer_again_for_the_away(patch: pytest.MonkeyPatch) -> None:
    real = people.take_note

    def take_note(room: Room, author: Member, receiver: Keeping, *rest: object) -> None:
        real(room, author, receiver, *rest)  # type: ignore[arg-type]
        receiver.of(people.Absence).answered.clear()

    patch.setattr(people, "take_note", take_note)


def deliver_twice(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Store, "delivered", lambda *_: None)


def deliver_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(logins, "deliver", lambda *_: 0)


def deliver_the_newest_first(patch: pytest.MonkeyPatch) -> None:
    def deliver(member: Member, words: Sequence[Word], now: float, told: Told) -> int:
        return kept_words.deliver(member, list(reversed(words)), now, told)

    patch.setattr(logins, "deliver", deliver)


def confirm_too_early(patch: pytest.MonkeyPatch) -> None:
    """The receipt comes before what the line causes, too."""
    real = Say.act

    def act(line: Say, room: Room, member: Member, told: Told) -> Done:
        told.tell_one(line.number, Done())
        return real(line, room, member, told)

    patch.setattr(Say, "act", act)


PLANTS: dict[Plant, str] = {
    confirm_too_early: "authors_hear_themselves",
    mute_nobody: "muted_lines_are_refused",
    mute_the_name_alone: "muted_lines_are_refused",
    say_what_is_refused: "refused_lines_reach_nobody",
    tell_more_after_the_goodbye: "whoever_is_removed_hears_why",
    give_no_reason: "whoever_is_removed_hears_why",
    remove_silently: "whoever_is_removed_hears_why",
    ban_nobody: "banned_names_are_nobodys",
    announce_in_the_lobby: "announcements_reach_everyone",
    announce_twice: "announcements_reach_everyone",
    tell_the_lobby_too: "a_room_hears_its_lines",
    hide_from_the_whole_room: "a_room_hears_its_lines",
    ignore_everybody: "a_room_hears_its_lines",
    hide_more_from_the_quiet: "a_room_hears_its_lines",
    give_registered_names_away: "registered_names_are_their_owners",
    believe_every_password: "wrong_passwords_are_refused",
    ignore_the_name_alone: "ignored_users_are_not_heard",
    ignore_talk_alone: "ignored_users_are_not_heard",
    show_the_quiet_who_leaves: "the_quiet_see_nobody_come_or_go",
    answer_again_for_the_away: "whoever_is_away_answers_once",
    deliver_twice: "kept_words_come_once",
    deliver_nothing: "kept_words_come",
    deliver_the_newest_first: "kept_words_come_in_order",
}
