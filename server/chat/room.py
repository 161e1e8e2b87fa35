"""The room: who is online, and under which name. It is a state machine over one log of entries.

Pure. The same entries in the same order always give the same room, and its members are told the same. So names need no
lock against two who want the same one: the log decides who asked first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from .archive import Archive, NoArchive
from .events import Users
from .memory import Memory
from .names import fold
from .sessions import Session, Sessions
from .told import Told

NOBODY = 0  # the number of no member
MOST_LISTED = 200  # users in one object, so that a program need not take a line of any length


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
class Member:
    """Somebody who is online. The name is the address until the first rename. Go: User.Name, User.Addr"""

    number: int
    addr: str
    name: str
    key: str  # the folded name, under which it is unique
    session: Session | None = None  # only programs have one


@dataclass(slots=True)
class Room:
    """Everyone who is online. Whoever calls these methods holds the map lock. Go: Server.OnlineMap"""

    members: dict[int, Member] = field(default_factory=dict)  # by number
    online_map: dict[str, Member] = field(default_factory=dict)  # by folded name
    closed: bool = False
    sessions: Sessions = field(default_factory=Sessions)
    memory: Memory = field(default_factory=Memory, compare=False)
    archive: Archive = field(default_factory=NoArchive, compare=False)  # what is older than the memory
    replay: int = 0  # how many lines of talk a newcomer is shown
    _users: list[Users] | None = field(default=None, compare=False)  # the answer to `who`, until something changes

    def apply(self, entries: Iterable[Entry]) -> Told:
        """Apply entries in their order, and return what each member is told by them."""
        self.memory.trim()
        told = Told(self.memory)
        for entry in entries:
            entry.apply(self, told)
        told.sessions, self.sessions.changed = self.sessions.changed, {}
        told.settle()
        return told

    def users(self) -> Sequence[Users]:
        """Return who is online, in lists of MOST_LISTED. Everyone who asks before something changes gets the same."""
        if self._users is None:
            users = [(member.addr, member.name) for member in self.online_map.values()]
            self._users = [Users(users[start : start + MOST_LISTED]) for start in range(0, len(users), MOST_LISTED)]
        return self._users

    def is_free(self, key: str) -> bool:
        """Return whether nobody has a name, and no session keeps it."""
        return key not in self.online_map and key not in self.sessions.names

    def add(self, number: int, addr: str, name: str = "") -> Member:
        """Add a member. Without a `name`, which must be free, it is the address. Go: the OnlineMap half of User.Online"""
        name = name or addr
        member = self.members[number] = Member(number, addr, name, fold(name))
        self.online_map[member.key] = member
        self._users = None
        return member

    def remove(self, number: int) -> Member | None:
        """Remove a member, which frees its name. Return None if it has gone before.

        Go: the OnlineMap half of User.Offline
        """
        member = self.members.pop(number, None)
        if member is not None:
            self._free_name(member)
            self._users = None
        return member

    def rename(self, member: Member, name: str, key: str) -> bool:
        """Give a member another name. Return False if somebody else has it."""
        if self.online_map.get(key, member) is not member or key in self.sessions.names:
            return False
        self._free_name(member)
        member.name, member.key = name, key
        if member.session:
            member.session.name, member.session.key = name, key
        self._users = None
        self.online_map[key] = member
        return True

    def close(self) -> None:
        """Remove everyone. Nobody can come in any more."""
        self.closed = True
        self._users = None
        self.members.clear()
        self.online_map.clear()

    def _free_name(self, member: Member) -> None:
        # After a reset, the same address may be back already, and then the name is the newcomer's.
        if self.online_map.get(member.key) is member:
            del self.online_map[member.key]
