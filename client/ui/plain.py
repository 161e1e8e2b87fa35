"""Lines in, lines out: a pipe, or a terminal that has no more than lines."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Iterable, Iterator
from typing import TextIO

from ..rules import clean
from .display import Display
from .keys import ESCAPE, Key

LONGEST = 128 * 1024  # bytes of a line from standard input; of a longer one no more is kept, and it will be refused


class Plain(Display):
    """What the conversation says goes to standard output, all else to standard error unless a person reads both.

    `asking`: there is a person to be asked.
    """

    def __init__(self, *, asking: bool) -> None:
        self._asking = asking
        self._aside = sys.stdout if asking and sys.stdout.isatty() else sys.stderr
        self._prompt: str | None = None  # None while nothing is asked
        self._drawn = ""  # what stands at the end of the screen
        self._status = ""
        self._partial = bytearray()
        self._is_hidden = False

    def ask(self, prompt: str, *, keep: bool = False) -> None:
        if self._asking:
            self._prompt = prompt
            self._write(self._aside, [])

    def feed(self, data: bytes) -> Iterator[str | Key | None]:
        if self._is_hidden and data == ESCAPE:
            data = b"\n"
        first, *more = data.split(b"\n")
        self._partial += first[: max(0, LONGEST - len(self._partial))]
        for piece in more:
            yield self._take()
            self._partial += piece
        if not data:
            if self._partial:
                yield self._take()
            yield None

    def show_messages(self, lines: Iterable[str]) -> None:
        self._write(sys.stdout, lines)

    def show_notices(self, lines: Iterable[str]) -> None:
        self._write(self._aside, lines)

    def hide(self, is_hidden: bool) -> None:
        """Turn the terminal's echo off, but for the end of a line. Where that cannot be done, say so."""
        self._is_hidden = is_hidden
        try:
            import termios
        except ImportError:
            if is_hidden:
                self.show_notices(["这里无法隐藏输入的内容"])
            return
        with contextlib.suppress(termios.error):  # the terminal is gone
            state = termios.tcgetattr(sys.stdin)
            off, on = (termios.ECHO, termios.ECHONL) if is_hidden else (termios.ECHONL, termios.ECHO)
            state[3] = state[3] & ~off | on
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, state)

    def set_status(self, status: str) -> None:
        self._status = status

    def signalled(self, number: int) -> None:
        """Stop the process, as Ctrl-Z should, with a terminal that echoes."""
        if number == getattr(signal, "SIGTSTP", None):
            was_hidden = self._is_hidden
            if was_hidden:
                self.hide(False)
            os.kill(os.getpid(), signal.SIGSTOP)
            if was_hidden:
                self.hide(True)  # continued

    def _take(self) -> str:
        line = self._partial.decode("utf-8", "replace")
        self._partial.clear()
        self._prompt, self._drawn = None, ""
        return clean(line)

    def _write(self, stream: TextIO, lines: Iterable[str]) -> None:
        drawn, self._drawn = self._drawn, "" if self._prompt is None else self._status + self._prompt
        text = "".join(f"{line}\n" for line in lines)
        for target, piece in ((self._aside, "\n" * bool(drawn)), (stream, text), (self._aside, self._drawn)):
            if piece:
                target.write(piece)
                target.flush()
