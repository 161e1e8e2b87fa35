"""What a session has to show: what others and we have said, and what has become of our lines. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from .values import Notice, Placed, Users


@dataclass(frozen=True, slots=True)
class Heard:
    """Something that the server has told. `missed`: it happened while we were away."""

    value: Placed | Users | Notice
    own: bool = False
    missed: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """A line of ours that was not taken, and why. `to` is the name for whom it was, if it was for one alone."""

    text: str
    to: str
    reason: str


@dataclass(frozen=True, slots=True)
class Note:
    """What the client itself has to say."""

    text: str


@dataclass(frozen=True, slots=True)
class Raw:
    """A line of a server that knows no values."""

    text: str


Shown = Heard | Refused | Note | Raw
NAMED = 3  # lines that a note names; the others are counted
SHORT = 40  # characters of a line in a note


def shorten(text: str) -> str:
    """Return a line as a note names it."""
    return text if len(text) <= SHORT else f"{text[:SHORT]}…"


def notes(what: str, lines: list[str]) -> list[Note]:
    """Return notes that say of some lines what has become of them."""
    named = [Note(f"{what}：{shorten(line)}") for line in lines[:NAMED]]
    return [*named, Note(f"{what}：还有 {len(lines) - NAMED} 条")] if len(lines) > NAMED else named
