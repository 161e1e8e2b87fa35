"""`/last`, `/search` and the replay for newcomers, by value."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from server.chat.archive import Gap, Restored
from server.chat.entries import Join
from server.chat.events import Notice, Said
from server.chat.kinds import LOBBY, Placed
from server.chat.memory import Memory
from server.chat.past import Past
from server.chat.restoring import open_room
from server.chat.room import Room

from ...support.chatting import NOW, Chat

CLOCK = time.strftime("%H:%M:%S", time.localtime(NOW))


class Shelf:
    """An archive of events that somebody has put there."""

    def __init__(self, *events: Placed) -> None:
        self.events: list[Placed] = list(events)
        self.asked: list[tuple[str, int, int]] = []

    @property
    def stored(self) -> int:
        return self.events[-1].at if self.events else 0

    def between(self, after: int, until: int) -> Iterator[Placed | Gap]:
        yield from (event for event in self.events if after < event.at <= until)

    def last(self, count: int, until: int, room: str = LOBBY) -> Sequence[Placed]:
        return [event for event in self.events if event.at <= until and event.room == room][-count:]

    def search(self, words: str, count: int, until: int, room: str = LOBBY) -> Sequence[Placed]:
        self.asked.append((words, count, until))
        events = (event for event in self.events if event.at <= until)
        return [event for event in events if isinstance(event, Said) and words in event.text][-count:]


def said(at: int, text: str) -> Said:
    event = Said(NOW - 1, "old", "o:1", text)
    event.at = at
    return event


def test_last_shows_what_was_said_last(chat: Chat) -> None:
    """Oldest first, the line of a moment ago too; who came and went is left out."""
    chat.say(1, "one", "/me waves", "rename carol", "/last 2", "two")
    assert chat.read(2)[-1] == "[a:1]carol:two"
    assert chat.read(1)[6:9] == [f"{CLOCK} [a:1]alice:one", f"{CLOCK} [a:1]alice * waves", "I'm live"]


def test_last_shows_twenty_lines_by_default_and_200_at_most(chat: Chat) -> None:
    """More are refused, as is whatever is no number."""
    chat.say(1, *(f"m{number}" for number in range(250)))
    chat.read(1)
    chat.say(1, "/last")
    assert chat.read(1) == [*(f"{CLOCK} [a:1]alice:m{number}" for number in range(230, 250)), "I'm live"]
    chat.say(1, "/last 200")
    assert len(chat.read(1)) == 201
    for line in ("/last 201", "/last 0", "/last x", "/last 1 2 3", "/last ²", "/last -1", f"/last 1 {10**18}"):
        chat.say(1, line)
        assert chat.read(1) == ["消息格式不正确，请使用 [/last [行数]] 格式，行数为 1 到 200", "I'm live"]


def test_nobody_has_said_anything(chat: Chat) -> None:
    """The answers say so."""
    chat.say(1, "/last", "/search x")
    assert chat.read(1) == ["还没有消息", "I'm live", "没有找到", "I'm live"]


def test_the_date_stands_in_front_if_it_is_not_todays() -> None:
    """The time is local time."""
    day = 24 * 3600
    event = said(1, "x")
    event.time = NOW - day
    date = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(NOW - day))
    assert Past(event, NOW).line() == f"{date} [o:1]old:x"
    assert Past(event, NOW - day).line() == f"{date[11:]} [o:1]old:x"


def test_search_finds_lines_with_all_the_words(chat: Chat) -> None:
    """The newest twenty, oldest first; words of one Chinese character and more, inside sentences."""
    chat.say(1, "我们在公园门口见", "公交车晚点了", "see you in the Park", "/me 去公园")
    chat.say(2, *(f"again {number}" for number in range(30)))
    chat.read(1)
    for words, found in {
        "公园": ["alice:我们在公园门口见", "alice * 去公园"],
        "见 园": ["alice:我们在公园门口见"],
        "公": ["alice:我们在公园门口见", "alice:公交车晚点了", "alice * 去公园"],
        "park": ["alice:see you in the Park"],
        "again": [f"bob:again {number}" for number in range(10, 30)],
    }.items():
        chat.say(1, f"/search {words}")
        assert [line.partition("]")[2] or line for line in chat.read(1)] == [*found, "I'm live"]
    chat.say(1, "/search", "/search  ")
    assert chat.read(1) == ["消息格式不正确，请使用 [/search 词] 格式", "I'm live"] * 2


def test_private_words_are_not_found(chat: Chat) -> None:
    """Neither by whom they were for, nor by anybody else."""
    chat.open(3, "c:3", "/json carol")
    chat.say(1, "to carol secret")
    chat.say(3, "/search secret", "/last")
    assert [event.line() for event in chat.values(3)][-4:] == ["没有找到", "", "还没有消息", ""]


def test_a_search_looks_into_the_archive_for_what_it_has_stored() -> None:
    """What is remembered and not yet stored comes after that. The search runs when its answer is sent."""
    shelf = Shelf(said(5, "x old"), said(6, "y"))
    chat = Chat(open_room(10, shelf, Restored(end=6, forgotten=0, events=list(shelf.events)), remember=100, replay=0))
    chat.join(1, "a:1", "alice")
    chat.say(1, "x new", "/search x")
    assert shelf.asked == []
    assert [line.partition("]")[2] for line in chat.read(1)][2:4] == ["old:x old", "alice:x new"]
    assert shelf.asked == [("x", 19, 6)]


def test_a_program_is_told_the_values_of_the_past(chat: Chat) -> None:
    """A notice with the text that a person reads, and with what it was made of."""
    chat.open(3, "c:3", "/json carol")
    chat.say(3, "hi", "/last")
    past = chat.values(3)[-2]
    assert isinstance(past, Past)
    assert (past.type, past.shown, past.text) == ("notice", ("text", "past"), f"{CLOCK} [c:3]carol:hi")


@pytest.mark.parametrize("opening", ["", "/json"])
def test_a_newcomer_is_shown_the_last_lines(opening: str) -> None:
    """Between two notices, and without joins and leaves. Whoever comes back to a session has heard them."""
    chat = Chat(Room(replay=2))
    chat.join(1, "a:1", "alice")
    if opening:
        hello = chat.open(3, "c:3", opening)
        assert len(chat.values(3)) == 1
    chat.say(1, "one", "two", "three")
    if opening:
        chat.leave(3)
        chat.open(4, "c:4", f"/resume {hello.session} {chat.room.memory.end}")
        assert len(chat.values(4)) == 1
        chat.open(2, "b:2", opening)
    else:
        chat.apply(Join(2, NOW, "b:2"))
    joined, before, *past, after = (event.line() for event in chat.values(2))
    assert joined == "[b:2]b:2:已上线"
    assert (before, after) == ("以下是最近的 2 条消息", "以上是之前的消息")
    assert past == [f"{CLOCK} [a:1]alice:two", f"{CLOCK} [a:1]alice:three"]


def test_without_talk_a_newcomer_is_shown_nothing() -> None:
    """There is no notice of nothing."""
    chat = Chat(Room(replay=5))
    chat.apply(Join(2, NOW, "b:2"))
    assert not any(isinstance(event, Notice) for event in chat.values(2))


def before(chat: Chat, count: int, at: int) -> list[str]:
    """Return what member 1 is told about the last lines before a place."""
    chat.read(1)
    chat.say(1, f"/last {count} {at}")
    return [line.partition("]")[2] or line for line in chat.read(1)]


def test_what_was_said_last_before_a_place(chat: Chat) -> None:
    """Oldest line first, without the line at that place, and without who came and went."""
    chat.say(1, "one", "/me waves", "rename carol", "two", "three")
    two = chat.room.memory.end - 1
    assert before(chat, 2, two) == ["alice:one", "alice * waves", "I'm live"]
    assert before(chat, 1, two + 1) == ["carol:two", "I'm live"]
    assert before(chat, 200, 10**18 - 1)[-3:] == ["carol:two", "carol:three", "I'm live"]
    assert before(chat, 5, 1) == ["还没有消息", "I'm live"]


def test_what_the_archive_knows_comes_before_what_is_remembered() -> None:
    """The archive is asked for what it has stored, and for no more than is missing."""
    shelf = Shelf(*(said(at, f"m{at}") for at in range(1, 7)))
    chat = Chat(open_room(10, shelf, Restored(end=6, forgotten=6), remember=100, replay=0))
    chat.join(1, "a:1", "alice")
    chat.say(1, "new")
    end = chat.room.memory.end
    assert before(chat, 3, end + 1) == ["old:m5", "old:m6", "alice:new", "I'm live"]
    assert before(chat, 3, 5) == ["old:m2", "old:m3", "old:m4", "I'm live"]
    assert before(chat, 1, end + 1) == ["alice:new", "I'm live"]
    assert before(chat, 9, 1) == ["还没有消息", "I'm live"]


def past(chat: Chat, number: int, line: str) -> list[str]:
    """Return what a member is told of the past for a line."""
    chat.read(number)
    chat.say(number, line)
    return [line.partition("]")[2] for line in chat.read(number) if line[0].isdecimal()]


def test_whoever_is_ignored_is_not_in_the_past() -> None:
    """Neither among the last lines, nor among those that are found, nor in the replay of a room. Nor are they counted."""
    chat = Chat(Room(replay=2))
    chat.join(1, "a:1", "alice")
    chat.join(2, "b:2", "bob")
    for room in ("/leave", "/join go"):
        chat.say(1, room)
        chat.say(2, room, "rename bob")
        chat.say(1, "x one", "x two")
        chat.say(2, "x three", "rename robert", "x four")
        chat.say(1, "/ignore bob", "/ignore robert")
        for line in ("/last 2", f"/last 2 {chat.room.memory.end + 1}", "/search x"):
            assert past(chat, 1, line) == ["alice:x one", "alice:x two"]
            assert past(chat, 2, line)[-1] == "robert:x four"
        chat.say(1, "/unignore bob", "/unignore robert")
    chat.say(1, "/leave", "/ignore robert")
    assert past(chat, 1, "/join go") == ["alice:x one", "alice:x two"]


def test_what_one_has_said_oneself_is_in_the_past(chat: Chat) -> None:
    """Also under a name that one ignores, because it was somebody else's."""
    chat.open(3, "c:3", "/json carol")
    chat.say(1, "/ignore bob")
    chat.say(3, "/ignore bob")
    chat.leave(2)
    chat.say(1, "rename bob", "mine")
    assert past(chat, 1, "/last") == ["bob:mine"]
    chat.say(1, "rename alice")
    chat.say(3, "rename bob", "mine as well", "/last", "/search mine")
    heard = [event for event in chat.values(3) if isinstance(event, Past)]
    assert [event.line().partition("]")[2] for event in heard] == ["bob:mine as well"] * 2


@pytest.mark.parametrize(("line", "reach"), [(f"/last 10 {10**9}", 30), ("/search x", 60)])
def test_the_archive_is_asked_again_for_what_is_hidden(line: str, reach: int) -> None:
    """Three times, and no more."""
    shelf = Shelf(*(said(at, f"x {at}") for at in range(1, 101)))
    for at in (101 - reach, 100 - reach):
        shelf.events[at - 1] = replace(said(at, f"x {at}"), name="other", addr="p:1")
        shelf.events[at - 1].at = at
    chat = Chat(open_room(100, shelf, Restored(end=100, forgotten=100), remember=100, replay=0))
    chat.join(1, "a:1", "alice")
    chat.join(2, "b:2", "old")
    chat.say(1, "/ignore old")
    assert past(chat, 1, line) == [f"other:x {101 - reach}"]


def test_talk_that_is_kept_longer_than_its_events_is_found() -> None:
    """Also where nothing else is remembered, and there is no archive."""
    chat = Chat(Room(memory=Memory(most=8)))
    chat.join(1, "a:1", "alice")
    for number in range(30):
        chat.say(1, f"m{number}")
    first = chat.room.memory.since(0)[0]
    assert isinstance(first, Said)
    number = int(first.text.removeprefix("m"))
    assert number > 2
    assert before(chat, 4, first.at + 2)[:-1] == [f"alice:m{number + step}" for step in range(-2, 2)]
