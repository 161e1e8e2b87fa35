"""A room without sockets and threads, driven by the lines that its members type."""

from __future__ import annotations

from server import commands
from server.chat.entries import Close, Join, Leave, Opening
from server.chat.kinds import Event, Long
from server.chat.room import Entry, Room
from server.chat.told import Told
from server.commands.sessions import Hello

COMMANDS = commands.discover()
NOW = 1_000_000.0  # seconds since 1970; the room has no clock of its own


class Chat:
    """A room, and all that its members have been told so far."""

    def __init__(self, room: Room | None = None) -> None:
        self.room = COMMANDS.furnish(room or Room())
        self.heard: dict[int, list[Event]] = {}
        self._online: set[int] = set()

    def apply(self, *entries: Entry) -> Told:
        """Apply entries as one batch, and keep what each member is told."""
        told = self.room.apply(entries)
        for number in self._online | told.copies.keys():
            self.heard.setdefault(number, []).extend(told.heard_by(number))
        self._online = set(self.room.members)
        return told

    def join(self, number: int, addr: str, name: str = "") -> int:
        """Bring a member in, and give it a name. Forget what everyone has heard by then. Return the number."""
        self.apply(Join(number, NOW, addr))
        if name:
            self.say(number, f"rename {name}")
        for heard in self.heard.values():
            heard.clear()
        return number

    def open(self, number: int, addr: str, line: str) -> Hello:
        """Bring a program in, whose first line is an opening. Return the hello; what else it has heard stays."""
        opening = COMMANDS.parse(number, NOW, line)
        assert isinstance(opening, Opening)
        self.apply(Join(number, NOW, addr, opening))
        hello = self.heard[number].pop(0)
        assert isinstance(hello, Hello)
        return hello

    def values(self, number: int) -> list[Event]:
        """Return what a program has been told since the last call, long things in their parts."""
        heard, self.heard[number] = self.heard.get(number, []), []
        return [part for event in heard for part in (event.parts() if isinstance(event, Long) else [event])]

    def say(self, number: int, *lines: str) -> None:
        """Let a member type lines, and apply them as one batch."""
        self.apply(*(COMMANDS.parse(number, NOW, line) for line in lines))

    def leave(self, number: int, why: str = "lost", farewell: str = "") -> None:
        """Let a member leave."""
        self.apply(Leave(number, NOW, why, farewell))

    def close(self) -> None:
        """Stop the server."""
        self.apply(Close(0, NOW))

    def read(self, number: int) -> list[str]:
        """Return the lines that a text user has read since the last call. A receipt is `I'm live`."""
        heard = self.heard.setdefault(number, [])
        lines: list[str] = []
        for event in [part for one in heard for part in (one.parts() if isinstance(one, Long) else [one])]:
            lines += [line for line in event.line().split("\n") if line]
            lines += ["I'm live"] if type(event).__name__ == "Done" else []
        heard.clear()
        return lines
