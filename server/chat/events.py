"""What members are told. Each event is a value that also knows the line which a text user reads.

Times are seconds since 1970.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from . import texts
from .kinds import Event, Placed


# Events are values. When `Room.apply` has returned, nobody changes one, except for `encoded`, which any encoder may
# fill in with the same bytes. They are not frozen, because making a frozen one costs three times as much, and there is
# one for each line that is said.
@dataclass(slots=True)
class Joined(Placed):
    """Somebody has come online."""

    type = "joined"
    shown = ("at", "time", "name", "addr", "room")

    name: str
    addr: str

    def line(self) -> str:
        """Return `[ADDR]NAME:已上线`."""
        return f"[{self.addr}]{self.name}:{texts.ONLINE}"


@dataclass(slots=True)
class Said(Placed):
    """Somebody has said `text` to everyone."""

    type = "said"
    shown = ("at", "time", "name", "addr", "room", "text")
    is_talk = True

    name: str
    addr: str
    text: str

    def line(self) -> str:
        """Return `[ADDR]NAME:TEXT`. Go: the format in Server.BroadCast"""
        return f"[{self.addr}]{self.name}:{self.text}"


@dataclass(slots=True)
class Left(Placed):
    """Somebody has gone. `why` is quit, lost, idle, slow, kicked or closing."""

    type = "left"
    shown = ("at", "time", "name", "addr", "room", "why")

    name: str
    addr: str
    why: str

    def line(self) -> str:
        """Return `[ADDR]NAME:下线`."""
        return f"[{self.addr}]{self.name}:{texts.OFFLINE}"


@dataclass(slots=True)
class Whispered(Placed):
    """`name` has said `text` to one member alone. `receiver` is the digest of that member's session, if there is one.

    `addr` is from where it comes. Nobody is told that, but whoever ignores the author is to be spared, whatever the
    name.
    """

    type = "whisper"
    shown = ("at", "time", "name", "to", "text")
    is_private = True

    name: str
    to: str
    text: str
    receiver: str = ""
    addr: str = field(default="", kw_only=True, compare=False)

    def line(self) -> str:
        """Return `NAME: TEXT`."""
        return f"{self.name}: {self.text}"

    def heard_by(self, session: str) -> Event | None:
        """Return it for the sender as its own, and for the receiver."""
        return Placed.heard_by(self, session) if session and session in (self.session, self.receiver) else None


@dataclass(slots=True)
class Users(Event):
    """Who is online: address, name and perhaps the room of each. `number` is the line in which a program has asked."""

    type = "users"
    shown = ("number", "users")

    users: Sequence[tuple[str, ...]]
    number: int | None = None

    def line(self) -> str:
        """Return a line `[ADDR]NAME:在线` for each user, with a room that is not the lobby behind it."""
        return "\n".join(f"[{addr}]{name}:{' '.join([texts.LISTED, *room])}" for addr, name, *room in self.users)


@dataclass(slots=True)
class Notice(Event):
    """A text of one or more lines that is for reading only."""

    text: str

    def line(self) -> str:
        """Return the text."""
        return self.text


@dataclass(slots=True)
class Done(Event):
    """The receipt: a line has been dealt with. `text` is the reply to it, if there is one.

    With a `code` it could not be done, and the code says why to programs. `number` is the line's, for programs too.
    """

    type = "done"
    shown = ("number", "code", "text")

    text: str = ""
    code: str = ""
    number: int | None = None

    def line(self) -> str:
        """Return the reply. The encoding adds `I'm live`, unless the server runs without receipts."""
        return self.text


@dataclass(slots=True)
class Bye(Event):
    """The last that a member is told. `code` is the same word as `why` in Left, or one for whoever cannot come in."""

    type = "bye"
    shown = ("code", "text")

    code: str
    text: str

    def line(self) -> str:
        """Return the reason, as a text user is told it."""
        return self.text


DONE = Done()  # the receipt of nearly every line
