"""The lines that the client sends, and what the server will make of them. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

WHO = "who"
SIGN_OF_LIFE = ""

_TO = re.compile(r"/?to([ |])(?P<name>[^ |]+)\1(?P<text>.*[^ ].*)")
_RENAME = re.compile(r"/?rename[ |]\s*(?P<name>\S+)\s*")
_WHO = re.compile(r"/?who *")


@dataclass(frozen=True, slots=True)
class Say:
    """TEXT for everyone."""

    text: str


@dataclass(frozen=True, slots=True)
class To:
    """TEXT for the user NAME alone."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Rename:
    """The wish to be called NAME."""

    name: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Anything else: it is answered, or is a sign of life."""


Meaning = Say | To | Rename | Ask


@dataclass(slots=True)
class Request:
    """A line on its way; HIDDEN if the client itself asks, REFUSED once the server has said why it cannot be done."""

    line: str
    meaning: Meaning
    hidden: bool = False
    refused: bool = False

    @property
    def is_list(self) -> bool:
        """Whether it asks who is online, and the answer is not to be seen."""
        return self.hidden and self.line == WHO


def private(name: str, text: str) -> str:
    """The line that says TEXT to NAME alone."""
    return f"to {name} {text}"


def rename(name: str) -> str:
    """The line that asks to be called NAME."""
    return f"rename {name}"


def is_name(text: str) -> bool:
    """Whether somebody may be called TEXT: a name is one word."""
    return len(text.split()) == 1


def parse(line: str) -> Meaning:
    """What the server will take LINE for."""
    if to := _TO.fullmatch(line):
        return To(*to.group("name", "text"))
    if name := _RENAME.fullmatch(line):
        return Rename(name["name"])
    if line.startswith("//"):
        return Say(line[1:])
    if not line or line.startswith("/") or _WHO.fullmatch(line):
        return Ask()
    return Say(line)
