"""What the client and the server must agree on: command words, names, and characters that drive a terminal. Pure.

The server decides. A test compares both sides, so that the client never takes a line for something else.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from difflib import get_close_matches
from enum import Enum, auto

MAX_NAME = 32  # characters, after NFC
RECEIPT = "I'm live"
QUIT = "/quit"
QUIET = "/quiet"
MOVES = ("/join", "/leave")
UNKNOWN_COMMAND = "未知命令，输入 /help 查看帮助"
REFUSALS = {  # and their codes
    "服务器人数已满，请稍后再试": "full",
    "来自同一地址的连接过多，请稍后再试": "too_many",
    "服务器繁忙，请稍后再试": "busy",
    "服务器只接受加密连接，请使用 TLS": "tls_only",
    "此地址已被管理员封禁": "banned",
}

# C0 but tab, DEL and C1 drive a terminal. Bidi controls and line separators reorder or break its lines.
# Halves of surrogate pairs, which JSON can hold, cannot be written.
_CONTROLS = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_WORDS = re.compile(r"\s*(\S+)(?:(\s+)(\S+)(?:(\s+)(\S.*))?)?\s*", re.DOTALL)
_SLASHES = ("/", "／", "、")  # the latter two are what Chinese input methods make of the key
_FIRST_WORDS = re.compile(r"([\W_7]*)([a-z]+)(?:[\W_]+([a-z]+))?")  # 7 is the key of the slash on some keyboards
_LETTER = "[^\\W\u2e80-\U0003ffff]"  # or a digit, of a script that has spaces between its words
WIDE = "\u3000"  # the space of Chinese input methods


class Kind(Enum):
    """What a line is for the server."""

    TALK = auto()
    PRIVATE = auto()
    RENAME = auto()
    QUESTION = auto()  # it can be asked again
    ORDER = auto()  # it changes something, and is done once
    SECRET = auto()  # it has a password: it is sent once at most, and kept nowhere
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
    **dict.fromkeys(("last", "search", "help", "whois", "rooms", "bans"), Kind.QUESTION),
    **dict.fromkeys(("join", "leave", "away", "ignore", "unignore", "quiet"), Kind.ORDER),
    **dict.fromkeys(("register", "login", "password", "unregister"), Kind.SECRET),
    **dict.fromkeys(("kick", "mute", "unmute", "ban", "ban-address", "unban", "announce", "motd"), Kind.ORDER),
    "quit": Kind.QUIT,
    "json": Kind.VALUES,
    "resume": Kind.VALUES,
}
PLAIN = ("who", "rename", "to")  # are also known without the slash
ALONE = ("who", "help", "quit", "quiet", "leave", "rooms", "bans")  # nothing may follow them
AFTER = {"who": "all"}  # what may follow all the same, behind a slash
FOR_OPERATORS = ("kick", "mute", "unmute", "ban", "ban-address", "bans", "unban", "announce")
ASKS = ("ignore", "motd")  # are questions if nothing follows them
WHO, WHO_ANYWHERE, ROOMS = "who", "/who all", "/rooms"  # the client asks by itself, too

AGAIN = "再输入一次："
# Of the commands that have passwords: how many words stand before these, and what the user is asked for them.
PASSWORDS = {
    "register": (0, ("密码：", AGAIN)),
    "login": (1, ("密码：",)),
    "password": (0, ("旧密码：", "新密码：", AGAIN)),
    "unregister": (0, ("密码：",)),
}
INSTEAD = ("logon", "signin", "pass", "psswd", "pswd", "pwd")  # what people type, because it is called so elsewhere
HIDDEN = "******"
LOOKED_AT = 200  # characters of a line that may be a mistyped command
LIKENESS = 0.74  # from which on a word may be a mistyped one
SHORT = 40  # characters of a line that a note names


def canonical(line: str) -> str:
    """Return a line with its slash and its command word as the server reads them: it knows other slashes, and capitals."""
    if not line.startswith(_SLASHES) or line.startswith("//"):
        return line
    word, _, _ = _first_word(line[1:])
    return f"/{word.lower()}{line[1 + len(word) :]}" if word.lower() in WORDS else line


def kind_of(line: str) -> Kind:
    """Return what the server will take a line for."""
    line = canonical(line)
    if not line:
        return Kind.HEARTBEAT
    if line.startswith("//"):
        return Kind.TALK
    word, separator, rest = _first_word(line.removeprefix("/"))
    alone = not rest.strip(" ")
    if line[0] != "/" and (word not in PLAIN or alone != (word in ALONE)):
        return Kind.TALK
    _, _, text = rest.partition(separator)
    if alone and word in ASKS:
        return Kind.QUESTION
    if (
        (word in ALONE and rest.strip(" ") not in ("", AFTER.get(word, "")))
        or (word in ("me", "reply") and alone)
        or (word == "rename" and len(rest.split()) != 1)
        or (word == "to" and (rest.startswith(separator) or not text.strip(" ")))
    ):
        return Kind.BAD
    return WORDS.get(word, Kind.BAD)


def private_word(line: str) -> tuple[str, str]:
    """Return the name and the text of a `to NAME TEXT`. They are empty for any other line."""
    word, separator, rest = _first_word(canonical(line).removeprefix("/"))
    name, _, text = rest.partition(separator)
    return (name, text) if word == "to" else ("", "")


def _first_word(text: str) -> tuple[str, str, str]:
    """Return the first word, the separator behind it (a space, or `|`), and the rest."""
    word, separator, rest = text.partition(" ")
    if "|" in word or not separator:
        piped, bar, after = text.partition("|")
        if bar and piped in PLAIN and piped not in ALONE:
            return piped, bar, after
    return word, separator or " ", rest


def may_hold_password(line: str) -> bool:
    """Return whether a line may be a command that has a password, however it was mistyped. The server refuses fewer."""
    found = _FIRST_WORDS.match(unicodedata.normalize("NFKC", line[:LOOKED_AT]).casefold())
    signs, first, second = found.groups("") if found else ("", "", "")
    if first in (*PASSWORDS, *INSTEAD) or first + second in (*PASSWORDS, *INSTEAD):
        return True
    is_part = bool(signs.strip()) and len(first) > 2 and any(word.startswith(first) for word in PASSWORDS)
    return is_part or bool(get_close_matches(first, PASSWORDS, cutoff=LIKENESS))


def without_password(line: str) -> str:
    """Return a line as it may be shown, and kept."""
    if kind_of(line) is Kind.SECRET:
        word, *others = canonical(line).removeprefix("/").split()
        shown = PASSWORDS[word][0]
        return " ".join([f"/{word}", *others[:shown], HIDDEN]) if len(others) > shown else line
    found = re.match(r"[\W_]*[^\W_]+(?![^\W_])(?=.*\S)", line) if may_hold_password(line) else None
    return f"{found[0]} {HIDDEN}" if found else line


def shorten(line: str) -> str:
    """Return a line as a note names it."""
    line = without_password(line)
    return line if len(line) <= SHORT else f"{line[:SHORT]}…"


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


def mentions(text: str, name: str) -> tuple[tuple[int, int], ...]:
    """Return where a text has a name, in any case and width: as a whole word, or anywhere if it has Chinese characters."""
    if not (key := fold(name)):
        return ()
    folded = text.lower() if text.isascii() else [unicodedata.normalize("NFKC", char).casefold() for char in text]
    places = [place for place, chars in enumerate(folded) for _ in chars]
    is_chinese = any(unicodedata.east_asian_width(char) in "WF" for char in key)
    pattern = re.escape(key) if is_chinese else rf"(?<!{_LETTER})(?<!{_LETTER}[-.]){re.escape(key)}(?![-.]?{_LETTER})"
    found = re.finditer(pattern, "".join(folded))
    return tuple((places[each.start()], places[each.end() - 1] + 1) for each in found)


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
        case command if command in WORDS and WIDE in first + second:
            return f"{word} {name} {text}".strip() if word[0] == "/" else line
    return line
