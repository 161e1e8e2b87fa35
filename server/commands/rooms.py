"""`/join`, `/leave` and `/rooms`. Everyone begins in the lobby, and is in one room at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import ClassVar

from ..chat import names, texts
from ..chat.entries import Line
from ..chat.events import DONE, Done
from ..chat.kept import Keeping
from ..chat.kinds import LOBBY, Event
from ..chat.moves import go, shown
from ..chat.past import replay
from ..chat.room import Entry, Member, Room
from ..chat.told import Told
from .registry import Command, Request

MOST_ROOMS = 1000  # besides the lobby; a room is there while somebody is in it
LOBBIES = frozenset(map(names.skeleton, [texts.LOBBY, "lobby"]))  # what looks so is the lobby, and no other room


@dataclass(slots=True)
class Rooms(Event):
    """Which rooms there are, and how many users each has. `number` is the line in which a program has asked."""

    type = "rooms"
    shown = ("number", "rooms")

    rooms: Sequence[tuple[str, int]]
    number: int | None = None
    text: str = field(default="", init=False, compare=False)

    def line(self) -> str:
        """Return a line `ROOM：N 人` for each room. It is made once for all who ask before something changes."""
        if not self.text:
            self.text = "\n".join(texts.ROOM_LISTED.format(shown(name), count) for name, count in self.rooms)
        return self.text


@dataclass(slots=True)
class GoTo(Line):
    """The wish to be in another room. Its name is folded, so that nobody makes another room of the same name."""

    cost: ClassVar[float] = 0.001

    name: str

    def act(self, room: Room, member: Member, told: Told) -> Done:
        """Go there, if that is another room, and show what was said there last."""
        if member.room == self.name:
            return DONE if self.name else Done(texts.IN_LOBBY, "in_lobby")
        if self.name != LOBBY and len(there := _rooms(room)) > MOST_ROOMS and self.name not in there:
            return Done(texts.TOO_MANY_ROOMS, "too_many_rooms")
        go(room, member, self.name, self.time, told)
        replay(room, self.number, self.time, told, self.name)
        return DONE


@dataclass(slots=True)
class ListRooms(Line):
    """The question which rooms there are."""

    cost: ClassVar[float] = 0.002

    def act(self, room: Room, member: Member, told: Told) -> Done:
        """Tell the asker: the lobby, then the fullest rooms first."""
        made = room.lists.get(Rooms, partial(_list, room))
        told.tell_one(self.number, Rooms(made.rooms, member.session.line) if member.session else made)
        return DONE


def describe(_: Room, who: Keeping, now: float) -> str:
    """Return in which room somebody is, if it is not the lobby."""
    return texts.IN_ROOM.format(who.name, who.room) if isinstance(who, Member) and who.room else ""


def furnish(room: Room) -> None:
    """Let `/whois` know."""
    room.families.facts.append(describe)


def parse_join(request: Request) -> Entry:
    """`/join ROOM`: one word, perhaps with a `#` in front, as elsewhere."""
    words = request.rest.split(maxsplit=1)
    if len(words) != 1:
        return request.refuse()
    typed = words[0].removeprefix("#")
    if names.skeleton(typed) in LOBBIES:
        return GoTo(request.number, request.time, LOBBY)
    try:
        name = names.check(typed)
    except names.BadName as error:
        return request.refuse(f"{texts.ROOM_BAD}{error}", "room_bad")
    return GoTo(request.number, request.time, names.fold(name))


def parse_leave(request: Request) -> Entry:
    """`/leave`, alone on its line: back to the lobby."""
    return GoTo(request.number, request.time, LOBBY)


def parse_rooms(request: Request) -> Entry:
    """`/rooms`, alone on its line."""
    return ListRooms(request.number, request.time)


def _rooms(room: Room) -> Counter[str]:
    """Return how many members each room has in which there are any."""
    return Counter(member.room for member in room.members.values())


def _list(room: Room) -> Rooms:
    there = _rooms(room)
    lobby = (LOBBY, there.pop(LOBBY, 0))
    return Rooms([lobby, *sorted(there.items(), key=lambda one: (-one[1], one[0]))])


COMMANDS = [
    Command("join", "join 房间", "进入房间，没有则新建", parse_join),
    Command("leave", "leave", "离开房间，回到大厅", parse_leave, alone=True),
    Command("rooms", "rooms", "查看所有房间；/who all 查看其中的用户", parse_rooms, alone=True),
]
