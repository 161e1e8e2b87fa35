"""The entries of bans: which names nobody may have, and from where nobody may come in. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from . import texts
from .events import Done
from .kept import Keeping
from .order import Kicked, OperatorLine, Order, ending, expel, farewell, protected
from .owners import Ban, Owners
from .room import Entry, Member, Room
from .told import Told


@dataclass(slots=True)
class BanName(OperatorLine):
    """Nobody shall have a name. The ban is in the file already."""

    ban: Ban

    def carry_out(self, room: Room, order: Order, member: Member, told: Told) -> Done:
        """Take note of it, and remove whoever has the name."""
        if refused := protected(order, member, self.ban.what):
            return refused
        ban_name(room, self.ban)
        expel(room, self.ban.what, farewell(texts.KICKED, texts.NAME_BANNED), self.time, told)
        return Done(texts.IS_BANNED.format(self.ban.shown) + ending(self.ban.until, self.time))


@dataclass(slots=True)
class BanNetwork(OperatorLine):
    """Nobody shall come in from a network. The door knows it already. `numbers` are the members who are there."""

    ban: Ban
    numbers: Sequence[int]

    def carry_out(self, room: Room, order: Order, member: Member, told: Told) -> Done:
        """Remove whoever is there."""
        order.networks[self.ban.what] = self.ban
        for number in self.numbers:
            Kicked(number, self.time, "kicked", farewell(texts.KICKED, texts.BANNED)).apply(room, told)
        return Done(texts.IS_BANNED.format(self.ban.shown) + ending(self.ban.until, self.time))


@dataclass(slots=True)
class Unban(OperatorLine):
    """A ban is over. It is in no file any more."""

    ban: Ban

    def carry_out(self, room: Room, order: Order, member: Member, told: Told) -> Done:
        """Forget it."""
        (order.networks if self.ban.is_address else room.of(Owners).bans).pop(self.ban.what, None)
        return Done(texts.IS_UNBANNED.format(self.ban.shown))


def ban_name(room: Room, ban: Ban) -> None:
    """Let nobody have a name any more."""
    room.of(Owners).bans[ban.what] = ban
    if tick not in room.families.filters:  # no name has been banned before
        room.families.filters.append(tick)
        room.families.claims.append(claim)


def tick(room: Room, member: Member, line: Entry, told: Told) -> None:
    """Take note of the time, so that a ban is over at some time."""
    room.of(Owners).now = line.time


def claim(room: Room, who: Keeping | None, key: str) -> Done | None:
    """Refuse a name that is banned."""
    owners = room.of(Owners)
    return Done(texts.NAME_BANNED, "name_banned") if owners.ban_of(key, owners.now) else None
