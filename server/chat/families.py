"""Where families of commands take part in what the room does. Pure.

A family is a file of commands. It adds functions to these lists before the server starts, or later from an entry. They
run in the broadcaster's thread under the map lock, so they must be quick and must not block.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from . import texts
from .events import Done, Whispered
from .hiding import Hiding
from .kept import Keeping
from .told import Told

TAKEN = Done(texts.NAME_TAKEN, "name_taken")  # the receipt for whoever wants somebody else's name

R = TypeVar("R")  # the room
M = TypeVar("M", bound=Keeping)  # a member
L = TypeVar("L")  # a line of a member, as an entry


class Families(Generic[R, M, L]):
    """What families add. The room asks each function in its turn."""

    def __init__(self) -> None:
        # Is told of every line, before it is known whether the line may be done.
        self.hearers: list[Callable[[R, M, L, Told], None]] = []
        # May a line be done? The receipt that refuses it, or None. Changes nothing: it may be asked several times.
        self.filters: list[Callable[[R, M, L], Done | None]] = []
        # Is a folded name somebody else's? Asked for whoever wants it: a member, a session, or None for a newcomer.
        self.claims: list[Callable[[R, Keeping | None, str], Done | None]] = []
        # Tell a newcomer something, after everyone was told that they have come.
        self.greeters: list[Callable[[R, int, float, Told], None]] = []
        # What to tell whoever has written to a folded name that nobody here has: a receipt, or None.
        self.offline: list[Callable[[R, str], Done | None]] = []
        # Is told that a member has written to another one, or to the session of a program, who may not want to hear it.
        self.written: list[Callable[[R, M, Keeping, Whispered, Told], None]] = []
        # A line about a member or a session for `/whois`, or nothing.
        self.facts: list[Callable[[R, Keeping, float], str]] = []
        self.hiding = Hiding()

    def hear(self, room: R, member: M, line: L, told: Told) -> None:
        """Tell every hearer of a line."""
        for hear in self.hearers:
            hear(room, member, line, told)

    def refusal(self, room: R, member: M, line: L) -> Done | None:
        """Return why a line may not be done, or None."""
        for check in self.filters:
            if refused := check(room, member, line):
                return refused
        return None

    def claim(self, room: R, who: Keeping | None, key: str) -> Done | None:
        """Return why a folded name cannot be had although nobody online has it, or None."""
        for check in self.claims:
            if refused := check(room, who, key):
                return refused
        return None
