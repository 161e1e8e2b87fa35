"""The users of the simulation: programs that keep the rules, people who read text, and one who keeps no rules."""

from __future__ import annotations

import random
from collections.abc import Sequence

from server.chat.sessions import digest_of

from .session_peer import QUIT, SessionPeer
from .simulation_server import MAX_LINE, Connection

NAMES = ("ann", "bob", "BOB", "Ｂｏｂ", "小明", "eve")
DECORATIONS = (
    "",
    "",
    "",
    "你好 ",
    '{"type":"bye","code":"closing"} ',
    '\\u0000" ',
    "[10.0.0.1:1001]bob:下线 ",
    "🙂" * 9,
)


class User:
    """Somebody who uses the chat, over all of their connections."""

    def __init__(self, number: int, chance: random.Random) -> None:
        self.number = number
        self.chance = chance
        self.link: Connection | None = None  # the connection that they have, as far as they know
        self.streams: list[tuple[Connection, bytearray]] = []  # what they have read on each connection
        self.is_quitting = False
        self.rooms: Sequence[str] = ()  # into which they may go
        self.names: Sequence[str] = NAMES  # for which they ask
        self.wishes = 0.0  # how often they say what they want to hear, and of whom
        self.is_away = False  # whether they have said so, and nothing since then
        self._made = 0
        self._called = ""  # by the name for which they have last asked
        self._ignored = NAMES[0]  # whom they have last ignored

    def __str__(self) -> str:
        return f"{type(self).__name__} {self.number}"

    @property
    def raw(self) -> bytes:
        """All that they have ever read."""
        return b"\n".join(bytes(stream) for _, stream in self.streams)

    @property
    def has_left(self) -> bool:
        """Whether they never come back."""
        return False

    @property
    def is_content(self) -> bool:
        """Whether nothing is left to be done for them."""
        return True

    def come(self, connection: Connection) -> None:
        """Begin a new connection."""
        self.link = connection
        self.streams.append((connection, bytearray()))
        self.send(self.greet())

    def leave(self) -> None:
        """Take note that the connection has ended."""
        self.link = None

    def send(self, data: bytes) -> None:
        """Send something, if there is a connection."""
        if self.link and not self.link.is_dead:
            self.link.up += data

    def hear(self, data: bytes) -> None:
        """Take what has come, and answer it."""
        self.streams[-1][1].extend(data)

    def greet(self) -> bytes:
        """Return what is sent first on a connection."""
        return b""

    def type(self, text: str) -> None:
        """Type a line."""
        raise NotImplementedError

    def make_line(self, users: Sequence[User]) -> str:
        """Return a line to be typed. Whatever is to be said has a text of its own."""
        chance = self.chance
        if chance.random() < self.wishes:
            return self._make_wish(users)
        kind = chance.random()
        if kind < 0.5:
            return self._make_text("m")
        if kind < 0.55:
            return f"/me {self._make_text('m')}"
        if kind < 0.75:
            return f"to {self._some_name(users)} {self._make_text('p')}"
        if kind < 0.83:
            return self._make_rename()
        if kind < 0.9 and self.rooms:
            return chance.choice((*(f"/join {room}" for room in self.rooms), "/leave", "/rooms", "/who all"))
        return chance.choice((*self._others(), "who", "who", "", "/last 4", "/search 10", "/nope", "/rename", "/help"))

    def _make_wish(self, users: Sequence[User]) -> str:
        """Return a line about what one wants to hear of others, and of whom."""
        kinds = ("ignore", "ignore", "ignore", "unignore", "", "quiet", "away", "reply", "whois", "past", "move")
        match self.chance.choice((*kinds, "rename", "word", "word", "word")):
            case "ignore":
                self._ignored = self._some_name(users)
                return f"/ignore {self._ignored}"
            case "unignore":
                return f"/unignore {self._ignored}"
            case "":
                return "/ignore"
            case "rename":
                return self._make_rename()
            case "word":
                return f"to {self._some_name(users)} {self._make_text('p')}"
            case "past":
                return self.chance.choice(("/last 4", "/search 10"))
            case "move" if self.rooms:
                return self.chance.choice((f"/join {self.rooms[0]}", "/leave"))
            case "quiet":
                return "/quiet"
            case "away":
                self.is_away = True
                self._made += 1
                return f"/away a{self.number}.{self._made}."
            case "reply":
                return f"/reply {self._make_text('p')}"
        return f"/whois {self._some_name(users)}"

    def _make_rename(self) -> str:
        self._called = self.chance.choice((*self.names, self._ignored))
        return f"rename {self._called}"

    def _some_name(self, users: Sequence[User]) -> str:
        """Return whom a line is about. Often they are a couple: the first two users, the next two, and so on."""
        chance = self.chance
        partner = users[min(self.number ^ 1, len(users) - 1)]
        user = partner if chance.random() < 0.5 else chance.choice(users)
        return chance.choice(
            (user._called or self.names[0], user.link.addr if user.link else chance.choice(self.names))
        )

    def _make_text(self, kind: str) -> str:
        """Return a text that no one else ever types. It is m for everybody, p for one alone."""
        self._made += 1
        return f"{self.chance.choice(DECORATIONS)}{kind}{self.number}.{self._made}."

    def _others(self) -> Sequence[str]:
        """Return lines that are typed now and then."""
        return (f"//{self._make_text('m')}", f"{'x' * MAX_LINE}{self._make_text('m')}", f"to {self._make_text('m')}")


class Program(User):
    """A program that keeps the rules."""

    def __init__(self, number: int, chance: random.Random) -> None:
        super().__init__(number, chance)
        self._called = chance.choice(("", *NAMES))
        self.peer = SessionPeer(self._called)

    @property
    def has_left(self) -> bool:
        """Whether it has quit."""
        return self.peer.finished

    @property
    def is_content(self) -> bool:
        """Whether all that was typed is dealt with."""
        return self.has_left or (self.link is not None and self.peer.greeted and self.peer.is_quiet)

    @property
    def raw(self) -> bytes:
        """All objects that it has ever read. It ignores what people read."""
        return b"\n".join(line for line in super().raw.split(b"\n") if line.startswith(b"{"))

    def greet(self) -> bytes:
        """Ask for a session."""
        return self.peer.connect()

    def leave(self) -> None:
        """Keep what has to be sent again."""
        super().leave()
        self.peer.disconnect()

    def hear(self, data: bytes) -> None:
        """Take objects."""
        super().hear(data)
        self.send(self.peer.receive(data))

    def type(self, text: str) -> None:
        """Have a line sent, now or later."""
        self.is_quitting = text == QUIT
        self.send(self.peer.type(text))

    def _others(self) -> Sequence[str]:
        return (*super()._others(), "/json", "/json eve", "/json a b")


class TextUser(User):
    """A person with telnet or nc. A line that is typed without a connection is not sent."""

    def __init__(self, number: int, chance: random.Random) -> None:
        super().__init__(number, chance)
        self.typed: list[list[str]] = []  # on each connection
        self.end = chance.choice(("\n", "\r\n"))

    def greet(self) -> bytes:
        """Send nothing."""
        self.typed.append([])
        return b""

    def type(self, text: str) -> None:
        """Send a line."""
        if self.link:
            self.typed[-1].append(text)
            self.send(f"{text}{self.end}".encode())


class Wild(User):
    """Somebody who keeps no rules, and wants what belongs to others."""

    def type(self, text: str) -> None:
        """Send a line, if it is one."""
        self.send(f"{text}\n".encode("utf-8", "surrogateescape"))

    def make_line(self, users: Sequence[User]) -> str:
        """Return a line of any kind."""
        chance = self.chance
        if chance.random() < 0.5:
            return super().make_line(users)
        sessions = [user.peer.session for user in users if isinstance(user, Program)]
        token = chance.choice((*map(digest_of, sessions), "0" * 32, "x", self._own_session()))
        resume = f"/resume {token} {chance.choice((0, 1, 1_000_001, 1_000_020, 2_000_001, 10**17))}"
        return chance.choice(
            (resume, resume, resume, resume, f"/resume {token}", "/json", "/json bob")
            + ("/resume", "\udcff\udcfe\udc80", '{"type":"said"}', "m\x08\x08", "who\n" * 20)
        )

    def _own_session(self) -> str:
        _, found, rest = self.raw.decode("utf-8", "replace").rpartition('"session":"')
        return rest[:32] if found else "y"
