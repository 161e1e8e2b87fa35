"""`/last` and `/search`: what was said before."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from ..chat import texts
from ..chat.entries import Line
from ..chat.events import DONE, Done, Notice
from ..chat.kinds import LOBBY
from ..chat.memory import TALK
from ..chat.past import Earlier, Found, Past, is_hidden
from ..chat.room import Entry, Member, Room
from ..chat.told import Told
from .registry import Command, Request
from .sessions import MOST_DIGITS

FEW = 20  # lines


@dataclass(slots=True)
class Last(Line):
    """The question what was said last."""

    cost: ClassVar[float] = 0.002  # of a room, a history may have to be read

    count: int

    def act(self, room: Room, member: Member, told: Told) -> Done:
        """Tell the asker, oldest line first. Only of the lobby there are always as many lines in memory."""
        if member.room != LOBBY:
            return LastBefore(self.number, self.time, self.count, told.memory.end + 1).act(room, member, told)
        last = told.memory.last_talk(LOBBY, self.count, partial(is_hidden, member))
        talk = [Past(event, self.time) for event in last]
        told.tell_several(self.number, talk or [Notice(texts.NOTHING_YET)])
        return DONE


@dataclass(slots=True)
class LastBefore(Line):
    """The question what was said last before a place in the log."""

    speaks: ClassVar[bool] = False  # a client may ask by itself
    cost: ClassVar[float] = 0.005

    count: int
    before: int

    def act(self, room: Room, member: Member, told: Told) -> Done:
        """Tell the asker. A history is read outside the map lock, when the answer is about to be sent."""
        memory, archive = told.memory, room.archive
        recent = [*memory.older_talk(), *memory.since(archive.stored)]
        hides = partial(is_hidden, member)
        told.tell_one(self.number, Earlier(self.count, self.before, self.time, recent, archive, hides, member.room))
        return DONE


@dataclass(slots=True)
class Search(Line):
    """The question which lines hold all of the words."""

    cost: ClassVar[float] = 0.02

    words: str

    def act(self, room: Room, member: Member, told: Told) -> Done:
        """Tell the asker. The search itself runs outside the map lock, when its result is about to be sent."""
        memory, archive = told.memory, room.archive
        recent = memory.since(archive.stored)
        hides = partial(is_hidden, member)
        told.tell_one(self.number, Found(self.words, self.time, memory.end, recent, archive, hides, member.room))
        return DONE


def parse_last(request: Request) -> Entry:
    """`/last`, `/last N` or `/last N AT`."""
    words = request.rest.split() or [str(FEW)]
    if not all(word.isascii() and word.isdecimal() and len(word) <= MOST_DIGITS for word in words):
        return request.refuse(f"{request.form}，行数为 1 到 {TALK}")
    count, *before = map(int, words)
    if not 1 <= count <= TALK or len(before) > 1:
        return request.refuse(f"{request.form}，行数为 1 到 {TALK}")
    if before:
        return LastBefore(request.number, request.time, count, *before)
    return Last(request.number, request.time, count)


def parse_search(request: Request) -> Entry:
    """`/search WORDS`."""
    words = request.rest.strip()
    return Search(request.number, request.time, words) if words else request.refuse()


COMMANDS = [
    Command("last", "last [行数]", f"查看最近的消息，默认 {FEW} 行", parse_last),
    Command("search", "search 词", "查找说过的话", parse_search),
]
