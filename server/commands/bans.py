"""`/ban`, `/ban-address`, `/bans` and `/unban`, for operators.

A ban is in the file before it comes into the log, so these functions wait for the disk, in the handler's thread. Whether
somebody is an operator, only the log knows. It is asked before the file is written. From then on the ban holds, even if the
operator has left or is none any more when it comes into the log.
"""

from __future__ import annotations

import ipaddress
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from ..chat import names, texts
from ..chat.bans import BanName, BanNetwork, Deed, Unban, ban_name, refuse_operators
from ..chat.entries import Line
from ..chat.events import DONE, Done, Notice
from ..chat.kinds import Several
from ..chat.logins import Answer
from ..chat.looks import Look, Nothing, is_next
from ..chat.moment import moment
from ..chat.order import NOT_OPERATOR, Order, protected
from ..chat.owners import Ban, Owners
from ..chat.refusals import Trouble
from ..chat.room import NOBODY, Entry, Member, Room
from ..chat.told import Told
from .order import name_and_end, only_name, typed
from .registry import Command, Registry, Request, guarded

# An address as people are shown it, with a port: `10.0.0.1:40312`, `[2001:db8::1]:40312`. A line begins with it in brackets.
_SHOWN = re.compile(r"\[?(?:\[([^\[\]]+)\](?::\d+)?|([\d.]+)(?::\d+)?)\]?")

OF_ADDRESS = 60  # minutes for which an address is banned, if nothing else is said: others will have it some day
TO_CONFIRM = 60  # seconds in which a ban of more than one has to be confirmed

Refusal = Callable[[Room, Member], "Done | None"]


class Desk(Protocol):
    """Who keeps bans. Each call may wait for the disk, and raises Trouble where it cannot be done."""

    def ban(self, ban: Ban) -> None:
        """Keep a ban, over restarts too."""

    def unban(self, ban: Ban) -> None:
        """Forget a ban."""


class Doors(Protocol):
    """Who knows where people come from. Any thread may call any method."""

    def hosts(self) -> Mapping[int, str]:
        """Return from where everyone online comes, by number."""

    def network_of(self, host: str) -> str:
        """Return what counts as one place."""

    def would_hit_us(self, host: str) -> bool:
        """Return whether a host is this machine, or would be banned together with it."""

    def ban(self, network: str, until: float) -> None:
        """Let nobody in from a network, until then; 0 means for ever."""

    def unban(self, network: str) -> None:
        """Let people in again."""


@dataclass(slots=True)
class ListBans(Line):
    """The question who is banned."""

    def act(self, room: Room, member: Member, told: Told) -> Done:
        """Tell an operator, and nobody else: there are addresses among them."""
        order = room.of(Order)
        if not order.is_operator(room, member):
            return NOT_OPERATOR
        bans = [ban for ban in (*room.of(Owners).bans.values(), *order.networks.values()) if ban.holds(self.time)]
        if not bans:
            return Done(texts.NO_BANS)
        told.tell_one(self.number, Several([Notice(_describe(ban, self.time)) for ban in bans]))
        return DONE


class Bans:
    """The family. One object serves all connections, and any thread may call its methods.

    Lock rule: an operator bans or lifts a ban under `_one_at_a_time`, so that the file, the room and the doors say the same.
    Under it they wait for the disk and for the log. Only operators take it, and it is taken before any other lock.
    """

    def __init__(
        self, desk: Desk, doors: Doors, room: Room, bans: Sequence[Ban], operators: frozenset[str] = frozenset()
    ) -> None:
        """`bans` are all that there are when the server starts, and `operators` are the folded names of its operators."""
        self._desk = desk
        self._doors = doors
        self._order = room.of(Order)
        self._owners = room.of(Owners)
        self._one_at_a_time = threading.Lock()
        self._asked: dict[str, tuple[str, float]] = {}  # what each operator has to confirm: a network, and until when
        self._order.operators = operators  # before the bans: somebody who was banned may be an operator now
        for key in operators - self._owners.accounts.keys():
            if session := room.sessions.names.get(key):  # a history has kept it, and it may be anybody's
                room.sessions.lose_name(session)
        for ban in bans:
            if ban.is_address:
                self._order.networks[ban.what] = ban
                doors.ban(ban.what, ban.until)
            elif ban.what not in operators:
                ban_name(room, ban)

    def add_to(self, registry: Registry) -> None:
        """Add the commands."""
        for command in (
            Command("ban", "ban 用户名 [分钟]", "管理员：禁用该用户名", guarded(self._ban)),
            Command(
                "ban-address", "ban-address 用户名 [分钟]", "管理员：封禁其地址，也可写地址", guarded(self._ban_address)
            ),
            Command("bans", "bans", "管理员：查看封禁", self._bans, alone=True),
            Command("unban", "unban 用户名", "管理员：解除封禁，也可写地址", guarded(self._unban)),
        ):
            registry.add(command)

    def _ban(self, request: Request) -> Entry:
        """`/ban NAME [MINUTES]`."""
        name, until = name_and_end(request, 0)
        try:
            key = names.fold(names.check(name))
        except names.BadName as error:  # nobody can have it anyway, but for those whose address it is
            raise Trouble(f"{texts.NAME_BAD}{error}", "name_bad") from None
        with self._one_at_a_time:
            operator = self._operator(request, lambda room, member: protected(self._order, member, key))
            ban = Ban(key, name, False, until, operator)
            self._desk.ban(ban)
            return _do(request, BanName(request.number, request.time, operator, typed(request), ban))

    def _ban_address(self, request: Request) -> Entry:
        """`/ban-address NAME|ADDR [MINUTES]`. If it would hit more than one, it has to come twice, within a minute.

        How many it would hit by then does not matter, or whoever is to be banned could connect once more each time.
        """
        target, until = name_and_end(request, OF_ADDRESS)
        with self._one_at_a_time:
            operator = self._operator(request)
            host = self._host(request, target)
            if self._doors.would_hit_us(host):
                raise Trouble(texts.NOT_TO_LOOPBACK, "not_allowed")
            network = self._doors.network_of(host)
            if network == self._doors.network_of(request.way.host):
                raise Trouble(texts.NOT_TO_ONESELF, "not_allowed")
            hit = self._who_is_in(network)
            self._operator(request, lambda room, _: refuse_operators(room, hit))
            asked, end = self._asked.pop(operator, ("", 0.0))
            if len(hit) > 1 and (asked != network or request.time > end):
                self._asked[operator] = network, request.time + TO_CONFIRM
                raise Trouble(texts.WOULD_HIT.format(len(hit)), "repeat")
            ban = Ban(network, network, True, until, operator)
            self._desk.ban(ban)
            self._doors.ban(network, until)  # from here on nobody comes in any more, and whoever is in is removed
            request.way.ask(Nothing(request.number, request.time))  # whoever was on the way in is in now
            there = self._who_is_in(network)
            deed = BanNetwork(request.number, request.time, operator, typed(request), ban, there)
            answer = _do(request, deed)
            if deed.done.code:  # another operator has come in, or logged in there, since the question
                self._doors.unban(network)
                self._desk.unban(ban)
            return answer

    def _unban(self, request: Request) -> Entry:
        """`/unban NAME|ADDR`."""
        what = only_name(request)
        key, network = names.fold(what), self._network(what)
        found: list[Ban] = []

        def find(*_: object) -> Done | None:
            found.extend(ban for ban in (self._owners.bans.get(key), self._order.networks.get(network)) if ban)
            return None if found else Done(texts.NOT_BANNED.format(what), "not_banned")

        with self._one_at_a_time:
            operator, ban = self._operator(request, find), found[0]
            self._desk.unban(ban)
            if ban.is_address:
                self._doors.unban(ban.what)
            return _do(request, Unban(request.number, request.time, operator, typed(request), ban))

    def _bans(self, request: Request) -> Entry:
        """`/bans`, alone on its line."""
        return ListBans(request.number, request.time)

    def _operator(self, request: Request, refusal: Refusal = lambda room, member: None) -> str:
        """Return the name of whoever asks, who has to be an operator. Raises Trouble if not, or with the refusal."""

        def question(room: Room, member: Member, _: Told) -> tuple[str, Done | None]:
            may = self._order.is_operator(room, member) and is_next(member, request.way.line)
            return member.name, refusal(room, member) if may else NOT_OPERATOR

        look = Look(request.number, request.time, question)
        request.way.ask(look)
        name, refused = look.answer or ("", NOT_OPERATOR)
        if refused:
            raise Trouble(refused.text, refused.code)
        return name

    def _host(self, request: Request, target: str) -> str:
        """Return the host of a name that is online, or the address itself. Raises Trouble."""
        key = names.fold(target)

        def question(room: Room, *_: object) -> int:
            return room.online_map[key].number if key in room.online_map else NOBODY

        look = Look(request.number, request.time, question)
        request.way.ask(look)
        host = self._doors.hosts().get(look.answer or NOBODY) or self._address(target)
        if not host:
            raise Trouble(texts.ADDRESS_UNKNOWN, "not_online")
        return host

    def _address(self, text: str) -> str:
        """Return an address that an operator has written, or one in a network as `/bans` shows it, or nothing."""
        found = _SHOWN.fullmatch(text)
        host = found[1] or found[2] if found else text.partition("/")[0]
        try:
            address = str(ipaddress.ip_address(host))
        except ValueError:
            return ""
        return address if "/" not in text or self._doors.network_of(address) == text else ""

    def _network(self, what: str) -> str:
        """Return the network that an operator has written: as `/bans` shows it, or as one of its addresses."""
        host = self._address(what)
        return self._doors.network_of(host) if host else what

    def _who_is_in(self, network: str) -> list[int]:
        return [number for number, host in self._doors.hosts().items() if self._doors.network_of(host) == network]


def _do(request: Request, deed: Deed) -> Entry:
    """Have a deed done that is in the file already. Return the answer to the line."""
    request.way.ask(deed)
    return Answer(request.number, request.time, deed.done)


def _describe(ban: Ban, now: float) -> str:
    if ban.until:
        return texts.BAN_UNTIL.format(ban.shown, ban.by, moment(ban.until, now))
    return texts.BAN_FOR_EVER.format(ban.shown, ban.by)
