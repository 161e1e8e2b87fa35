"""What the client needs of whatever its user sees and types on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from .keys import Key


class Display(Protocol):
    """For the main thread. Lines come without their ends, and clean."""

    def ask(self, prompt: str, *, keep: bool = False) -> None:
        """Let a line be typed behind PROMPT. KEEP leaves both to be seen when it is entered."""

    def feed(self, data: bytes) -> Iterator[str | Key | None]:
        """The lines that DATA completes, and COMPLETE where that is asked for; None at the end of input."""

    def show(self, lines: Iterable[str]) -> None:
        """Show lines of the conversation."""

    def say(self, lines: Iterable[str]) -> None:
        """Show lines that are not of the conversation."""

    def set_status(self, status: str) -> None:
        """Show STATUS before the prompt from now on."""

    def signalled(self, number: int) -> None:
        """Do what the signal NUMBER asks of a display, if anything."""
