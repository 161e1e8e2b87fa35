"""How what was said looks: one line, or several, each with a mark of its own in front. Pure."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import datetime

from ..net.values import Value, moment
from ..rules import fold

# The colours that can be read on black and on white, and that are not taken for an alarm.
_NAME_COLOURS = (32, 33, 34, 35, 36, 92, 93, 94, 95, 96)
_DIM, _BOLD, _INVERSE, _PRIVATE = 2, 1, 7, 45

OWN, REFUSED, NEWS, PLAIN, CALLED = "✓", "✗", "*", " ", "@"
LISTED, LOBBY = "在线", "大厅"
MOVES = {"joined": "已上线", "left": "下线", "entered": "进入 {}", "exited": "离开 {}"}


@dataclass(frozen=True, slots=True)
class Theme:
    """What stands in a line beside its text."""

    colours: bool = False
    time: bool = True
    addresses: bool = False
    bell: bool = False  # for a private word, and where somebody calls us by our name

    @property
    def indent(self) -> int:
        """How far further rows of a line are indented. No line begins there, so none of them looks like another line."""
        return 13 if self.time else 4

    def render(self, value: Value, clock: str) -> list[str]:
        """Return lines without their ends: `CLOCK MARK NAME:TEXT`."""
        if value.type == "note":
            return [self._paint(f"{clock} {NEWS} {value.text}" if self.time else f"{NEWS} {value.text}", _DIM)]
        value = value.past or value
        mark, lines = self._lines(value)
        clock = _clock_of(value.time, clock) if value.missed or value.type == "kept" else clock
        start = f"{self._paint(clock, _DIM)} {mark} " if self.time else f"{mark} "
        return [start + line for line in lines]

    def _lines(self, value: Value) -> tuple[str, list[str]]:
        """Return the mark of a value, and its lines without it."""
        name, is_own = value.name, bool(value.line)
        said = OWN if is_own else PLAIN
        match value.type:
            case "refused":
                to = self._private("→ ", value.to) if value.to else ""
                return REFUSED, [f"{to}{value.text}（{value.why}）"]
            case "users" | "everyone":
                return NEWS, [self._news(addr, f"{name}:{LISTED} {room}".rstrip()) for name, addr, room in value.users]
            case "rooms":
                return NEWS, [f"{room or LOBBY}：{count} 人" for room, count in value.rooms]
            case "notice":
                return NEWS, value.text.split("\n")
            case "announced":
                return NEWS, [self._paint(f"[公告] {value.text}", _BOLD)]
            case kind if kind in MOVES:
                return NEWS, [self._news(value.addr, f"{name}:{MOVES[kind].format(value.room or LOBBY)}")]
            case "renamed":
                return NEWS, [self._news(value.addr, f"{value.old} 改名为 {name}")]
            case "whisper" | "kept":
                start = self._private("→ ", value.to) if is_own else self._private("", name)
                return said, [start + value.text + "\a" * (self.bell and not is_own)]
            case "said" | "emote":
                start = self._paint(self._address(value.addr), _DIM) + self._name(name, is_own)
                said, rings = (CALLED, self.bell) if value.mentions else (said, False)
                return said, [f"{start}{':' if value.type == 'said' else ' * '}{self._marked(value)}" + "\a" * rings]
        return PLAIN, [value.text]

    def _marked(self, value: Value) -> str:
        """Return a text with our name painted, where it stands there."""
        text, end = "", 0
        for start, stop in value.mentions:
            text += value.text[end:start] + self._paint(value.text[start:stop], _BOLD, _INVERSE)
            end = stop
        return text + value.text[end:]

    def _news(self, addr: str, text: str) -> str:
        return self._paint(self._address(addr) + text, _DIM)

    def _private(self, arrow: str, name: str) -> str:
        return f"{self._paint('[私聊]', _PRIVATE)} {arrow}{self._name(name)}: "

    def _address(self, addr: str) -> str:
        return f"[{addr}]" if self.addresses else ""

    def _name(self, name: str, own: bool = False) -> str:
        colour = _NAME_COLOURS[zlib.crc32(fold(name).encode()) % len(_NAME_COLOURS)]
        return self._paint(name, colour, *([_BOLD] if own else []))

    def _paint(self, text: str, *codes: int) -> str:
        return f"\x1b[{';'.join(map(str, codes))}m{text}\x1b[0m" if self.colours and text else text


def _clock_of(time: str, otherwise: str) -> str:
    """Return a time of the server as a clock here shows it."""
    then = moment(time)
    if then is None:
        return otherwise
    try:
        then = then.astimezone()
    except (OverflowError, OSError):  # this system's clock does not reach so far
        return otherwise
    today = then.date() == datetime.now(tz=then.tzinfo).date()
    return then.strftime("%H:%M:%S" if today else "%m-%d %H:%M:%S")
