"""`/help` and `/quit`."""

from __future__ import annotations

from dataclasses import dataclass

from ..chat.entries import Alive, Leave, Line
from ..chat.events import DONE, Done, Notice
from ..chat.room import Entry, Member, Room
from ..chat.told import Told
from .registry import Command, Request


@dataclass(slots=True)
class Help(Line):
    """The question what can be typed."""

    text: str

    def act(self, room: Room, member: Member, told: Told) -> Done:
        """Tell the asker."""
        told.tell_one(self.number, Notice(self.text))
        return DONE


@dataclass(slots=True)
class Quit(Leave):
    """The wish to leave. It is a line, so it has a receipt."""

    def apply(self, room: Room, told: Told) -> None:
        """Give the receipt, then leave as everyone does."""
        Alive(self.number, self.time).apply(room, told)
        Leave.apply(self, room, told)


def parse_help(request: Request) -> Entry:
    """`/help`, alone on its line."""
    return Help(request.number, request.time, request.registry.help)


def parse_quit(request: Request) -> Entry:
    """`/quit`, alone on its line."""
    return Quit(request.number, request.time, "quit")


COMMANDS = [
    Command("help", "help", "显示本帮助", parse_help, alone=True),
    Command("quit", "quit", "退出", parse_quit, alone=True),
]
