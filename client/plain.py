"""Lines in, lines out: a pipe, or a terminal that has no more than lines."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TextIO

from .display import Display
from .keys import Key
from .text import clean


class Plain(Display):
    """What the conversation says goes to standard output, all else to standard error unless a person reads both.

    ASKING: there is a person to be asked.
    """

    def __init__(self, *, asking: bool) -> None:
        self._asking = asking
        self._aside = sys.stdout if asking and sys.stdout.isatty() else sys.stderr
        self._prompt = ""  # that stands at the end of the screen
        self._partial = b""

    def ask(self, prompt: str, *, keep: bool = False) -> None:
        """Say what to type now."""
        if self._asking:
            self._prompt = prompt
            self._aside.write(prompt)
            self._aside.flush()

    def feed(self, data: bytes) -> Iterator[str | Key | None]:
        """The lines that DATA completes; None at the end of input."""
        *lines, self._partial = (self._partial + data).split(b"\n")
        if not data and self._partial:
            lines.append(self._partial)
        for line in lines:
            self._prompt = ""
            yield clean(line.decode("utf-8", "replace"))
        if not data:
            yield None

    def show(self, lines: Iterable[str]) -> None:
        """Show lines of the conversation."""
        self._write(sys.stdout, lines)

    def say(self, lines: Iterable[str]) -> None:
        """Show what is not of the conversation."""
        self._write(self._aside, lines)

    def set_status(self, status: str) -> None:
        """There is no place for it."""

    def signalled(self, number: int) -> None:
        """Nothing is drawn anew, or given back."""

    def _write(self, stream: TextIO, lines: Iterable[str]) -> None:
        text = "".join(f"{line}\n" for line in lines)
        stream.write(f"\n{text}{self._prompt}" if self._prompt else text)
        stream.flush()
