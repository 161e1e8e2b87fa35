"""Bytes from a terminal → keys and text. Pure."""

from __future__ import annotations

import codecs
import re
from enum import Enum

from ..rules import clean

ESCAPE = b"\x1b"  # alone; Ctrl-C counts as this key where a password is asked for
GIVE_UP = b"\x05\x15\r"  # the keys that enter an empty line instead of what stands there

# What a key asks for, by the names that GNU readline's manual uses.
Key = Enum(
    "Key",
    "ENTER COMPLETE LEFT RIGHT UP DOWN HOME END WORD_LEFT WORD_RIGHT BACKSPACE DELETE DELETE_OR_END"
    " KILL_WORD KILL_TO_START KILL_TO_END YANK CLEAR_SCREEN",
)
_CONTROL = {
    "\r": Key.ENTER,
    "\n": Key.ENTER,
    "\t": Key.COMPLETE,
    "\x7f": Key.BACKSPACE,
    "\x01": Key.HOME,
    "\x02": Key.LEFT,
    "\x04": Key.DELETE_OR_END,
    "\x05": Key.END,
    "\x06": Key.RIGHT,
    "\x08": Key.BACKSPACE,
    "\x0b": Key.KILL_TO_END,
    "\x0c": Key.CLEAR_SCREEN,
    "\x0e": Key.DOWN,
    "\x10": Key.UP,
    "\x15": Key.KILL_TO_START,
    "\x17": Key.KILL_WORD,
    "\x19": Key.YANK,
    "\x1bb": Key.WORD_LEFT,
    "\x1bf": Key.WORD_RIGHT,
    "\x1b\x7f": Key.KILL_WORD,
}
_FINAL = {"A": Key.UP, "B": Key.DOWN, "C": Key.RIGHT, "D": Key.LEFT, "H": Key.HOME, "F": Key.END}
_BY_WORDS = {"C": Key.WORD_RIGHT, "D": Key.WORD_LEFT}
_NUMBERED = {"1": Key.HOME, "7": Key.HOME, "4": Key.END, "8": Key.END, "3": Key.DELETE}
_PASTE, _PASTED = "\x1b[200~", "\x1b[201~"

# The first alternative is what the Linux console sends for F1 to F5.
_SEQUENCE = r"\x1b\[\[[A-E]|\x1b\[[0-?]*[ -/]*[@-~]|\x1bO[ -~]|\x1b[bf\x7f]"
_TOKEN = re.compile(rf"{_SEQUENCE}|[\x00-\x1f\x7f]|[^\x00-\x1f\x7f]+")
_UNFINISHED = re.compile(r"\x1b(?:O|\[[0-?]{0,32}[ -/]{0,8}|\[\[)?\Z")


class KeyReader:
    """Feed it bytes as they come, however they are cut; it gives keys, and text to be inserted.

    Sequences that mean nothing here are swallowed whole. What is pasted, between the marks of a terminal that sets
    them, is text, and so are its line ends: they come as `\\n`, and enter nothing.
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._unfinished = ""
        self._pasting = self._after_cr = False

    def feed(self, data: bytes) -> list[Key | str]:
        """Return the keys and texts that `data` completes."""
        new = self._decoder.decode(data)
        if self._unfinished == "\x1b" and not new.startswith(("[", "O")):
            self._unfinished = ""  # somebody has really pressed Escape: what follows is not part of it
        text = self._unfinished + new
        unfinished = _UNFINISHED.search(text)
        self._unfinished = unfinished[0] if unfinished else ""
        found = (self._key(token) for token in _TOKEN.findall(text.removesuffix(self._unfinished)))
        return [key for key in found if key]

    def _key(self, token: str) -> Key | str:
        """Return the key or text that a token is, or nothing."""
        if token in (_PASTE, _PASTED):
            self._pasting, self._after_cr = token == _PASTE, False
            return ""
        if token >= " " and token != "\x7f":
            self._after_cr = False
            return clean(token)
        if self._pasting:
            after_cr, self._after_cr = self._after_cr, token == "\r"
            return "\n" if token == "\r" or (token == "\n" and not after_cr) else clean(token)
        if token.startswith("\x1b[["):
            return ""
        if token.startswith(("\x1b[", "\x1bO")):
            return _sequence(token)
        return _CONTROL.get(token, "")


def _sequence(token: str) -> Key | str:
    """Return the key that sends a sequence. With Ctrl or Alt held, left and right go by words."""
    number, _, modifiers = token[2:-1].partition(";")
    final = token[-1]
    if final == "~":
        return _NUMBERED.get(number, "")
    if modifiers and final in _BY_WORDS:
        return _BY_WORDS[final]
    return _FINAL.get(final, "")
