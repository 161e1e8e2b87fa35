"""What the server tells programs: from a line of JSON to a frozen value. Pure.

A server may be broken or hostile. Whatever a line holds, the result is a value with clean texts of the right types,
or None for a type that this client does not know, or `BadServer`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..rules import clean

MAX_LINE = 256 * 1024  # bytes; no line of our server comes near that
MAX_DIGITS = 18
MAX_TOKEN = 100  # characters of what is handed back to the server

# The fields of each type. Those with a question mark may be missing.
FIELDS = {
    "hello": "session line addr name at hold? idle? room?",  # the answer to `/json` and `/resume`
    "joined": "at name addr room? time?",
    "left": "at name addr room? time? why?",
    "said": "at name addr text room? time? line?",
    "emote": "at name addr text room? time? line?",
    "whisper": "at name to text time? line?",
    "renamed": "at old name addr room? time? line?",
    "entered": "at name addr room? time? line?",  # somebody has come from another room, or we have
    "exited": "at name addr room? time?",
    "kept": "at name to text word time?",  # a private word from before we came
    "announced": "at name text time?",
    "users": "line users",  # who is online, or a part of them
    "rooms": "line rooms",
    "done": "line? code? text?",  # the receipt of a line, which was refused if there is a code
    "notice": "text past?",  # anything else that is to be read, perhaps in several lines
    "gap": "after",  # the server does not know any more what came after a place
    "bye": "code text?",  # the last value of a connection
}
# These have a place in the log, and are heard once.
EVENTS = ("joined", "left", "said", "emote", "whisper", "renamed", "entered", "exited", "kept", "announced")


class ServerUnavailable(Exception):
    """The server is not there, or has gone, or lets nobody in, and nobody wants to wait for it."""


class BadServer(ServerUnavailable):
    """The server does not keep to the protocol, so that nobody can talk to it."""

    def __init__(self, fault: str) -> None:
        super().__init__(f"the server does not keep to the protocol: {fault}")


@dataclass(frozen=True, slots=True)
class Value:
    """Something that the server has told, or that the client itself has to show: a `note`, `raw` text, `refused` text.

    The answer to `/who all` is of the type `everyone`.
    """

    type: str
    text: str = ""
    name: str = ""
    addr: str = ""
    to: str = ""  # the name of whoever a private word is for
    old: str = ""  # the name before
    why: str = ""
    code: str = ""
    at: str = ""  # the place in the log
    after: str = ""
    time: str = ""
    line: int = 0  # of ours, by its number; an event has it in our own copy alone
    session: str = ""
    hold: float = 0.0  # seconds that the session waits for its program
    idle: float = 0.0  # seconds of silence that the server allows; 0 is for ever
    room: str = ""  # which is empty for the lobby
    word: int = 0  # the number of a word that was kept
    users: tuple[tuple[str, str, str], ...] = ()  # names, addresses, and rooms if all are listed
    rooms: tuple[tuple[str, int], ...] = ()  # names, and how many are in them
    missed: bool = False  # whether it happened while we were away, or before we came
    mentions: tuple[tuple[int, int], ...] = ()  # where our name stands in the text
    past: Value | None = None  # what was said before, and is shown now


def parse(line: str) -> Value | None:
    """Return the value on a line, or None if its type is unknown. Raise BadServer if it is none."""
    try:
        found = json.loads(line, parse_int=_whole, parse_constant=_refuse)
        kind = found.get("type") if isinstance(found, dict) else None
        if not isinstance(kind, str):
            raise ValueError("no object with a type")  # noqa: TRY004, because it is caught below
        return Value(kind, **dict(_fields_of(kind, found))) if kind in FIELDS else None
    except (ValueError, RecursionError) as error:
        raise BadServer(f"bad value ({str(error)[:80] or 'too deep'}): {clean(line[:80])}") from None


def moment(time: str) -> datetime | None:
    """Return a time of the server, or None if it is none."""
    try:
        return datetime.fromisoformat(time.removesuffix("Z") + "+00:00")
    except ValueError:
        return None


def _fields_of(kind: str, found: dict[str, object]) -> Iterator[tuple[str, Any]]:
    for field in FIELDS[kind].split():
        name = field.removesuffix("?")
        if name in found:
            yield name, _check("lines" if (kind, name) == ("notice", "text") else name, found[name])
        elif name == field:
            raise ValueError(f"no {name}")


def _check(name: str, value: object) -> object:
    """Return a field's value, cleaned. Raise ValueError if it is not of the type that the field has."""
    match name, value:
        case (("at" | "after" | "session"), str()):
            if value.isprintable() and 0 < len(value) <= MAX_TOKEN and " " not in value:
                return value
        case (("line" | "word" | "hold" | "idle"), (int() | float())):
            is_number = isinstance(value, int) or name in ("hold", "idle")
            if is_number and not isinstance(value, bool) and 0 <= value < math.inf:
                return value
        case "users", list():
            return tuple(
                (_part(each, "name"), _part(each, "addr"), _part(each, "room", otherwise="")) for each in value
            )
        case "rooms", list():
            return tuple((_part(each, "room", otherwise=""), _part(each, "users", "line")) for each in value)
        case "past", dict():
            kind = value.get("type")
            return Value(kind, **dict(_fields_of(kind, value)), missed=True) if kind in ("said", "emote") else None
        case "lines", str():
            return "\n".join(map(clean, value.split("\n")))
        case _, str() if name not in ("line", "word", "hold", "idle", "users", "rooms", "past"):
            return clean(value)
    raise ValueError(f"bad {name}")


def _part(value: object, name: str, like: str = "", otherwise: object = None) -> Any:
    """Return a field of an object in a list, which is checked `like` another one."""
    if isinstance(value, dict):
        return _check(like or name, value.get(name, otherwise))
    raise ValueError(f"no object with {name}")


def _whole(digits: str) -> int:
    if len(digits) > MAX_DIGITS:  # a huge one takes time that grows with the square of its length
        raise ValueError("huge number")
    return int(digits)


def _refuse(constant: str) -> object:
    raise ValueError(constant)
