"""JSON lines, for programs: each event is one object (RFC 8259), in UTF-8, with Chinese as it is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from json.encoder import encode_basestring as quote
from operator import attrgetter

from ..chat.kinds import Event, Own

NAMES = {"number": "line", "taken": "line"}  # fields that programs know under another name

Field = tuple[str, Callable[[Event], object], Callable[..., str]]  # `,"name":`, its value, how that is written
Plan = tuple[str, list[Field]]  # how a kind of event begins, and its fields


class Values:
    """Encodes events as JSON lines. One object serves all users, and all threads."""

    def __init__(self, version: str = "", hold: float = 0.0, idle: float = 0.0) -> None:
        """Every `hello` says which version this is, and how many seconds the limits are."""
        self._greeting = f',"version":{quote(version)},"hold":{hold:.15g},"idle":{idle:.15g}'
        self._plans: dict[type[Event], Plan] = {}
        self._second = (0, "")  # the last second that was written, and how it begins
        self._writers: dict[str, Callable[..., str]] = {
            "at": _write_place,
            "after": _write_place,
            "time": self._write_time,
            "number": str,
            "taken": str,
            "users": _write_users,
            "past": self._write,
        }

    def encode(self, event: Event) -> bytes:
        """Return an event as one line. What does not apply is left out."""
        if isinstance(event, Own):
            number = f',"line":{event.event.number}' if event.event.number else ""
            return f"{self._write(event.event)[:-1]}{number}}}\n".encode()
        return f"{self._write(event)}\n".encode()

    def _write(self, event: Event) -> str:
        begin, fields = self._plans.get(type(event)) or self._plan(type(event))
        text = begin
        for name, get, write in fields:
            value = get(event)
            if value is not None and value != "":
                text += name + write(value)
        return text + "}"

    def _plan(self, kind: type[Event]) -> Plan:
        """Return how this kind of event is written. One that shows no fields is a text for reading."""
        begin = f'{{"type":"{kind.type}"' + (self._greeting if kind.type == "hello" else "")
        fields: list[Field] = []
        for name in kind.shown:
            fields.append((f',"{NAMES.get(name, name)}":', attrgetter(name), self._writers.get(name, quote)))
        plan = self._plans[kind] = begin, fields or [(',"text":', kind.line, quote)]
        return plan

    def _write_time(self, seconds: float) -> str:
        """Return a time as RFC 3339 has it, in UTC, with milliseconds."""
        whole = int(seconds)
        second, text = self._second
        if second != whole:
            text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole))
            self._second = whole, text
        return f'"{text}.{int((seconds - whole) * 1000):03d}Z"'


def _write_place(place: int) -> str:
    return f'"{place}"'


def _write_users(users: Iterable[tuple[str, str]]) -> str:
    return "[" + ",".join(f'{{"name":{quote(name)},"addr":{quote(addr)}}}' for addr, name in users) + "]"
