"""What families keep of a person, of a program, and of the room."""

from __future__ import annotations

from typing import Any

import pytest

from server.chat.kept import Kept, Stored

from ...support.chatting import Chat


class Mood:
    """What a family may keep."""

    def __init__(self) -> None:
        self.text = "good"


class Score(Stored):
    """What a family may keep over a restart."""

    key = "score"

    def __init__(self) -> None:
        self.points = 0

    def dump(self) -> object:
        return {"points": self.points} if self.points else None

    def load(self, value: Any) -> None:
        self.points = int(value["points"])


def test_there_is_one_object_of_each_kind(chat: Chat) -> None:
    """Each member has its own, and the room has one."""
    alice, bob = chat.room.members[1], chat.room.members[2]
    assert alice.kept.find(Mood) is None
    alice.of(Mood).text = "bad"
    assert (alice.of(Mood).text, bob.of(Mood).text, chat.room.of(Mood).text) == ("bad", "good", "good")
    assert alice.of(Score) is alice.kept.find(Score)


def test_what_is_kept_of_a_person_ends_with_the_connection(chat: Chat) -> None:
    """The next one from the same address begins anew."""
    chat.room.members[1].of(Mood).text = "bad"
    chat.leave(1)
    chat.join(3, "a:1", "alice")
    assert chat.room.members[3].of(Mood).text == "good"


def test_what_is_kept_of_a_program_is_the_same_over_all_its_connections(chat: Chat) -> None:
    """Also what was kept before it asked for values, and while it has no connection."""
    mood = chat.room.members[1].of(Mood)
    chat.say(1, "/json")
    (session,) = chat.room.sessions.by_digest.values()
    token = session.token
    chat.leave(1)
    assert session.of(Mood) is mood
    chat.open(3, "a:3", f"/resume {token} {chat.room.memory.end}")
    assert chat.room.members[3].of(Mood) is mood


def test_a_late_resume_and_an_unknown_session(chat: Chat) -> None:
    """Whoever takes a session up has what is kept of that. Whoever is given a new one takes along what it has."""
    hello = chat.open(3, "c:3", "/json carol")
    mood = chat.room.members[3].of(Mood)
    chat.leave(3)
    mine = chat.room.members[1].of(Mood)
    chat.say(1, "/resume nothing 5")
    session = chat.room.members[1].session
    assert session
    assert chat.room.members[1].of(Mood) is session.of(Mood) is mine
    chat.say(1, f"/resume {hello.session} 5")
    assert chat.room.members[1].of(Mood) is mood


def test_what_is_stored_comes_back() -> None:
    """It is JSON. What nobody asks for stays, and what does not say that it is to be stored is not."""
    kept = Kept()
    assert kept.dump() == ""
    kept.of(Mood)
    kept.of(Score)
    assert kept.dump() == ""
    kept.of(Score).points = 3
    assert kept.dump() == '{"score": {"points": 3}}'
    assert Kept(kept.dump()).dump() == kept.dump()
    again = Kept(kept.dump()).find(Score)
    assert again
    assert again.points == 3


@pytest.mark.parametrize("stored", ['{"score": {}}', '{"score": 3}', '{"score": {"points": "x"}}'])
def test_what_another_version_has_stored_is_left_out(stored: str) -> None:
    """It is as if nothing had been stored."""
    assert Kept(stored).of(Score).points == 0


@pytest.mark.parametrize("stored", ["", '{"score": {"poi', "[1]", "7", "null", "\ufffd", "[" * 100_000])
def test_what_is_damaged_is_lost_and_nothing_else(stored: str) -> None:
    """The server starts, and keeps what comes from then on."""
    kept = Kept(stored)
    assert kept.find(Score) is None
    assert kept.dump() == ""
    kept.of(Score).points = 3
    assert Kept(kept.dump()).of(Score).points == 3
