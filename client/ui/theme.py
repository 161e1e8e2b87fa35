"""How what was said looks: one line, or several, each with a mark of its own in front. Pure."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import datetime

from ..net.shown import Heard, Note, Raw, Refused, Shown
from ..net.values import Emote, Joined, Left, Notice, Placed, Renamed, Said, Users, Whisper, moment
from ..rules import fold

# The colours that can be read on black and on white, and that are not taken for an alarm.
_NAME_COLOURS = (32, 33, 34, 35, 36, 92, 93, 94, 95, 96)
_DIM, _BOLD, _PRIVATE = 2, 1, 45

OWN, REFUSED, NEWS, PLAIN = "✓", "✗", "*", " "
ONLINE, OFFLINE, LISTED = "已上线", "下线", "在线"


@dataclass(frozen=True, slots=True)
class Theme:
    """What stands in a line beside its text."""

    colours: bool = False
    time: bool = True
    addresses: bool = False

    @property
    def indent(self) -> int:
        """How far further rows of a line are indented: further than any line, so that none looks like another line."""
        return 13 if self.time else 4

    def render(self, shown: Shown, clock: str) -> list[str]:
        """Return lines without their ends: `CLOCK MARK NAME:TEXT`."""
        match shown:
            case Note(text):
                return [self._paint(f"{clock} {NEWS} {text}" if self.time else f"{NEWS} {text}", _DIM)]
            case Raw(text):
                mark, lines = PLAIN, [text]
            case Refused(text, to, reason):
                mark, lines = REFUSED, [(self._private("→ ", to) if to else "") + f"{text}（{reason}）"]
            case Heard(Users(_, users)):
                mark, lines = NEWS, [self._paint(f"{self._address(a)}{name}:{LISTED}", _DIM) for name, a in users]
            case Heard(Notice(text)):
                mark, lines = NEWS, text.split("\n")
            case Heard(Joined() | Left() | Said() | Whisper() | Renamed() as value, own, missed):
                clock = _clock_of(value.time, clock) if missed else clock
                is_news = isinstance(value, Joined | Left | Renamed)
                mark, lines = NEWS if is_news else OWN if own else PLAIN, [self._event(value, own)]
        start = f"{self._paint(clock, _DIM)} {mark} " if self.time else f"{mark} "
        return [start + line for line in lines]

    def _event(self, value: Placed, own: bool) -> str:
        match value:
            case Joined(_, name, addr) | Left(_, name, addr):
                what = ONLINE if isinstance(value, Joined) else OFFLINE
                return self._paint(f"{self._address(addr)}{name}:{what}", _DIM)
            case Renamed(_, old, name, addr):
                return self._paint(f"{self._address(addr)}{old} 改名为 {name}", _DIM)
            case Whisper(_, name, to, text):
                return (self._private("→ ", to) if own else self._private("", name)) + text
            case Said(_, name, addr, text):
                start = self._paint(self._address(addr), _DIM) + self._name(name, own)
                return f"{start} * {text}" if isinstance(value, Emote) else f"{start}:{text}"

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
