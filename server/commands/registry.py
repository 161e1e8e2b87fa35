"""The registry: from a line of text to the entry that it asks for. Pure.

A line that begins with `/` is a command. The commands of the Go notes are also known without the slash. Everything else
is talk.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from ..chat import names, texts
from ..chat.entries import Alive, Say
from ..chat.refusals import Refuse, Trouble
from ..chat.room import Entry, Room


class Way(Protocol):
    """The way that a line has come, as far as its command may know it. The handler's thread uses it."""

    host: str  # from where the connection comes
    is_private: bool  # whether nobody on the way can read along
    explained: set[str]  # what its user has been told once, and need not be told again
    line: int  # which of its session's lines this one wants to be; 0 is the next, whichever that is

    def ask(self, entry: Entry) -> None:
        """Have an entry applied before the line that is being read, and wait for that. Raises Closed."""

    def has_arrived(self) -> bool:
        """Return whether all that was sent to the connection has reached the peer's system."""


@dataclass(eq=False, slots=True)
class NoWay:
    """The way of lines that nobody has sent."""

    host: str = "127.0.0.1"
    is_private: bool = True
    explained: set[str] = field(default_factory=set)
    line: int = 0

    def ask(self, entry: Entry) -> None:
        """Refuse it: there is no log."""
        raise NotImplementedError

    def has_arrived(self) -> bool:
        """Return True: nothing is sent."""
        return True


_NOWHERE = NoWay()
_OTHER_SLASHES = ("／", "、")  # what the key of the slash gives on a Chinese keyboard


@dataclass(frozen=True, slots=True)
class Request:
    """A command as it was typed: who typed it, when, and what stood behind its word."""

    number: int  # the member's
    time: float  # seconds since 1970
    rest: str = field(repr=False)  # which may hold a password
    separator: str  # what stood between the words: a space, or `|`, as ports of the Go program send it
    command: Command
    registry: Registry
    way: Way = _NOWHERE

    @property
    def form(self) -> str:
        """The text that tells how the command is typed."""
        return texts.FORM.format(self.command.form)

    def refuse(self, reason: str = "", code: str = "bad_format") -> Entry:
        """Return the entry that tells the member why the command cannot be done, and a program the code.

        Without a reason, it tells how the command is typed.
        """
        return Refuse(self.number, self.time, reason or self.form, code)

    def one_name(self) -> str:
        """Return the one word that stands behind the command, as a folded name. Return nothing if it is not one word."""
        words = self.rest.split(maxsplit=1)
        return names.fold(words[0]) if len(words) == 1 else ""


@dataclass(frozen=True, slots=True)
class Command:
    """One command. `run` makes the entry. It runs in the handler's thread without a lock, and nobody else waits for it."""

    word: str
    usage: str  # as `/help` shows it, without the slash
    help: str
    run: Callable[[Request], Entry]
    plain: bool = False  # whether it is also known without the slash
    alone: bool = False  # whether nothing may follow the word
    after: str = ""  # what may follow it all the same, behind a slash

    @property
    def form(self) -> str:
        """How it is typed, with the slash."""
        return f"/{self.usage} [{self.after}]" if self.after else f"/{self.usage}"


class Registry:
    """All commands, in the order in which `/help` shows them."""

    def __init__(self) -> None:
        self.commands: dict[str, Command] = {}  # by word
        self.help = ""  # the text of `/help`: a line for each thing that can be typed
        self.furnishers: list[Callable[[Room], None]] = []  # of the families that add to what a room does
        # What families make of an entry before it goes into the log: the same or another. They run as `run` does.
        self.checks: list[Callable[[Entry, Way], Entry]] = []
        self._plain: tuple[str, ...] = ()

    def add(self, command: Command) -> None:
        """Add a command. Raise ValueError if its word is taken, or is not one word of small letters."""
        if (
            command.word in self.commands
            or not command.word.replace("-", "").isalpha()
            or names.fold(command.word) != command.word
        ):
            raise ValueError(f"the command {command.word!r} is there already, or is not one word of small letters")
        self.commands[command.word] = command
        self._plain = tuple(word for word, known in self.commands.items() if known.plain)
        self.help = self._make_help()

    def furnish(self, room: Room) -> Room:
        """Add to a room what the families need, before anybody comes in. Return the room."""
        for furnish in self.furnishers:
            furnish(room)
        return room

    def parse(self, number: int, time: float, text: str, way: Way = _NOWHERE) -> Entry:
        """Return what a line of the member `number` asks for; `text` is decoded and has no line end.

        Go: the ifs of User.DoMessage
        """
        entry = self._parse(number, time, text, way)
        for check in self.checks:
            entry = check(entry, way)
        return entry

    def _parse(self, number: int, time: float, text: str, way: Way) -> Entry:
        if not text:
            return Alive(number, time)
        if text[0] == "/":
            if text.startswith("//"):
                return Say(number, time, text[1:])
            unknown = Refuse(number, time, texts.UNKNOWN_COMMAND, "unknown_command")
            return self._parse_command(number, time, text[1:], way) or unknown
        if text[0] in _OTHER_SLASHES:
            return self._parse_command(number, time, text[1:], way) or Say(number, time, text)
        if text.startswith(self._plain):
            word, _, rest = self._first_word(text)
            command = self.commands.get(word)
            # `who` stands alone, `rename` and `to` have something after them; anything else is talk.
            if command and command.plain and command.alone == (not rest.strip(" ")):
                return self._parse_command(number, time, text, way) or Say(number, time, text)
        return Say(number, time, text)

    def _parse_command(self, number: int, time: float, text: str, way: Way) -> Entry | None:
        """Return what `text`, with its slash taken off, asks for. Return None if there is no such command."""
        word, separator, rest = self._first_word(text)
        command = self.commands.get(word.lower())
        if command is None:
            return None
        request = Request(number, time, rest, separator, command, self, way)
        if command.alone and rest.strip(" ") not in ("", command.after):
            return request.refuse()
        return command.run(request)

    def _first_word(self, text: str) -> tuple[str, str, str]:
        """Return the first word, the separator behind it, and the rest."""
        word, separator, rest = text.partition(" ")
        if "|" in word or not separator:
            piped, bar, after = text.partition("|")
            command = self.commands.get(piped)
            if bar and command and command.plain and not command.alone:
                return piped, bar, after
        return word, separator or " ", rest

    def _make_help(self) -> str:
        plain = [command for command in self.commands.values() if command.plain]
        rows = [(command.usage, command.help) for command in plain]
        rows.append((" ".join(f"/{command.word}" for command in plain), "同上；//内容 发送以 / 开头的话"))
        rows += [(f"/{command.usage}", command.help) for command in self.commands.values() if not command.plain]
        column = max(_width(usage) for usage, _ in rows) + 2
        lines = [usage + " " * (column - _width(usage)) + explanation for usage, explanation in rows]
        return "\n".join([*lines, "其他内容发送给所有人"])


def guarded(run: Callable[[Request], Entry]) -> Callable[[Request], Entry]:
    """Return a function for a Command that refuses a line where `run` raises Trouble."""

    def make(request: Request) -> Entry:
        try:
            return run(request)
        except Trouble as trouble:
            return request.refuse(trouble.text, trouble.code)

    return make


def _width(text: str) -> int:
    """Return how many columns of a terminal a text takes. Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
