"""What the members of a crowd type. Pure, but for the numbers of their texts."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .crowd_member import Member

ROOMS = ("tea", "茶", "TEA")
OPERATOR = "op"
PASSWORD = "one-for-everybody"  # the names differ, and that is enough
WRONG = "quite-another-one"


@dataclass(frozen=True, slots=True)
class Choice:
    """What a line is made with: the names that members want, and the addresses of those who are there."""

    chance: random.Random
    names: Sequence[str]
    addrs: Sequence[str]

    def name(self) -> str:
        """Return a name that somebody may have."""
        return self.chance.choice(self.names)

    def somebody(self) -> str:
        """Return a name, or the address of somebody who is there, which may be their name."""
        return self.chance.choice([*self.names, self.chance.choice(self.addrs)])

    def password(self) -> str:
        """Return a password, which is right more often than not."""
        return PASSWORD if self.chance.random() < 0.8 else WRONG


# What is typed, and how often.
LINES: dict[str, tuple[int, Callable[[Member, Choice], str]]] = {
    "say": (50, lambda member, choice: member.text("m")),
    "me": (6, lambda member, choice: f"/me {member.text('m')}"),
    "rename": (14, lambda member, choice: f"rename {choice.name()}"),
    "to": (14, lambda member, choice: f"to {choice.somebody()} {member.text('p')}"),
    "reply": (5, lambda member, choice: f"/reply {member.text('p')}"),
    "who": (7, lambda member, choice: "who"),
    "go": (7, lambda member, choice: f"/join {choice.chance.choice(ROOMS)}"),
    "go back": (3, lambda member, choice: "/leave"),
    "register": (9, lambda member, choice: f"/register {PASSWORD}"),
    "login": (8, lambda member, choice: f"/login {choice.name()} {choice.password()}"),
    "unignore": (2, lambda member, choice: f"/unignore {choice.somebody()}"),
    "quiet": (3, lambda member, choice: "/quiet"),
}
TALK = ("say", "me", "to", "reply")
