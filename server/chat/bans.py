"""The entries of bans: which names nobody may have, and from where nobody may come in. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from . import texts
from .events import Done
from .kept import Keeping
from .order import Kicked, Order, ending, expel, farewell
from .owners import NAME_BANNED, Ban, Owners
from .room import Entry, Room
from .told import Told


@dataclass(slots=True)
class Deed(Entry):
    """What an operator has done. It is in the file already, so it holds, even if they have left by now. An Answer follows."""

    operator: str  # the name
    typed: str
    ban: Ban
    done: Done = field(default_factory=Done, init=False)  # what is to be answered

    def apply(self, room: Room, told: Told) -> None:
        """Do it, and tell the other operators."""
        order = room.of(Order)
        self.done = self.carry_out(room, order, told)
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
        """Remove whoever is there."""
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


def ban_name(room: Room, ban: Ban) -> None:
    """Let nobody have a name any more."""
    room.of(Owners).bans[ban.what] = ban
    if claim not in room.families.claims:  # no name has been banned before
        room.families.claims.append(claim)


def claim(room: Room, who: Keeping | None, key: str) -> Done | None:
    """Refuse a name that is banned."""
    return NAME_BANNED if room.of(Owners).ban_of(key, room.now) else None
