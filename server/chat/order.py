"""The entries of operators: who is removed, who may say nothing, who may not come in. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from . import texts
from .entries import Heard, Leave, Line
from .events import Done, Notice
from .moment import moment
from .names import fold
from .owners import Ban, Owners, is_on
from .private_words import NOT_ONLINE
from .room import Entry, Member, Room
from .sessions import Session
from .told import Told

NOT_OPERATOR = Done(texts.NOT_OPERATOR, "not_operator")
NOT_TO_ONESELF = Done(texts.NOT_TO_ONESELF, "not_allowed")
NOT_TO_OPERATORS = Done(texts.NOT_TO_OPERATORS, "not_allowed")
MUTED = Done(texts.MUTED, "muted")
MOST_MUTED = 1000  # names


@dataclass(slots=True)
class Mute:
    """What is kept of whoever may say nothing. It goes with them to another name, and with a program's session."""

    until: float | None = None  # seconds since 1970; 0 means until somebody lifts it
    key: str = ""  # the folded name under which they were muted

    def follow(self, other: Mute) -> None:
        """Hold at least as long as another, which the same person had before."""
        if self.until != 0 and other.until is not None and (other.until == 0 or other.until > (self.until or 0)):
            self.until, self.key = other.until, other.key


@dataclass(slots=True)
class Order:
    """What is kept of the room: who its operators are, and what they have ordered."""

    operators: frozenset[str] = frozenset()  # folded names
    mutes: dict[str, float] = field(
        default_factory=dict
    )  # until when, by folded name, so that coming back does not help
    networks: dict[str, Ban] = field(default_factory=dict)  # from which nobody may come in
    motd: str = ""  # what a newcomer is told
    done: list[str] = field(default_factory=list)  # what operators have done, for the log

    def is_operator(self, room: Room, who: Member | Session) -> bool:
        """Return whether somebody has logged in as an operator, and has that name now."""
        return who.key in self.operators and room.of(Owners).is_owner(who, who.key)

    def report(self, room: Room, name: str, number: int, typed: str, told: Told) -> None:
        """Take note of what the operator `name`, who has this number, has done, for the log, and tell the others."""
        what = texts.OPERATOR_DID.format(name) + typed
        self.done.append(what)
        for key in self.operators:
            other = room.online_map.get(key)
            if other is not None and other.number != number and self.is_operator(room, other):
                told.tell_one(other.number, Notice(what))


@dataclass(slots=True)
class Kicked(Leave):
    """Somebody is removed, whether they want or not. The farewell is the last that they are told."""

    evicts: ClassVar[bool] = True


@dataclass(slots=True)
class OperatorLine(Line):
    """What an operator wants done. `typed` is the line as the other operators and the log will see it."""

    typed: str

    def act(self, room: Room, member: Member, told: Told) -> Done:
        """Do it, if an operator wants it, and tell the others."""
        order = room.of(Order)
        if not order.is_operator(room, member):
            return NOT_OPERATOR
        done = self.carry_out(room, order, member, told)
        if not done.code:
            order.report(room, member.name, self.number, self.typed, told)
        return done

    def carry_out(self, room: Room, order: Order, member: Member, told: Told) -> Done:
        """Do it. Return the receipt."""
        raise NotImplementedError


@dataclass(slots=True)
class OnSomebody(OperatorLine):
    """What an operator wants done to whoever has a folded name."""

    key: str

    def carry_out(self, room: Room, order: Order, member: Member, told: Told) -> Done:
        """Do it to a member, or to a program that is away for a moment."""
        target = room.find(self.key)
        if target is None:
            return NOT_ONLINE
        if target is member:
            return NOT_TO_ONESELF
        return NOT_TO_OPERATORS if order.is_operator(room, target) else self.do_to(room, order, target, told)

    def do_to(self, room: Room, order: Order, target: Member | Session, told: Told) -> Done:
        """Do it to them."""
        raise NotImplementedError


@dataclass(slots=True)
class Kick(OnSomebody):
    """Somebody shall be removed."""

    reason: str

    def do_to(self, room: Room, order: Order, target: Member | Session, told: Told) -> Done:
        """Remove them."""
        name = expel(room, self.key, farewell(texts.KICKED, self.reason), self.time, told)
        return Done(texts.IS_KICKED.format(name))


@dataclass(slots=True)
class MuteOne(OnSomebody):
    """Somebody shall say nothing, until then."""

    name: str
    until: float

    def do_to(self, room: Room, order: Order, target: Member | Session, told: Told) -> Done:
        """Mute them, and whoever has that name. An address as a name is another person's some day."""
        for key in [key for key, until in order.mutes.items() if not is_on(until, self.time)]:
            del order.mutes[key]
        if len(order.mutes) == MOST_MUTED:
            del order.mutes[next(iter(order.mutes))]
        mute = target.of(Mute)
        mute.until, mute.key = self.until, self.key
        if self.key != fold(target.addr):
            order.mutes[self.key] = self.until
        if silence not in room.families.filters:  # nobody has been muted before
            room.families.filters.append(silence)
        end = ending(self.until, self.time)
        if isinstance(target, Member):
            told.tell_one(target.number, Notice(texts.MUTED + end))
        return Done(texts.IS_MUTED.format(self.name) + end)


@dataclass(slots=True)
class Unmute(OperatorLine):
    """Somebody may talk again. They need not be online."""

    key: str
    name: str

    def carry_out(self, room: Room, order: Order, member: Member, told: Told) -> Done:
        """Lift it, from the name, and from whoever has it or had it when they were muted."""
        was_muted = order.mutes.pop(self.key, None) is not None
        people: list[Member | Session] = [*room.members.values(), *room.sessions.names.values()]
        for who in people:
            mute = who.kept.find(Mute)
            if mute and mute.until is not None and self.key in (who.key, mute.key):
                was_muted, mute.until = True, None
                order.mutes.pop(mute.key, None)
                if isinstance(who, Member):
                    told.tell_one(who.number, Notice(texts.MUTE_LIFTED))
        return (
            Done(texts.IS_UNMUTED.format(self.name))
            if was_muted
            else Done(texts.NOT_MUTED.format(self.name), "not_muted")
        )


def silence(room: Room, member: Member, line: Entry) -> Done | None:
    """Refuse a line of somebody who is muted, if others would hear it."""
    return MUTED if isinstance(line, Heard) and is_muted(room, member, line.time) else None


def is_muted(room: Room, who: Member | Session, now: float) -> bool:
    """Return whether somebody may say nothing now."""
    mute = who.kept.find(Mute)
    return is_on(room.of(Order).mutes.get(who.key), now) or (mute is not None and is_on(mute.until, now))


def protected(order: Order, member: Member, key: str) -> Done | None:
    """Return why an operator may not ban a folded name: it is their own, or another operator's, online or not."""
    if member.key == key:
        return NOT_TO_ONESELF
    return NOT_TO_OPERATORS if key in order.operators else None


def expel(room: Room, key: str, text: str, time: float, told: Told) -> str:
    """Remove whoever has a folded name, also a program that is away for a moment. Return the name."""
    target = room.find(key)
    if isinstance(target, Member):
        Kicked(target.number, time, "kicked", text).apply(room, told)
    elif target:
        room.sessions.end(target)
    return target.name if target else ""


def farewell(text: str, reason: str) -> str:
    """Return the last that somebody is told, with the reason if there is one."""
    return f"{text}：{reason}" if reason else text


def ending(until: float, now: float) -> str:
    """Return until when something holds, as it stands behind what it is. 0 is for ever."""
    return texts.UNTIL.format(moment(until, now)) if until else texts.UNTIL_LIFTED
