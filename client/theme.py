"""How a line of the conversation looks. Pure."""

from __future__ import annotations

import unicodedata
import zlib
from dataclasses import dataclass

from .replies import Announcement, Answer, Private, Renamed, Talk
from .shown import PrivateSent, Shown

# The colours that can be read on black and on white, and that are not taken for an alarm.
_NAME_COLOURS = (32, 33, 34, 35, 36, 92, 93, 94, 95, 96)
_DIM, _BOLD, _PRIVATE = 2, 1, 45

OWN, REFUSED, NEWS, PLAIN = "✓", "✗", "*", " "


@dataclass(frozen=True, slots=True)
class Theme:
    """What stands in a line beside its text."""

    colours: bool = False
    time: bool = True
    addresses: bool = False

    def render(self, shown: Shown, clock: str) -> str:
        """SHOWN as one line, without its end: `CLOCK MARK NAME:TEXT`."""
        mark, text = self._mark_and_text(shown)
        start = f"{self._paint(clock, _DIM)} {mark} " if self.time else f"{mark} "
        return start + text

    def notice(self, text: str, clock: str) -> str:
        """What the client itself has to say."""
        line = f"{clock} {NEWS} {text}" if self.time else f"{NEWS} {text}"
        return self._paint(line, _DIM)

    def _mark_and_text(self, shown: Shown) -> tuple[str, str]:
        match shown:
            case Talk(addr, name, text, own):
                return OWN if own else PLAIN, f"{self._paint(self._address(addr), _DIM)}{self._name(name, own)}:{text}"
            case Announcement(addr, name, what):
                return NEWS, self._paint(f"{self._address(addr)}{name}:{what}", _DIM)
            case Private(name, text):
                return PLAIN, f"{self._paint('[私聊]', _PRIVATE)} {self._name(name)}: {text}"
            case PrivateSent(name, text, taken):
                mark = {True: OWN, False: REFUSED, None: PLAIN}[taken]
                return mark, f"{self._paint('[私聊]', _PRIVATE)} → {self._name(name)}: {text}"
            case Renamed(name):
                return NEWS, f"修改用户名为: {self._name(name)}"
            case Answer(text):
                return NEWS, text

    def _address(self, addr: str) -> str:
        return f"[{addr}]" if self.addresses else ""

    def _name(self, name: str, own: bool = False) -> str:
        colour = _NAME_COLOURS[zlib.crc32(_fold(name).encode()) % len(_NAME_COLOURS)]
        return self._paint(name, colour, *([_BOLD] if own else []))

    def _paint(self, text: str, *codes: int) -> str:
        return f"\x1b[{';'.join(map(str, codes))}m{text}\x1b[0m" if self.colours and text else text


def _fold(name: str) -> str:
    """The same for all spellings of one name."""
    return unicodedata.normalize("NFKC", name).casefold()
