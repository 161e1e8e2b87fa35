"""Lines that were meant to hold a password, and are no command as they were typed. Pure.

Such a line must not be said to everyone. Which lines these are is guessed in favour of the password: it is better to refuse
some talk that begins with `login` than to show everyone one password.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from ..chat import texts
from ..chat.announcing import Announce, SetMotd
from ..chat.characters import IGNORABLE, LATIN
from ..chat.entries import Say
from ..chat.order import Kick
from ..chat.refusals import Refuse
from ..chat.room import Entry
from .basic import Whisper
from .me import Emote
from .people import Away, Reply
from .registry import Way

# How many words stand behind each of the commands that have a password.
_WORDS = {"register": 1, "login": 2, "password": 2, "unregister": 1}
# What people type instead, because it is called so elsewhere. It may be talk.
_INSTEAD = {"logon": "login", "signin": "login", **dict.fromkeys(["pass", "psswd", "pswd", "pwd"], "password")}
# What is no slip although it looks like one, unless there is a slash.
_OTHERS = frozenset(
    ["logic", "logan", "logon", "logins", "registers", "registry", "registrar", "registered", "passport", "passwords"]
)
# Words of English that are one of ours without the blank between them. Other parts of our words are no words.
_PAIRS = frozenset([("log", "in"), ("log", "on"), ("sign", "in"), ("pass", "word")])
# What stands behind these words in talk. It is no name and no password.
_TALK = frozenset(
    re.findall(
        r"\S+",
        """
about after again all and another any are around as at attempt attempts back be because been before both broken but
button buttons by can cannot could did do does doesn't doing don't error errors every everybody everyone failed failing
fails first for form from get gets had has have help her here him his hours how i if in instead into is isn't issue
issues it it's its just keeps last later let link links list mark marks me minutes must my never next no not now of off
on once one only or our out over page please problem problems rate rates really screen seconds server sheet should so
some something soon still such than thank thanks that the their them then there these they this those through time to
today tomorrow tonight too try trying twice under until up us using very via was we were what when where whether which
who why will with without won't work worked works would yesterday yet you your yours
""",
    )
)
_FIRST_PARTS = frozenset(word[:end] for word in (*_WORDS, *_INSTEAD) for end in range(1, len(word)))
_ARTICLES = frozenset(["a", "an"])
_SLASHES = frozenset("/\\、∕⁄÷")
_SHORTEST_PART = 3  # letters of the beginning of a command

_LONGEST = 100  # characters that are looked at: every command and its first words
_LINE = re.compile(r"([\W_]*)([a-z0-9]+)(?:[\W_]+(\S.*)?)?", re.DOTALL)
_NEXT = re.compile(r"([a-z0-9]+)[\W_]+(\S.*)", re.DOTALL)
_SEPARATORS = re.compile(r"[\s|]+")
# A letter or two that were left over in front of the slash. More of them may be an address: `x.org/login`.
_LEFT_OVER = re.compile(
    rf"[\W_]*\w{{1,2}}[{re.escape(''.join(_SLASHES))}]({'|'.join(_WORDS)})[\s|]+(\S.*)", re.DOTALL | re.IGNORECASE
)
_CHINESE = re.compile(r"[\W_]*[\u3041-\u9fff]")  # what begins so is talk, as most lines are
# But it is not, where it begins with a word that stands for one of our commands in `/help`.
_IN_CHINESE = re.compile(
    r"[\W_]*[请請]?(?:注册|註冊|登[录陆入錄陸]|(?:[修更]?改)?密[码碼]|[注註][销銷])([\s|:：,，]*)(.*)", re.DOTALL
)
_FORM = re.compile("用[户戶]名|密[码碼]")  # words of the forms in `/help`, which somebody has typed, too
_SEPARATORS_IN_CHINESE = re.compile(r"(?:[\s|：，]|(?<=[\u3041-\u9fff])[:,])+")
_JOINED = re.compile("(?=.*[A-Za-z])(?=.*[0-9])[!-~]{6,}")  # a password, where no blank tells it from `注册GitHub`
_MARKS = re.compile("[\u0300-\u036f]+")
# What keys and a paste send to a server without their control character, as in `[A`, `^[[A`, `[1;5C`, `[200~` and `OA`.
_KEYS = re.compile(r"(?:\^\[)?(?:\[[0-9;]*[A-Ha-h~]|[Oo][A-DFHa-dfh](?=[/\\]))")
# A word that may be a password: it has more in it than small letters and what ends a sentence, or it is long enough.
_HARD = re.compile("[!-&(-`{-~]")
_LONG = re.compile("[a-z]{6}")


def refuse_slip(entry: Entry, way: Way) -> Entry:
    """Refuse a line of which somebody would read a password. A check, for the registry."""
    return Refuse(entry.number, entry.time, texts.LIKE_PASSWORD, "like_password") if _has_slip(entry) else entry


def _has_slip(entry: Entry) -> bool:
    """Return whether somebody would read a password, if this were done. Behind another command it needs a slash."""
    if type(entry) is Say:
        return is_slip(entry.text)
    if type(entry) is Kick:
        return is_slip(entry.reason, needs_slash=True)
    return isinstance(entry, (Announce, Away, Emote, Reply, SetMotd, Whisper)) and is_slip(entry.text, needs_slash=True)


def is_slip(text: str, needs_slash: bool = False) -> bool:
    """Return whether a line that is no command was probably meant to be one that has a password.

    With `needs_slash`, only one with a slash in front is: other words are for whoever they are said to.
    """
    text = text[:_LONGEST]
    if (found := _LEFT_OVER.match(unicodedata.normalize("NFKC", text))) and _has_passwords(found[2], found[1].lower()):
        return True
    if not text.isascii():
        if _CHINESE.match(text):
            return not needs_slash and _is_chinese_slip(text)
        text = _MARKS.sub("", unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text))).translate(LATIN)
        if IGNORABLE.search(text):  # what is not seen may stand for a blank, or for nothing
            return any(_is_slip(IGNORABLE.sub(unseen, text), needs_slash) for unseen in ("", " "))
    return _is_slip(text, needs_slash) or (bool(_KEYS.search(text)) and _is_slip(_KEYS.sub("", text), needs_slash))


def _is_chinese_slip(text: str) -> bool:
    """Return whether one or two words follow that may be a name and a password. What ends in Chinese is taken for talk."""
    found = _IN_CHINESE.match(text)
    words = _SEPARATORS_IN_CHINESE.split(_FORM.sub(" ", found[2]).strip()) if found else []
    if found is None or not 0 < len(words) <= 2 or not words[-1].isascii():
        return False
    if not found[1]:
        return bool(_JOINED.fullmatch(words[-1]))
    return bool(_HARD.search(words[-1]) or _LONG.search(words[-1]))


def _is_slip(text: str, needs_slash: bool) -> bool:
    found = _LINE.match(text.lower())
    if found is None or not found[3]:
        return False
    signs, word, rest = found[1].strip(), found[2], text[found.start(3) :]
    if word[0] == "7" and len(word) > 1 and not signs:  # the key of the slash on a German keyboard
        signs, word = "/", word[1:]
    has_slash = not _SLASHES.isdisjoint(signs)
    if needs_slash and not has_slash:
        return False
    if word in _WORDS or (has_slash and _is_part(word)):
        return True
    meant = _nearest(word)
    if meant and (has_slash or word not in _OTHERS) and (signs or _count(rest) == _WORDS[meant]):
        return True
    if word in _INSTEAD and _has_passwords(rest, _INSTEAD[word]):
        return True
    return word in _FIRST_PARTS and _is_in_two(word, found[3], rest, has_slash)


def _is_part(word: str) -> bool:
    """Return whether a word behind a slash is short for a command, or is one elsewhere."""
    return word in _INSTEAD or len(word) >= _SHORTEST_PART and any(known.startswith(word) for known in _WORDS)


def _is_in_two(word: str, lower: str, rest: str, has_slash: bool) -> bool:
    """Return whether a word is the first part of a command that was typed as two. `lower` is `rest` in small letters."""
    following = _NEXT.match(lower)
    if following is None:
        return False
    joined = word + following[1]
    meant = joined if joined in _WORDS else _INSTEAD.get(joined, "")
    rest = rest[following.start(2) :]
    if not meant or has_slash:
        return bool(meant)
    return _has_passwords(rest, meant) if (word, following[1]) in _PAIRS else _count(rest) == _WORDS[meant]


def _has_passwords(rest: str, meant: str) -> bool:
    """Return whether there are as many words as a command needs, which do not look like talk, and may be passwords."""
    words = [word.strip(".,:;!?()\"'") for word in _SEPARATORS.split(rest.strip())]
    if words[0].lower() == "as":  # `log in as NAME PASSWORD`
        del words[0]
    lower = {word.lower() for word in words}
    if len(words) != _WORDS[meant] or lower & _TALK:
        return False
    if _HARD.search(words[-1]):
        return True
    passwords = words if meant == "password" else words[-1:]
    return not lower & _ARTICLES and all(_HARD.search(word) or _LONG.search(word) for word in passwords)


def _count(rest: str) -> int:
    return len(_SEPARATORS.split(rest.strip()))


@lru_cache(maxsize=4096)  # people use the same words again and again
def _nearest(word: str) -> str:
    """Return the command that was mistyped, if one was: by one letter, or by two in a long word."""
    for known in _WORDS:
        allowed = 2 if len(known) > 5 else 1
        if abs(len(word) - len(known)) <= allowed and _distance(word, known) <= allowed:
            return known
    return ""


def _distance(one: str, other: str) -> int:
    """Return how many letters were left out, added, changed, or typed in the wrong order."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        row = [i]
        for j, wanted in enumerate(other, 1):
            cost = min(last[j] + 1, row[-1] + 1, last[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, last = last, row
    return last[-1]
