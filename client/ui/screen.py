"""A terminal on which a line is typed at the bottom while others come above it.

All that is drawn is the prompt with the line behind it, as one text that the terminal wraps: so it is still one text
when the window gets another width, and its rows can be counted anew.
"""

from __future__ import annotations

import os
import signal
import sys
import termios
import tty
from collections.abc import Iterable, Iterator

from ..rules import without_password
from .display import Display
from .editor import Editor
from .keys import ESCAPE, GIVE_UP, Key, KeyReader
from .text import lay_out, width, wrap

# The row, and from its second column what is below: tmux keeps for its history what is erased from the first on.
_ERASE = "\r\x1b[K\x1b[C\x1b[J\r"
_CLEAR = "\x1b[H\x1b[2J"
LINE_END = "⏎"  # of a line that was pasted with others
SHORT_PROMPT = "> "
_PASTE_MARKS_ON, _PASTE_MARKS_OFF = "\x1b[?2004h", "\x1b[?2004l"


class Screen(Display):
    """For the main thread. While it is entered, the terminal passes on keys instead of lines."""

    def __init__(self, editor: Editor, indent: int) -> None:
        """Draw on the terminal of standard output. Further rows of a line are indented by `indent` columns."""
        self._indent = indent
        self._editor = editor
        self._keys = KeyReader()
        self._prompt: str | None = None  # None while nothing is asked
        self._keep = False
        self._is_hidden = False  # whether stars stand for what is typed
        self._status = ""
        self._drawn = ""  # the text on the screen
        self._cursor = 0  # before which of its characters the cursor stands

    def __enter__(self) -> None:
        self._take()

    def __exit__(self, *error: object) -> None:
        self._give_back()

    def ask(self, prompt: str, *, keep: bool = False) -> None:
        self._prompt = prompt
        self._keep = keep
        self._redraw()

    def feed(self, data: bytes) -> Iterator[str | Key | None]:
        if not data:  # the terminal is gone
            yield None
        if self._is_hidden and data.endswith(ESCAPE):
            data += GIVE_UP
        for key in self._keys.feed(data):
            if key is Key.ENTER:
                yield self._enter()
            elif key is Key.COMPLETE:
                yield key
            elif key is Key.CLEAR_SCREEN:
                self._drawn = ""
                self._write(_CLEAR)
            elif key is Key.DELETE_OR_END and not self._editor.line.text:
                yield None
            else:
                self._editor.press(key)
        self._redraw()

    def show_messages(self, lines: Iterable[str]) -> None:
        columns = _size().columns
        text = "".join(f"{wrap(line, columns, self._indent)}\n" for line in lines)
        self._write(self._erased() + text + self._draw())

    show_notices = show_messages

    def hide(self, is_hidden: bool) -> None:
        self._is_hidden = is_hidden
        self._editor.forget()

    def set_status(self, status: str) -> None:
        if status != self._status:
            self._status = status
            self._redraw()

    def signalled(self, number: int) -> None:
        """Draw for another size, or stop the process, as Ctrl-Z should, with the terminal as it was found."""
        if number == signal.SIGTSTP:
            self._give_back()
            os.kill(os.getpid(), signal.SIGSTOP)
            self._take()  # continued
        if number in (signal.SIGTSTP, signal.SIGWINCH):
            self._redraw()

    def _redraw(self) -> None:
        """Draw the prompt and the line as they are now."""
        self._write(self._erased() + self._draw())

    def _take(self) -> None:
        self._saved = termios.tcgetattr(sys.stdin)
        # What was typed before is kept, and Ctrl-C and Ctrl-Z stay signals.
        tty.setcbreak(sys.stdin, termios.TCSADRAIN)
        self._write(_PASTE_MARKS_ON)

    def _give_back(self) -> None:
        self._write(self._erased() + _PASTE_MARKS_OFF)
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, self._saved)

    def _enter(self) -> str:
        typed = "" if self._is_hidden else without_password(self._shown())
        asked = f"{self._status}{self._prompt or ''}{typed}\n" if self._keep else ""
        self._prompt = None
        self._write(self._erased() + asked)
        return self._editor.enter()

    def _erased(self) -> str:
        """Return what erases all that is drawn, and leaves the cursor where that began."""
        if not self._drawn:
            return ""
        row = lay_out(self._drawn, self._cursor, _size().columns).row
        self._drawn = ""
        return _up(row) + _ERASE

    def _draw(self) -> str:
        """Return what draws the prompt and the line from the cursor on, or as many rows of them as fit."""
        if self._prompt is None:
            return ""
        line = self._editor.line
        columns, height = _size()
        before = self._before(line.text, columns)
        cursor = len(before) + line.cursor
        layout = lay_out(before + self._shown(), cursor, columns)
        first = max(0, min(layout.row - height // 2, len(layout.rows) - height))
        rows = layout.rows[first : first + height]
        self._drawn = "".join(rows)
        self._cursor = cursor - len("".join(layout.rows[:first]))
        # Behind a full row the terminal's cursor waits at its end until one more character comes.
        wrap = " \r" if len(rows) > 1 and not rows[-1] else ""
        up = first + len(rows) - 1 - layout.row
        right = layout.column
        return self._drawn + wrap + _up(up) + "\r" + (f"\x1b[{right}C" if right else "")

    def _shown(self) -> str:
        """Return the line as it is drawn. A tab would be as wide as its place makes it."""
        text = self._editor.line.text
        return "*" * len(text) if self._is_hidden else text.replace("\t", " ").replace("\n", LINE_END)

    def _before(self, text: str, columns: int) -> str:
        """Return what stands before the line. On a narrow terminal a long prompt makes room for what is typed."""
        pasted = f"[{text.count(chr(10)) + 1}行，回车发送]" if "\n" in text else ""
        before = pasted + self._status
        prompt = self._prompt or ""
        if 2 * _width(prompt) > columns and _width(before + prompt + text) >= columns:
            prompt = SHORT_PROMPT
        return before + prompt

    def _write(self, text: str) -> None:
        if text:
            sys.stdout.write(text)
            sys.stdout.flush()


def _size() -> os.terminal_size:
    """The terminal's size, of which some that do not know it say 0."""
    columns, rows = os.get_terminal_size(sys.stdout.fileno())
    return os.terminal_size((columns if columns > 1 else 80, rows or 24))


def _width(text: str) -> int:
    return sum(map(width, text))


def _up(rows: int) -> str:
    return f"\x1b[{rows}A" if rows else ""
