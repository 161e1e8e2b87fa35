"""The line that is being typed, and the way back to earlier ones. Pure: knows no terminal."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from .history import History
from .keys import Key
from .text import start_of_last


@dataclass(frozen=True, slots=True)
class Draft:
    """A text, and the cursor before one of its characters."""

    text: str = ""
    cursor: int = 0

    @property
    def before(self) -> str:
        """What stands before the cursor."""
        return self.text[: self.cursor]

    @property
    def after(self) -> str:
        """What stands behind it."""
        return self.text[self.cursor :]

    def insert(self, text: str) -> Draft:
        """Return it with a text put in at the cursor."""
        return Draft(self.before + text + self.after, self.cursor + len(text))

    def cut(self, place: int) -> tuple[Draft, str]:
        """Return it without what lies between a place and the cursor, and what that was."""
        start, end = sorted((place, self.cursor))
        return Draft(self.text[:start] + self.text[end:], start), self.text[start:end]

    def erased(self) -> int:
        """Return from where on Backspace erases. An accent typed wrongly goes alone, and its letter stays."""
        last = self.before[-1:]
        if last != "\ufe0f" and last and unicodedata.category(last) == "Mn":
            return self.cursor - 1
        return start_of_last(self.before)

    def right(self) -> int:
        """Return where the character at the cursor ends."""
        place = min(self.cursor + 1, len(self.text))
        while place < len(self.text) and start_of_last(self.text[: place + 1]) < place:
            place += 1
        return place

    def word_left(self) -> int:
        """Return where the word before the cursor begins."""
        return len(re.sub(r"\S*\s*\Z", "", self.before))

    def word_right(self) -> int:
        """Return where the word at the cursor, or the next one, ends."""
        return len(self.text) - len(re.sub(r"\A\s*\S*", "", self.after))


# Where the cursor goes, up to where text is erased, and up to where it is cut out and can be put back.
_MOVES: dict[Key, Callable[[Draft], int]] = {
    Key.LEFT: lambda draft: start_of_last(draft.before),
    Key.RIGHT: Draft.right,
    Key.HOME: lambda draft: 0,
    Key.END: lambda draft: len(draft.text),
    Key.WORD_LEFT: Draft.word_left,
    Key.WORD_RIGHT: Draft.word_right,
}
_ERASES = {Key.BACKSPACE: Draft.erased, Key.DELETE: Draft.right, Key.DELETE_OR_END: Draft.right}
_KILLS: dict[Key, Callable[[Draft], int]] = {
    Key.KILL_WORD: Draft.word_left,
    Key.KILL_TO_START: lambda draft: 0,
    Key.KILL_TO_END: lambda draft: len(draft.text),
}
_STEPS = {Key.UP: 1, Key.DOWN: -1}  # back in the history


class Editor:
    """A line, the text that was cut out last, and a history to walk through."""

    def __init__(self, history: History) -> None:
        self.line = Draft()
        self.history = history
        self._killed = ""
        self._back = 0  # how far in the history we are; 0 is the line being typed
        self._draft = Draft()  # which waits here meanwhile

    def use(self, history: History) -> None:
        """Walk through this history from now on."""
        self.history, self._back = history, 0

    def forget(self) -> None:
        """Forget what was cut out: it may have been a password, or part of one."""
        self._killed = ""

    def enter(self) -> str:
        """Take the line away. Return its text."""
        text, self.line, self._back = self.line.text, Draft(), 0
        return text

    def press(self, key: Key | str) -> None:
        """Do what a key asks for; a text is inserted. ENTER and COMPLETE are not for the editor."""
        line = self.line
        if isinstance(key, str):
            self.line = line.insert(key)
        elif key in _MOVES:
            self.line = Draft(line.text, _MOVES[key](line))
        elif key in _ERASES:
            self.line, _ = line.cut(_ERASES[key](line))
        elif key in _KILLS:
            self.line, killed = line.cut(_KILLS[key](line))
            self._killed = killed or self._killed
        elif key is Key.YANK:
            self.line = line.insert(self._killed)
        elif key in _STEPS:
            self._walk(_STEPS[key])

    def _walk(self, step: int) -> None:
        """Show the line that is `step` further back in the history."""
        back = self._back + step
        if not 0 <= back <= len(self.history.lines):
            return
        if self._back == 0:
            self._draft = self.line
        self._back = back
        text = self.history.lines[-back] if back else ""
        self.line = Draft(text, len(text)) if back else self._draft
