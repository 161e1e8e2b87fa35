"""What the server tells programs: from a line of JSON to a frozen value. Pure.

A server may be broken or hostile. Whatever a line holds, the result is a value with clean texts of the right types,
or None for a type that this client does not know, or `BadServer`.
"""

from __future__ import annotations

import json
import math
from dataclasses import MISSING, dataclass, fields
from datetime import datetime
from typing import Any

from ..rules import clean

MAX_LINE = 256 * 1024  # bytes; no line of our server comes near that
MAX_DIGITS = 18
MAX_TOKEN = 100  # characters of what is handed back to the server


class BadServer(Exception):
    """The server does not keep to the protocol."""


@dataclass(frozen=True, slots=True)
class Hello:
    """The answer to `/json` and `/resume`. `line` is the last line that was taken from this session."""

    session: str
    line: int
    addr: str
    name: str
    at: str
    hold: float = 0.0  # seconds that the session waits for its program
    idle: float = 0.0  # seconds of silence that the server allows; 0 is for ever


@dataclass(frozen=True, slots=True)
class Joined:
    """Somebody has come."""

    at: str
    name: str
    addr: str
    time: str = ""


@dataclass(frozen=True, slots=True)
class Left:
    """Somebody has gone."""

    at: str
    name: str
    addr: str
    time: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """Somebody has said something to everyone. `line` is the number of our own line, in our own copy alone."""

    at: str
    name: str
    addr: str
    text: str
    time: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Emote(Said):
    """Somebody says what they do."""


@dataclass(frozen=True, slots=True)
class Whisper:
    """A private word. The copy of its sender has the number of the line."""

    at: str
    name: str
    to: str
    text: str
    time: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Renamed:
    """Somebody has another name."""

    at: str
    old: str
    name: str
    addr: str
    time: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Users:
    """Who is online, or a part of them: pairs of name and address."""

    line: int
    users: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Done:
    """The receipt of the line number `line`. With a `code` the line was refused."""

    line: int = 0
    code: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """Anything else that is to be read, perhaps in several lines."""

    text: str


@dataclass(frozen=True, slots=True)
class Gap:
    """What came after the place `after` is not known to the server any more."""

    after: str


@dataclass(frozen=True, slots=True)
class Bye:
    """The last value of a connection."""

    code: str
    text: str = ""


Placed = Joined | Left | Said | Whisper | Renamed
Value = Hello | Placed | Users | Done | Notice | Gap | Bye
KINDS: dict[str, type[Value]] = {
    "hello": Hello,
    "joined": Joined,
    "left": Left,
    "said": Said,
    "emote": Emote,
    "whisper": Whisper,
    "renamed": Renamed,
    "users": Users,
    "done": Done,
    "notice": Notice,
    "gap": Gap,
    "bye": Bye,
}


def parse(line: str) -> Value | None:
    """Return the value on a line, or None if its type is unknown. Raise BadServer if it is none."""
    try:
        found = json.loads(line, parse_int=_whole, parse_constant=_refuse)
        name = found.get("type") if isinstance(found, dict) else None
        if not isinstance(name, str):
            raise ValueError("no object with a type")  # noqa: TRY004, because it is caught below
        kind = KINDS.get(name)
        return kind(**_fields_of(kind, found)) if kind else None
    except (ValueError, RecursionError) as error:
        raise BadServer(f"bad value ({str(error)[:80] or 'too deep'}): {clean(line[:80])}") from None


def moment(time: str) -> datetime | None:
    """Return a time of the server, or None if it is none."""
    try:
        return datetime.fromisoformat(time.removesuffix("Z") + "+00:00")
    except ValueError:
        return None


def _fields_of(kind: type[Value], found: dict[str, object]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for field in fields(kind):
        if field.name in found:
            name = "lines" if kind is Notice else field.name
            values[field.name] = _check(name, str(field.type), found[field.name])
        elif field.default is MISSING:
            raise ValueError(f"no {field.name}")
    return values


def _check(name: str, expected: str, value: object) -> object:
    """Return a field's value, cleaned. Raise ValueError if it is not of the type that is expected."""
    if name in ("at", "after", "session"):
        if isinstance(value, str) and value.isprintable() and 0 < len(value) <= MAX_TOKEN and " " not in value:
            return value
    elif name == "users":
        if isinstance(value, list):
            return tuple(_user(each) for each in value)
    elif name == "lines":
        if isinstance(value, str):
            return "\n".join(map(clean, value.split("\n")))
    elif expected == "str":
        if isinstance(value, str):
            return clean(value)
    elif isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf:
        if expected == "float":
            return float(value)
        if isinstance(value, int):
            return value
    raise ValueError(f"bad {name}")


def _user(value: object) -> tuple[str, str]:
    if isinstance(value, dict):
        name, addr = value.get("name"), value.get("addr")
        if isinstance(name, str) and isinstance(addr, str):
            return clean(name), clean(addr)
    raise ValueError("bad user")


def _whole(digits: str) -> int:
    if len(digits) > MAX_DIGITS:  # a huge one takes time that grows with the square of its length
        raise ValueError("huge number")
    return int(digits)


def _refuse(constant: str) -> object:
    raise ValueError(constant)
