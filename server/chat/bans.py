"""The entries of bans: which names nobody may have, and from where nobody may come in. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from . import texts
from .events import Done
from .kept import Keeping
from .order import NOT_TO_OPERATORS, Kicked, Order, ending, expel, farewell
from .owners import NAME_BANNED, Ban, Owners
from .room import Entry, Room
from .told import Told


@dataclass(slots=True)
class Deed(Entry):
    """What an operator has done. It is in the file already, so it holds, even if they have left by now. An Answer follows.

    If it is refused, whoever has put it in takes it out of the file again.
    """

    operator: str  # the name
    typed: str
    ban: Ban
    done: Done = field(default_factory=Done, init=False)  # what is to be answered

    def apply(self, room: Room, told: Told) -> None:
        """Do it, and tell the other operators, unless it was refused."""
        order = room.of(Order)
        self.done = self.carry_out(room, order, told)
        if not self.done.code:
            order.report(room, self.operator, self.number, self.typed, told)

    def carry_out(self, room: Room, order: Order, told: Told) -> Done:
        """Do it. Return the receipt."""
        raise NotImplementedError


@dataclass(slots=True)
class BanName(Deed):
    """Nobody shall have a name."""

    def carry_out(self, room: Room, order: Order, told: Told) -> Done:
        """Take note of it, and remove whoever has the name."""
        ban_name(room, self.ban)
        expel(room, self.ban.what, farewell(texts.KICKED, texts.NAME_BANNED), self.time, told)
        return Done(texts.IS_BANNED.format(self.ban.shown) + ending(self.ban.until, self.time))


@dataclass(slots=True)
class BanNetwork(Deed):
    """Nobody shall come in from a network. The door knows it already. `numbers` are the members who are there."""

    numbers: Sequence[int] = ()

    def carry_out(self, room: Room, order: Order, told: Told) -> Done:
        """Remove whoever is there, unless there is an operator among them by now."""
        if refused := refuse_operators(room, self.numbers):
            return refused
        order.networks[self.ban.what] = self.ban
        for number in self.numbers:
            Kicked(number, self.time, "kicked", farewell(texts.KICKED, texts.BANNED)).apply(room, told)
        return Done(texts.IS_BANNED.format(self.ban.shown) + ending(self.ban.until, self.time))


@dataclass(slots=True)
class Unban(Deed):
    """A ban is over. It is in no file any more."""

    def carry_out(self, room: Room, order: Order, told: Told) -> Done:
        """Forget it."""
        (order.networks if self.ban.is_address else room.of(Owners).bans).pop(self.ban.what, None)
        return Done(texts.IS_UNBANNED.format(self.ban.shown))


def refuse_operators(room: Room, numbers: Iterable[int]) -> Done | None:
    """Return why the network of some members must not be banned: an operator is one of them."""
    order, members = room.of(Order), [room.members[number] for number in numbers if number in room.members]
    return NOT_TO_OPERATORS if any(order.is_operator(room, member) for member in members) else None


def ban_name(room: Room, ban: Ban) -> None:
    """Let nobody have a name any more."""
    room.of(Owners).bans[ban.what] = ban
    if claim not in room.families.claims:  # no name has been banned before
        room.families.claims.append(claim)


def claim(room: Room, who: Keeping | None, key: str) -> Done | None:
    """Refuse a name that is banned."""
    return NAME_BANNED if room.of(Owners).ban_of(key, room.now) else None
