"""Whose a name is: accounts, and what an accounts file keeps for them, as values. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Account:
    """A name that belongs to somebody. Whoever registers it after it was given up has another account."""

    number: int  # which no other account ever has
    key: str  # the folded name
    name: str


@dataclass(frozen=True, slots=True)
class Word:
    """A private word that waits for the owner of a name."""

    number: int  # which no other word ever has
    sender: str
    text: str
    time: float  # seconds since 1970


@dataclass(frozen=True, slots=True)
class Ban:
    """A name that nobody may have, or a network from which nobody may come in."""

    what: str  # the folded name, or the network
    shown: str  # the same, as people write it
    is_address: bool
    until: float  # seconds since 1970; 0 means for ever
    by: str  # the name of the operator

    def holds(self, now: float) -> bool:
        """Return whether it is not over."""
        return not self.until or now < self.until
