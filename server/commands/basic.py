"""The commands of the Go notes: `who`, `rename NEW` and `to NAME TEXT`. Go: User.DoMessage"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..chat import names, texts
from ..chat.entries import Heard, Line
from ..chat.events import DONE, Done, Users, Whispered
from ..chat.kinds import EVERYWHERE, Several
from ..chat.lists import users
from ..chat.private_words import send
from ..chat.renaming import rename
from ..chat.room import Entry, Member, Room
from ..chat.told import Told
from .registry import Command, Request


@dataclass(slots=True)
class Who(Line):
    """The question who is online. Go: who in User.DoMessage"""

    speaks: ClassVar[bool] = False  # a client may ask by itself

    everywhere: bool = False  # whether the other rooms count, too

    def act(self, room: Room, member: Member, told: Told) -> Done:
        """Tell the asker everyone who is in the same room, or online, at this point of the log."""
        where = EVERYWHERE if self.everywhere else member.room
        found = room.lists.get(("who", where), lambda: users(room.online_map.values(), where))
        if member.session:
            found = [Users(part.users, member.session.line) for part in found]
        told.tell_one(self.number, found[0] if len(found) == 1 else Several(found))
        return DONE


@dataclass(slots=True)
class Rename(Line):
    """The wish for another name. It has been checked against the rules; whether it is free, the log decides.

    Go: rename in User.DoMessage
    """

    asks_for_name: ClassVar[bool] = True

    name: str
    key: str

    def act(self, room: Room, member: Member, told: Told) -> Done:
        """Take the name, if nobody else has it: looking and taking are one step."""
        return rename(room, member, self.name, self.key, self.time, told, member) or Done(texts.RENAMED + self.name)


@dataclass(slots=True)
class Whisper(Heard):
    """A private word for the one whose folded name is `key`. Go: to in User.DoMessage"""

    key: str
    text: str

    def act(self, room: Room, member: Member, told: Told) -> Done:
        """Tell the one who has the name, and nobody else. A program that is away for a moment hears it later."""
        return send(room, member, self.key, Whispered(self.time, member.name, "", self.text), told)


def parse_who(request: Request) -> Entry:
    """`who`, alone on its line, or `/who all`."""
    return Who(request.number, request.time, everywhere=bool(request.rest.strip(" ")))


def parse_rename(request: Request) -> Entry:
    """`rename NEW`: one word. The look at the rules is dear, so it is done here and not under the map lock."""
    words = request.rest.split(maxsplit=1)
    if len(words) != 1:
        return request.refuse(texts.RENAME_FORMAT)
    try:
        name = names.check(words[0], request.registry.commands)
    except names.BadName as error:
        return request.refuse(f"{texts.NAME_BAD}{error}", "name_bad")
    return Rename(request.number, request.time, name, names.fold(name))


def parse_to(request: Request) -> Entry:
    """`to NAME TEXT`: the text is all the rest of the line, with its spaces."""
    name, _, text = request.rest.partition(request.separator)
    if not name or not text.strip(" "):
        return request.refuse(texts.TO_FORMAT)
    return Whisper(request.number, request.time, names.fold(name), text)


COMMANDS = [
    Command("who", "who", "查看在线用户", parse_who, plain=True, alone=True, after="all"),
    Command("rename", "rename 新名字", "修改用户名", parse_rename, plain=True),
    Command("to", "to 用户名 内容", "私聊", parse_to, plain=True),
]
