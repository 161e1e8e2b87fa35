"""The line that is being typed, and the way back to earlier ones. Pure: knows no terminal."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from .history import History
from .keys import Key
from .text import start_of_last


@dataclass(frozen=True, slots=True)
class Line:
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

    def insert(self, text: str) -> Line:
        """Return it with a text put in at the cursor."""
        return Line(self.before + text + self.after, self.cursor + len(text))

    def move(self, cursor: int) -> Line:
        """Return it with the cursor elsewhere."""
        return Line(self.text, cursor)

    def cut(self, start: int, end: int) -> Line:
        """Return it without some characters, and the cursor where they were."""
        return Line(self.text[:start] + self.text[end:], start)

    def left(self) -> int:
        """Return where the character before the cursor begins. What combines with it goes with it."""
        return start_of_last(self.before)

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
        match = re.match(r"\s*\S*", self.after)
        return self.cursor + (match.end() if match else 0)


class Editor:
    """A line, the text that was cut out last, and a history to walk through."""

    def __init__(self, history: History) -> None:
        self.line = Line()
        self.history = history
        self._killed = ""
        self._back = 0  # how far in the history we are; 0 is the line being typed
        self._draft = Line()  # which waits here meanwhile

    def use(self, history: History) -> None:
        """Walk through this history from now on."""
        self.history, self._back = history, 0

    def enter(self) -> str:
        """Take the line away. Return its text."""
        text = self.line.text
        self.line = self._draft = Line()
        self._back = 0
        return text

    def press(self, key: Key | str) -> None:
        """Do what a key asks for; a text is inserted. ENTER and COMPLETE are not for the editor."""
        line = self.line
        match key:
            case str():
                self.line = line.insert(key)
            case Key.LEFT:
                self.line = line.move(line.left())
            case Key.RIGHT:
                self.line = line.move(line.right())
            case Key.HOME:
                self.line = line.move(0)
            case Key.END:
                self.line = line.move(len(line.text))
            case Key.WORD_LEFT:
                self.line = line.move(line.word_left())
            case Key.WORD_RIGHT:
                self.line = line.move(line.word_right())
            case Key.BACKSPACE:
                self.line = line.cut(line.erased(), line.cursor)
            case Key.DELETE | Key.DELETE_OR_END:
                self.line = line.cut(line.cursor, line.right())
            case Key.KILL_WORD:
                self._kill(line.word_left(), line.cursor)
            case Key.KILL_TO_START:
                self._kill(0, line.cursor)
            case Key.KILL_TO_END:
                self._kill(line.cursor, len(line.text))
            case Key.YANK:
                self.line = line.insert(self._killed)
            case Key.UP:
                self._walk(1)
            case Key.DOWN:
                self._walk(-1)

    def _kill(self, start: int, end: int) -> None:
        self._killed = self.line.text[start:end] or self._killed
        self.line = self.line.cut(start, end)

    def _walk(self, step: int) -> None:
        """Show the line that is `step` further back in the history."""
        back = self._back + step
        if not 0 <= back <= len(self.history.lines):
            return
        if self._back == 0:
            self._draft = self.line
        self._back = back
        text = self.history.lines[-back] if back else ""
        self.line = Line(text, len(text)) if back else self._draft
