"""The room: who is online, and under which name. It is a state machine over one log of entries.

Pure. The same entries in the same order always give the same room, and its members are told the same. So names need no
lock against two who want the same one: the log decides who asked first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import ClassVar

from .archive import Archive, NoArchive
from .events import Done
from .families import TAKEN, Families
from .kept import Keeping, Kept
from .kinds import LOBBY
from .lists import Lists
from .memory import Memory
from .names import fold
from .sessions import Session, Sessions
from .told import Told

NOBODY = 0  # the number of no member


@dataclass(slots=True)
class Entry:
    """What one member wants, at its place in the log. `number` is the member's, `time` is seconds since 1970."""

    asks_for_name: ClassVar[bool] = False  # whether the member wants another name, which cannot be done all the time
    cost: ClassVar[float] = 0.0  # seconds of processor time that it takes outside the handler's thread

    number: int
    time: float

    def apply(self, room: Room, told: Told) -> None:
        """Change the room, and tell the members what this entry causes."""
        raise NotImplementedError


@dataclass(slots=True)
class Member(Keeping):
    """Somebody who is online. The name is the address until the first rename. Go: User.Name, User.Addr"""

    number: int
    addr: str
    name: str
    key: str  # the folded name, under which it is unique
    session: Session | None = None  # only programs have one
    since: float = 0.0  # when it came, in seconds since 1970
    room: str = LOBBY  # the name of the one in which it is
    spoke: float = 0.0  # when its last line came, heartbeats not counted
    kept: Kept = field(default_factory=Kept, compare=False, repr=False)  # by families; a program's is its session's


@dataclass(slots=True)
class Room(Keeping):
    """Everyone who is online, in whatever room. Whoever calls these methods holds the map lock. Go: Server.OnlineMap"""

    members: dict[int, Member] = field(default_factory=dict)  # by number
    online_map: dict[str, Member] = field(default_factory=dict)  # by folded name
    closed: bool = False
    sessions: Sessions = field(default_factory=Sessions)
    memory: Memory = field(default_factory=Memory, compare=False)
    archive: Archive = field(default_factory=NoArchive, compare=False)  # what is older than the memory
    replay: int = 0  # how many lines of talk a newcomer is shown
    now: float = 0.0  # the time of the last entry, in seconds since 1970
    kept: Kept = field(default_factory=Kept, compare=False, repr=False)  # by families of commands
    families: Families[Room, Member, Entry] = field(default_factory=Families, compare=False, repr=False)
    lists: Lists = field(default_factory=Lists, compare=False, repr=False)  # the answers to `who`

    def apply(self, entries: Iterable[Entry]) -> Told:
        """Apply entries in their order, and return what each member is told by them."""
        self.memory.trim()
        told = Told(self.memory, self.members, self.families.hiding)
        for entry in entries:
            self.now = entry.time
            entry.apply(self, told)
        told.sessions, self.sessions.changed = self.sessions.changed, {}
        told.settle()
        return told

    def refusal(self, key: str, who: Member | None = None) -> Done | None:
        """Return why a member, or a newcomer, cannot have a folded name. None means that it is free for them."""
        is_free = self.online_map.get(key, who) is who and key not in self.sessions.names
        return self.families.claim(self, who, key) or (None if is_free else TAKEN)

    def find(self, key: str) -> Member | Session | None:
        """Return who has a folded name: a member, or the session of a program that is away for a moment."""
        return self.online_map.get(key) or self.sessions.names.get(key)

    def add(self, number: int, addr: str, time: float, name: str = "") -> Member:
        """Add a member. Without a `name`, which must be free, it is the address. Go: the OnlineMap half of User.Online"""
        name = name or addr
        member = self.members[number] = Member(number, addr, name, fold(name), since=time, spoke=time)
        self.online_map[member.key] = member
        self.lists.forget()
        return member

    def remove(self, number: int) -> None:
        """Remove a member, which frees its name. Go: the OnlineMap half of User.Offline"""
        member = self.members.pop(number)
        self._free_name(member)
        self.families.hiding.forget(member)
        self.lists.forget()

    def rename(self, member: Member, name: str, key: str) -> Done | None:
        """Give a member another name. Return why not if it cannot be had."""
        if refused := self.refusal(key, member):
            return refused
        self._free_name(member)
        member.name, member.key = name, key
        if member.session:
            member.session.name, member.session.key = name, key
        self.lists.forget()
        self.online_map[key] = member
        return None

    def close(self) -> None:
        """Remove everyone. Nobody can come in any more."""
        self.closed = True
        self.lists.forget()
        self.members.clear()
        self.online_map.clear()

    def _free_name(self, member: Member) -> None:
        # After a reset, the same address may be back already, and then the name is the newcomer's.
        if self.online_map.get(member.key) is member:
            del self.online_map[member.key]
