"""`/me TEXT`: what somebody does, in the third person."""

from __future__ import annotations

from dataclasses import dataclass

from ..chat.entries import Heard
from ..chat.events import DONE, Done
from ..chat.kinds import Placed
from ..chat.room import Entry, Member, Room
from ..chat.told import Told
from .registry import Command, Request


@dataclass(slots=True)
class Emoted(Placed):
    """Somebody has done something."""

    type = "emote"
    shown = ("at", "time", "name", "addr", "room", "text")
    is_talk = True

    name: str
    addr: str
    text: str

    def line(self) -> str:
        """Return `[ADDR]NAME * TEXT`."""
        return f"[{self.addr}]{self.name} * {self.text}"


@dataclass(slots=True)
class Emote(Heard):
    """The wish that everyone reads what the member does."""

    text: str

    def act(self, room: Room, member: Member, told: Told) -> Done:
        """Tell everyone, the member too."""
        told.tell_everyone(Emoted(self.time, member.name, member.addr, self.text), member)
        return DONE


def parse_me(request: Request) -> Entry:
    """`/me TEXT`: the text is all the rest of the line, with its spaces."""
    if not request.rest.strip(" "):
        return request.refuse()
    return Emote(request.number, request.time, request.rest)


COMMANDS = [Command("me", "me 动作", "以第三人称说，例如 /me 挥了挥手", parse_me)]
