"""The lines that the client sends, and which of the server's it does not show. Pure."""

from __future__ import annotations

RECEIPT = "I'm live"

WHO = "who"


def private(name: str, text: str) -> str:
    """The line that says TEXT to NAME alone."""
    return f"to {name} {text}"


def rename(name: str) -> str:
    """The line that asks to be called NAME."""
    return f"rename {name}"


def is_name(text: str) -> bool:
    """Whether somebody may be called TEXT: a name is one word."""
    return len(text.split()) == 1
