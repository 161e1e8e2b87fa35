"""What each user of a crowd sent and got, and what a line that somebody got says. Pure."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from server.chat import texts

KINDS = "mpnka"  # for everyone, private, an announcement, the reason of a kick, why somebody is away
RECEIPT = texts.RECEIPT

_TEXT = re.compile(rf"\b[{KINDS}]\d+\.\d+\.[0-9a-f]{{8}}")
_WHAT = {texts.ONLINE: "joined", texts.OFFLINE: "left", texts.LISTED: "listed"}
_WHAT |= {texts.ENTERED: "entered", texts.EXITED: "exited"}
# Each kind of line, and what it says: an address, a name, a text or a room.
_LINES = [
    ("said", re.compile(r"\[(?P<addr>[^\]]*)\](?P<name>.*?)(?::| \* )(?P<text>m\d+\.\d+\.[0-9a-f]{8})")),
    ("", re.compile(rf"\[(?P<addr>[^\]]*)\](?P<name>.*?):(?P<what>{'|'.join(_WHAT)})(?: (?P<text>\S+))?")),
    ("away", re.compile(r"\[自动回复\] (?P<name>\S+): (?P<text>a\S+)")),
    ("announced", re.compile(rf"{re.escape(texts.ANNOUNCED)}(?P<text>n\S+)")),
    ("kept", re.compile(r"(?:[\d-]{10} )?[\d:]{8} (?P<name>\S+): (?P<text>p\d+\.\d+\.[0-9a-f]{8})")),
    ("private", re.compile(r"(?P<name>.*): (?P<text>p\d+\.\d+\.[0-9a-f]{8})")),
    ("waiting", re.compile(texts.KEPT_WORDS.format(r"\d+") + r"(?:，前 (?P<text>\d+) 条可能已经看过)?")),
    ("removed", re.compile(rf"{texts.KICKED}(?:：(?P<text>\S+))?")),
    ("claimed", re.compile(texts.NAME_CLAIMED.format(r"(?P<name>\S+)", r"(?P<addr>\S+)"))),
]


def make_text(kind: str, sender: int, number: int) -> str:
    """Return text `number` of `sender`, with its own checksum. `kind` is one of KINDS."""
    head = f"{kind}{sender}.{number}"
    return f"{head}.{zlib.crc32(head.encode()):08x}"


def text_in(line: str, kinds: str = KINDS) -> str:
    """Return the text in a line that somebody sent, if it has one of these kinds."""
    found = _TEXT.search(line)
    return found[0] if found and found[0][0] in kinds else ""


@dataclass(frozen=True, slots=True)
class Heard:
    """What a line that somebody got says. For a room that is entered, left or listed, `text` is its name.

    `is_again` is for a kept word of which they were told that they may have read it.
    """

    kind: str
    addr: str = ""
    name: str = ""
    text: str = ""
    is_again: bool = False


@lru_cache(maxsize=4096)  # all read nearly the same
def parse(line: str) -> Heard | None:
    """Return what a line says, or None if it is an answer or a notice."""
    for kind, pattern in _LINES:
        if found := pattern.fullmatch(line):
            parts = found.groupdict(default="")
            kind = kind or _WHAT[parts["what"]]
            text = parts.get("text", "")
            is_lobby = kind in ("entered", "exited") and text == texts.LOBBY
            return Heard(kind, parts.get("addr", ""), parts.get("name", ""), "" if is_lobby else text)
    return None


@dataclass
class Transcript:
    """What one connection saw, in order.

    Each event is a word and a line: `sent` or `got`; or `pause` with the number of a pause. In a pause everybody has read
    everything that was caused before, and then nobody sends anything until all have got there. So a pause parts what has
    happened, for all transcripts alike. The first event may be `came` with the number of the pause before.
    """

    addr: str
    events: list[tuple[str, str]] = field(default_factory=list)
    stayed: bool = True  # whether it was there at the end
    was_reset: bool = False  # whether it has not read all that was sent to it

    def lines(self) -> Iterator[str]:
        """Return every line that it got."""
        return (line for way, line in self.events if way == "got")

    def sent(self, kind: str) -> list[str]:
        """Return the texts of one kind that it sent."""
        return [text for way, line in self.events if way == "sent" and (text := text_in(line, kind))]
