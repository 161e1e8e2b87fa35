"""`/last` and `/search`: what was said before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..chat.entries import Line
from ..chat.events import DONE, Done, Notice
from ..chat.memory import TALK
from ..chat.past import Found, Past
from ..chat.room import Entry, Member, Room
from ..chat.told import Told
from .registry import Command, Request

LAST_FORMAT = f"消息格式不正确，请使用 [/last n] 格式，n 为 1 到 {TALK}"
SEARCH_FORMAT = "消息格式不正确，请使用 [/search words] 格式"
NOTHING_YET = "还没有消息"
FEW = 20  # lines


@dataclass(slots=True)
class Last(Line):
    """The question what was said last."""

    count: int

    def act(self, room: Room, member: Member, told: Told) -> Done:
        """Tell the asker, oldest line first."""
        talk = [Past(event, self.time) for event in list(told.memory.talk)[-self.count :]]
        told.tell_several(self.number, talk or [Notice(NOTHING_YET)])
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
        told.tell_one(self.number, Found(self.words, self.time, memory.end, recent, archive))
        return DONE


def parse_last(request: Request) -> Entry:
    """`/last` or `/last N`."""
    count = request.rest.strip(" ") or str(FEW)
    if not (count.isascii() and count.isdecimal() and len(count) < 5 and 1 <= int(count) <= TALK):
        return request.refuse(LAST_FORMAT)
    return Last(request.number, request.time, int(count))


def parse_search(request: Request) -> Entry:
    """`/search WORDS`."""
    words = request.rest.strip()
    return Search(request.number, request.time, words) if words else request.refuse(SEARCH_FORMAT)


COMMANDS = [
    Command("last", "last [行数]", f"查看最近的消息，默认 {FEW} 行", parse_last),
    Command("search", "search 词", "查找说过的话", parse_search),
]
