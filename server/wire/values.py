"""JSON lines, for programs: each event is one object (RFC 8259), in UTF-8, with Chinese as it is."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from json.encoder import encode_basestring as quote
from operator import attrgetter
from typing import NamedTuple

from ..chat.events import Done, Said
from ..chat.kinds import Event, Own

NAMES = {"number": "line", "taken": "line"}  # fields that programs know under another name

Field = tuple[str, Callable[[Event], object], Callable[..., str]]  # `,"name":`, its value, how that is written


class Plan(NamedTuple):
    """How one kind of event is written."""

    begin: str
    fields: list[Field]


class Values:
    """Encodes events as JSON lines. One object serves all users, and all threads."""

    def __init__(self, version: str = "", hold: float = 0.0, idle: float = 0.0) -> None:
        """An event that greets says which version this is, and how many seconds the limits are."""
        self._greeting = f',"version":{quote(version)},"hold":{hold:.15g},"idle":{idle:.15g}'
        self._plans: dict[type[Event], Plan] = {}
        self._millisecond = (0, "")  # the last time that was written, and how
        self._writers: dict[str, Callable[..., str]] = {  # for what is not written as JSON has it
            "at": _write_place,
            "after": _write_place,
            "time": self._write_time,
            "users": _write_users,
            "rooms": _write_rooms,
            "past": self._write,
        }

    def encode(self, event: Event) -> bytes:
        """Return an event as one line. What does not apply is left out."""
        # Nearly every event is one of these two, and the general way takes three times as long.
        if type(event) is Said:
            if not event.encoded:
                event.encoded = self._encode_said(event)
            return event.encoded
        if type(event) is Done and event.number and not event.text:
            return b'{"type":"done","line":%d}\n' % event.number
        if isinstance(event, Own):
            return self.number(self.encode(event.event), event.event.number)
        return f"{self._write(event)}\n".encode()

    def number(self, line: bytes, number: int) -> bytes:
        """Return the line of an event with the number of its author's line in it, if that has one."""
        return b'%b,"line":%d}\n' % (line[:-2], number) if number else line

    def _encode_said(self, said: Said) -> bytes:
        who = f'"name":{quote(said.name)},"addr":{quote(said.addr)}'
        if said.room:
            who += f',"room":{quote(said.room)}'
        when = self._write_time(said.time)
        return f'{{"type":"said","at":"{said.at}","time":{when},{who},"text":{quote(said.text)}}}\n'.encode()

    def _write(self, event: Event) -> str:
        plan = self._plans.get(type(event)) or self._plan(type(event))
        text = plan.begin
        for head, get, write in plan.fields:
            value = get(event)
            if value is not None and value != "":
                text += head + write(value)
        return text + "}"

    def _plan(self, kind: type[Event]) -> Plan:
        """Return how one kind of event is written. One that shows no fields is a text for reading."""
        begin = f'{{"type":"{kind.type}"' + (self._greeting if kind.greets else "")
        fields: list[Field] = []
        for name in kind.shown:
            fields.append((f',"{NAMES.get(name, name)}":', attrgetter(name), self._writers.get(name, _write_any)))
        plan = self._plans[kind] = Plan(begin, fields or [(',"text":', kind.line, quote)])
        return plan

    def _write_time(self, seconds: float) -> str:
        """Return a time as RFC 3339 has it, in UTC, with milliseconds."""
        whole = int(seconds * 1000)
        millisecond, text = self._millisecond
        if millisecond != whole:
            text = f'"{rfc3339(whole)}"'
            self._millisecond = whole, text
        return text


def rfc3339(milliseconds: int) -> str:
    """Return a time since 1970 as RFC 3339 has it, in UTC."""
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(milliseconds // 1000)) + f".{milliseconds % 1000:03d}Z"


def _write_any(value: object) -> str:
    """Return any value that JSON has."""
    return quote(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _write_place(place: int) -> str:
    return f'"{place}"'


def _write_users(users: Iterable[tuple[str, ...]]) -> str:
    return "[" + ",".join(_write_user(*user) for user in users) + "]"


def _write_rooms(rooms: Iterable[tuple[str, int]]) -> str:
    return "[" + ",".join(f'{{{_room(name)}"users":{users}}}' for name, users in rooms) + "]"


def _room(name: str) -> str:
    return f'"room":{quote(name)},' if name else ""


def _write_user(addr: str, name: str, room: str = "") -> str:
    where = f',"room":{quote(room)}' if room else ""
    return f'{{"name":{quote(name)},"addr":{quote(addr)}{where}}}'
