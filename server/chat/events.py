"""What members are told. Each event is a value that also knows the line which a text user reads.

An encoding turns events into bytes. It needs nothing but `line()`, so a new kind of event needs no new encoding.
Times are seconds since 1970.
"""

from __future__ import annotations

from dataclasses import dataclass

from . import texts


class Event:
    """Something that a member is told."""

    __slots__ = ()
    is_long = False  # whether it may be long, so that all who are told the same share it

    def line(self) -> str:
        """Return what a text user reads, without the last line end. An empty text means that they read nothing."""
        raise NotImplementedError


# Events are values: nobody changes one. They are not frozen, because making a frozen one costs three times as much,
# and there is one for each line that is said.
@dataclass(slots=True)
class Joined(Event):
    """Somebody has come online."""

    time: float
    name: str
    addr: str

    def line(self) -> str:
        """Return `[ADDR]NAME:已上线`."""
        return f"[{self.addr}]{self.name}:{texts.ONLINE}"


@dataclass(slots=True)
class Said(Event):
    """Somebody has said `text` to everyone."""

    time: float
    name: str
    addr: str
    text: str

    def line(self) -> str:
        """Return `[ADDR]NAME:TEXT`. Go: the format in Server.BroadCast"""
        return f"[{self.addr}]{self.name}:{self.text}"


@dataclass(slots=True)
class Left(Event):
    """Somebody has gone. `why` is quit, lost, idle, slow or kicked."""

    time: float
    name: str
    addr: str
    why: str

    def line(self) -> str:
        """Return `[ADDR]NAME:下线`."""
        return f"[{self.addr}]{self.name}:{texts.OFFLINE}"


@dataclass(slots=True)
class Whispered(Event):
    """`name` has said `text` to one member alone."""

    time: float
    name: str
    text: str

    def line(self) -> str:
        """Return `NAME: TEXT`."""
        return f"{self.name}: {self.text}"


@dataclass(slots=True)
class Users(Event):
    """Who is online: a tuple of (address, name) pairs."""

    is_long = True
    users: tuple[tuple[str, str], ...]

    def line(self) -> str:
        """Return a line `[ADDR]NAME:在线` for each user."""
        return "\n".join(f"[{addr}]{name}:{texts.LISTED}" for addr, name in self.users)


@dataclass(slots=True)
class Notice(Event):
    """A text of one or more lines that is for reading only."""

    is_long = True
    text: str

    def line(self) -> str:
        """Return the text."""
        return self.text


@dataclass(slots=True)
class Done(Event):
    """The receipt: a line has been dealt with. `text` is the reply to it, if there is one."""

    text: str = ""

    def line(self) -> str:
        """Return the reply. The encoding adds `I'm live`, unless the server runs without receipts."""
        return self.text


@dataclass(slots=True)
class Bye(Event):
    """The last that a member is told. `why` is the same word as in Left, or closing."""

    why: str
    text: str

    def line(self) -> str:
        """Return the reason, as a text user is told it."""
        return self.text


DONE = Done()  # the receipt of nearly every line
