"""What operators tell everyone, and newcomers. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from . import texts
from .entries import Line
from .events import DONE, Done, Notice
from .kinds import EVERYWHERE, Placed
from .order import OperatorLine, Order
from .room import Member, Room
from .told import Told


@dataclass(slots=True)
class Announced(Placed):
    """An operator has told everyone something."""

    type = "announced"
    shown = ("at", "time", "name", "text")

    name: str
    text: str

    def line(self) -> str:
        """Return `[公告] TEXT`."""
        return texts.ANNOUNCED + self.text


@dataclass(slots=True)
class Announce(OperatorLine):
    """Everyone shall read something."""

    text: str

    def carry_out(self, room: Room, order: Order, member: Member, told: Told) -> Done:
        """Tell everyone, in whatever room they are."""
        event = Announced(self.time, member.name, self.text, room=EVERYWHERE)
        told.remember(event)
        told.tell_all_rooms(event)
        return DONE


@dataclass(slots=True)
class SetMotd(OperatorLine):
    """Newcomers shall read something."""

    text: str

    def carry_out(self, room: Room, order: Order, member: Member, told: Told) -> Done:
        """Remember it, until the server ends."""
        order.motd = self.text
        return Done(texts.MOTD_SET)


@dataclass(slots=True)
class ShowMotd(Line):
    """The question what a newcomer is told."""

    def act(self, room: Room, member: Member, told: Told) -> Done:
        """Answer in the receipt."""
        return Done(room.of(Order).motd or texts.NO_MOTD)


def greet(room: Room, number: int, now: float, told: Told) -> None:
    """Tell a newcomer what the operators want everyone to read."""
    if motd := room.of(Order).motd:
        told.tell_one(number, Notice(motd))
