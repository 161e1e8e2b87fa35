"""Which names are allowed, and when two names are the same.

Pure. A name tells people apart. So no name may look like another name, like an address or like a command.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container

MAX_NAME = 32  # characters, after NFC

TOO_LONG = f"长度须为 1 到 {MAX_NAME} 个字符"
BAD_CHARACTER = "只能使用字母、数字和 _ - ."
LIKE_ADDRESS = "不能使用地址的形式"
LIKE_COMMAND = "不能使用命令的名称"

_ADDRESS = re.compile(r".*:[0-9]+|[0-9]+(\.[0-9]+){3}")  # with a port or without

# Letters and marks that Unicode draws as nothing (its Default_Ignorable_Code_Point property).
_INVISIBLE = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")


class BadName(ValueError):
    """A name that breaks the rules. Its text is the reason, as the user is told it."""


def check(name: str, reserved: Container[str] = ()) -> str:
    """Return `name` as it will be shown, in NFC. Raise BadName with the reason if the rules forbid it.

    `reserved` holds the folded words that no name may be, such as the commands.
    """
    name = unicodedata.normalize("NFC", name)
    if not 1 <= len(name) <= MAX_NAME:
        raise BadName(TOO_LONG)
    key = fold(name)
    if _ADDRESS.fullmatch(key):
        raise BadName(LIKE_ADDRESS)
    if _INVISIBLE.search(name) or not all(map(_is_allowed, name)):
        raise BadName(BAD_CHARACTER)
    if unicodedata.category(name[0])[0] == "M":  # it would be drawn over whatever stands before the name
        raise BadName(BAD_CHARACTER)
    if key in reserved:
        raise BadName(LIKE_COMMAND)
    return name


def fold(name: str) -> str:
    """Return the key under which `name` is unique. Names that differ only by case or width have the same key."""
    # Twice, because folding case can undo NFKC, and NFKC can bring out another capital letter.
    for _ in range(2):
        name = unicodedata.normalize("NFKC", name).casefold()
    return unicodedata.normalize("NFKC", name)


def _is_allowed(character: str) -> bool:
    return character in "_-." or unicodedata.category(character)[0] in "LM" or character.isdecimal()
