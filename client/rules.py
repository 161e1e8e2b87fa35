"""What the client and the server must agree on: command words, names, and characters that drive a terminal. Pure.

The server decides. A test compares both sides, so that the client never takes a line for something else.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from enum import Enum, auto

MAX_NAME = 32  # characters, after NFC
RECEIPT = "I'm live"
QUIT = "/quit"
UNKNOWN_COMMAND = "未知命令，输入 /help 查看帮助"
REFUSALS = (
    *("服务器人数已满，请稍后再试", "来自同一地址的连接过多，请稍后再试", "服务器繁忙，请稍后再试"),
    "服务器只接受加密连接，请使用 TLS",
)

# C0 but tab, DEL and C1 drive a terminal. Bidi controls and line separators reorder or break its lines.
_CONTROLS = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_WORDS = re.compile(r"\s*(\S+)(?:(\s+)(\S+)(?:(\s+)(\S.*))?)?\s*", re.DOTALL)
WIDE = "\u3000"  # the space of Chinese input methods


class Kind(Enum):
    """What a line is for the server."""

    TALK = auto()
    PRIVATE = auto()
    RENAME = auto()
    COMMAND = auto()  # anything else that is done once
    QUESTION = auto()  # it can be asked again
    QUIT = auto()
    VALUES = auto()
    HEARTBEAT = auto()
    BAD = auto()  # unknown, or not in its format


WORDS = {
    "who": Kind.QUESTION,
    "rename": Kind.RENAME,
    "to": Kind.PRIVATE,
    "me": Kind.TALK,
    "reply": Kind.PRIVATE,
    "away": Kind.COMMAND,
    "ignore": Kind.COMMAND,
    "unignore": Kind.COMMAND,
    "quiet": Kind.COMMAND,
    "join": Kind.COMMAND,
    "leave": Kind.COMMAND,
    "rooms": Kind.QUESTION,
    "whois": Kind.QUESTION,
    "last": Kind.QUESTION,
    "search": Kind.QUESTION,
    "help": Kind.QUESTION,
    "quit": Kind.QUIT,
    "json": Kind.VALUES,
    "resume": Kind.VALUES,
}
PLAIN = ("who", "rename", "to")  # are also known without the slash
ALONE = ("who", "help", "quit", "quiet", "leave", "rooms")  # nothing may follow them, but for `/who all`
ONE_NAME = ("rename", "whois", "unignore", "join")  # one word follows them


def kind_of(line: str) -> Kind:
    """Return what the server will take a line for."""
    if not line:
        return Kind.HEARTBEAT
    if line.startswith("//"):
        return Kind.TALK
    word, separator, rest = _first_word(line.removeprefix("/"))
    alone = not rest.strip(" ")
    if line[0] != "/" and (word not in PLAIN or alone != (word in ALONE)):
        return Kind.TALK
    _, _, text = rest.partition(separator)
    if (
        (word in ALONE and not alone and (word, rest.strip(" ")) != ("who", "all"))
        or (word in ("me", "reply") and alone)
        or (word in ONE_NAME and len(rest.split()) != 1)
        or (word == "ignore" and len(rest.split()) > 1)
        or (word == "to" and (rest.startswith(separator) or not text.strip(" ")))
    ):
        return Kind.BAD
    return WORDS.get(word, Kind.BAD)


def _first_word(text: str) -> tuple[str, str, str]:
    """Return the first word, the separator behind it (a space, or `|`), and the rest."""
    word, separator, rest = text.partition(" ")
    if "|" in word or not separator:
        piped, bar, after = text.partition("|")
        if bar and piped in PLAIN and piped not in ALONE:
            return piped, bar, after
    return word, separator or " ", rest


def fold(name: str) -> str:
    """Return the key under which a name is unique: names that differ only by case or width have the same."""
    if name.isascii():
        return name.lower()
    key = unicodedata.normalize("NFC", name) if len(name) <= 4 * MAX_NAME else name
    for _ in range(2):
        if len(key) > MAX_NAME:
            return key
        key = unicodedata.normalize("NFKC", unicodedata.normalize("NFD", key).upper()).casefold()
    return unicodedata.normalize("NFKC", key)


def may_be_name(text: str) -> bool:
    """Return whether somebody may have asked for this name. The server has more rules, and none less."""
    if len(text) > 4 * MAX_NAME or not 1 <= len(unicodedata.normalize("NFC", text)) <= MAX_NAME:
        return False
    return all(char in "_-." or unicodedata.category(char)[0] in "LM" or char.isdecimal() for char in text)


def clean(text: str) -> str:
    """Return a text without what would drive the terminal that it is shown on."""
    return text if text.isprintable() else _CONTROLS.sub("", text)


def loosen(line: str, is_known: Callable[[str], bool]) -> str:
    """Return the command that a person means by a line: the server would take it for talk, or would refuse it.

    Chinese input methods give full-width spaces, and phones a capital letter. `is_known` tells who is online: a line
    that begins like a private word to one of them is not for everyone.
    """
    if (found := _WORDS.fullmatch(line)) is None or (kind := kind_of(line)) not in (Kind.TALK, Kind.BAD):
        return line
    typed, first, name, second, text = found.groups(default="")
    word = unicodedata.normalize("NFKC", typed).casefold()
    is_meant = kind is Kind.BAD or WIDE in first + second
    match word.removeprefix("/"):
        case "who" if not name:
            return word
        case "rename" if name and not text and is_meant:
            return f"{word} {name}"
        case "to" if text and (is_meant or is_known(name)):
            return f"{word} {name} {text}"
    return line
