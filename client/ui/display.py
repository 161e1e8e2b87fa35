"""What the client needs of whatever its user sees and types on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from .keys import Key


class Display(Protocol):
    """For the main thread. Lines come without their ends, and clean."""

    def ask(self, prompt: str, *, keep: bool = False) -> None:
        """Let a line be typed behind a prompt. `keep` leaves both to be seen when the line is entered."""

    def feed(self, data: bytes) -> Iterator[str | Key | None]:
        """Yield the lines that are completed, COMPLETE where that is asked for, and None at the end of input."""

    def show_messages(self, lines: Iterable[str]) -> None:
        """Show lines of the conversation."""

    def show_notices(self, lines: Iterable[str]) -> None:
        """Show lines that are not of the conversation."""

    def hide(self, is_hidden: bool) -> None:
        """Let nobody read what is typed from now on, or show it again."""

    def set_status(self, status: str) -> None:
        """Show a status before the prompt from now on."""

    def signalled(self, number: int) -> None:
        """Do what a signal asks of a display, if anything."""
