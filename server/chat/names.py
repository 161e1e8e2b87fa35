"""Which names are allowed, and when two names are the same.

Pure. A name tells people apart. So no name may look like another name, like an address, like a command or like what
the server itself says.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container

from . import texts
from .characters import BLANKS, DOTS, IGNORABLE, LATIN, dots_stand_well, marks_stand_well

MAX_NAME = 32  # characters, after NFC
MAX_TYPED = 4 * MAX_NAME  # characters, before NFC, which makes one of at most four

# Marks on one letter. Burmese has four that take no column, in လျှို့ဝှက်; Vietnamese typed in parts has two of no script.
MAX_MARKS = 4
MAX_COMBINING = 2

# What looks like a colon or a dot becomes one, and the letters that look like 0 and 1 become digits.
_AS_ADDRESS = str.maketrans(
    dict.fromkeys("oοоօסഠဝᄋⵔⲟꓳ", "0")
    | dict.fromkeys("ilιіӏǀןוاᛁᅵ丨ⵏⲓꓲ", "1")
    | {character: "." if character in "ˑꓸꓹꞏᆞᱸᱹᐧᣟॱ\u0887" else ":" for character in DOTS}
)
_AS_LETTERS = str.maketrans("01i", "oll")  # as they look in a hurry
_IPV4 = re.compile(r"[0-9](\.[0-9]+){3}")  # in digits, whatever stands around it
_LIKE_IPV4 = re.compile(r"(?<![0-9a-z])[0-9]+(\.[0-9]+){3}(?![0-9a-z])")  # also in letters, but not as a part of words
_WITH_COLONS = re.compile(r".*:[0-9]+|\[?[0-9a-f.]*(:[0-9a-f.]*){2,}(%.*)?\]?(:[0-9]*)?")  # a port; IPv6, with a zone

# Chinese characters of the server's texts, and behind each those that stand for it in traditional or Japanese writing, or
# that look like it in a hurry.
_SAME = re.findall(
    r"\S+",
    """
    已己巳 未末 入人 大太犬 管菅 个個箇 为為爲 了瞭 于於 会會 修脩 关關関 内內 册冊 出齣 务務 动動 厅廳庁厛廰 发發髮発髪 只隻衹祇 号號
    合閤 同衕 后後 员員貟 回迴囘 复復複覆 对對対 将將 尝嘗嚐 属屬 帮幫 并併並 开開 录錄録彔 户戶戸 执執 收収 数數 断斷 时時 显顯顕
    暂暫 机機 条條 来來 查査 样樣様 欢歡歓懽 没沒 注註 满滿満 码碼 确確 离離 私俬 称稱 线線綫缐 经經経 继繼継 续續続 节節 认認
    设設 试試 话話 该該 语語 请請 账賬 车車 输輸 辞辭 达達 过過 还還 这這 进進迸 连連聯 销銷 长長 闭閉 间間 须須鬚 频頻
    """,
)
_ALIKE = {ord(other): group[0] for group in _SAME for other in group[1:]}


class BadName(ValueError):
    """A name that breaks the rules. Its text is the reason, as the user is told it."""


def check(name: str, reserved: Container[str] = ()) -> str:
    """Return `name` as it will be shown, in NFC. Raise BadName with the reason if the rules forbid it.

    `reserved` holds the folded words that no name may be, such as the commands.
    """
    name = _compose(name)
    if not 1 <= len(name) <= MAX_NAME:
        raise BadName(texts.NAME_TOO_LONG.format(MAX_NAME))
    key = fold(name)
    if len(key) > MAX_TYPED:  # letters that stand for whole sentences, such as U+FDFA
        raise BadName(texts.NAME_BAD_CHARACTER)
    if _is_like_address(key):
        raise BadName(texts.NAME_LIKE_ADDRESS)
    if not _has_good_characters(name, key):
        raise BadName(texts.NAME_BAD_CHARACTER)
    if key in reserved:
        raise BadName(texts.NAME_LIKE_COMMAND)
    if _is_like_server(key):
        raise BadName(texts.NAME_LIKE_SERVER)
    return name


def fold(name: str) -> str:
    """Return the key under which `name` is unique. Names that differ only by case or width have the same key.

    A text that is too long for a name is its own key, at no cost: nobody has it.
    """
    if name.isascii():
        return name.lower()
    key = _compose(name)
    # Twice, because folding case can undo NFKC, and NFKC can bring out another capital letter. By way of capitals,
    # because the lower case of `I` is not ı; from NFD, because some letters with marks, such as ᾷ, have no capital.
    for _ in range(2):
        if len(key) > MAX_NAME:
            return key
        key = unicodedata.normalize("NFKC", unicodedata.normalize("NFD", key).upper()).casefold()
    return unicodedata.normalize("NFKC", key)


def skeleton(name: str) -> str:
    """Return what `name` looks like to somebody in a hurry: in the letters of English, with no marks, signs and digits.

    It is like the skeleton of Unicode's UTS #39.
    """
    key = fold(name)
    return key if len(key) > MAX_TYPED else _letters(key.translate(LATIN).lower()).translate(_AS_LETTERS)


def _compose(name: str) -> str:
    """Return `name` in NFC, or as it is if that is too long for any name: the time grows with the square of the marks."""
    return name if len(name) > MAX_TYPED else unicodedata.normalize("NFC", name)


def _is_like_address(key: str) -> bool:
    digits = key if key.isascii() else "".join(str(unicodedata.decimal(character, character)) for character in key)
    shape = digits.translate(_AS_ADDRESS)
    return bool(_IPV4.search(digits) or _LIKE_IPV4.search(shape) or _WITH_COLONS.fullmatch(shape))


def _has_good_characters(name: str, key: str) -> bool:
    """Return whether all characters may be in a name, and stand where they cannot be overlooked or mistaken."""
    if not all(map(_is_allowed, {*name, *key})):  # NFKC brings out hidden spaces
        return False
    if name.isascii():
        return True
    zeros = {ord(character) - unicodedata.decimal(character) for character in key if character.isdecimal()}
    return (
        len(zeros) <= 1  # digits of one script: Arabic zeros look like dots beside others
        and not IGNORABLE.search(name)
        and BLANKS.isdisjoint(name)
        and marks_stand_well(name, MAX_MARKS, MAX_COMBINING)
        and dots_stand_well(name)
    )


def _is_allowed(character: str) -> bool:
    return character in "_-." or unicodedata.category(character)[0] in "LM" or character.isdecimal()


def _letters(key: str) -> str:
    """Return what is left of a name for somebody who looks at it in a hurry: no marks and no signs."""
    apart = unicodedata.normalize("NFD", key).translate(_ALIKE)
    return "".join(c for c in apart if c.isalnum() and unicodedata.category(c) != "Lm")


def _said_by_the_server() -> tuple[frozenset[str], re.Pattern[str]]:
    """Return the words that no name may be, and a pattern of those that no name may have in it.

    They are made from `texts`: what a text begins with, and every piece of Chinese that is long
    enough to be known, or says who is an operator.
    """
    whole: set[str] = set()
    parts = {"管理员"}
    said = [value for name, value in vars(texts).items() if name.isupper() and isinstance(value, str)]
    for text in said:
        pieces = [_letters(fold(piece)) for piece in re.findall(r"[^\W\d]+", text) if not piece.isascii()]
        if text[0] != "{":  # a name stands there
            whole.update(pieces[:1])
        parts.update(piece for piece in pieces if len(piece) >= 4)
    return frozenset(whole), re.compile("|".join(sorted(parts)))


_WHOLE, _PARTS = _said_by_the_server()
# The receipt, whatever stands in it for the apostrophe and the space. Without a sign between them, `Im` is a surname.
_RECEIPT = re.compile(r"[_.-]*[il1][^0-9a-z]+m([^0-9a-z]*live)?[_.-]*|[_.-]*[il1][^0-9a-z]*m[^0-9a-z]*live[_.-]*")


def _is_like_server(key: str) -> bool:
    if _RECEIPT.fullmatch(key):
        return True
    letters = "" if key.isascii() else _letters(key)
    return letters in _WHOLE or bool(letters and _PARTS.search(letters))
