"""Where accounts and operators move into a server, before it starts: its commands, its room, its doors."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from ..chat import names
from ..chat.announcing import greet
from ..chat.order import Order
from ..chat.owners import Owners
from ..chat.room import Room
from ..commands.accounts import Accounts
from ..commands.bans import Bans
from ..commands.order import FOR_OPERATORS, Reserved
from ..commands.registry import Registry
from ..limits.banned import BannedNetworks
from ..log.broadcaster import Broadcaster
from ..settings import Settings
from ..wire.addresses import address_towards, is_loopback, network_of
from ..wire.decoding import decode
from .desk import Desk
from .passwords import Passwords
from .store import Store
from .tries import Tries

log = logging.getLogger(__name__)

MOST_MOTD = 8 * 1024  # bytes


class House(Protocol):
    """What accounts need of the server."""

    settings: Settings
    commands: Registry
    broadcaster: Broadcaster
    stopping: threading.Event


class Doors:
    """Knows where people come from, and keeps networks out. Any thread may call any method."""

    def __init__(self, broadcaster: Broadcaster, banned: BannedNetworks) -> None:
        self._broadcaster = broadcaster
        self.network_of = network_of
        self.ban = banned.add
        self.unban = banned.remove

    def would_hit_us(self, host: str) -> bool:
        """Return whether a host is this machine, or would be banned together with it."""
        return is_loopback(host) or network_of(host) in (network_of("::1"), network_of(_from_here(host)))

    def hosts(self) -> Mapping[int, str]:
        """Return from where everyone online comes, by number."""
        return {user.number: user.origin.host for user in self._broadcaster.users()}


def add_accounts(
    house: House,
    banned: BannedNetworks,
    store: Store,
    operators: Sequence[str] = (),
    stored: Callable[[], int | None] | None = None,
) -> None:
    """Let people have accounts, let bans hold, and let operators keep order. `store` has the accounts and the bans.

    `operators` are names; without any, the bans of former ones hold all the same. `stored` returns up to which place of the
    log a history has been written, if there is one, and None while nothing can be written.
    """
    store.lock.stopping = house.stopping
    room = house.broadcaster.room
    keys = frozenset(names.fold(name) for name in operators)
    tries = Tries(house.settings.trust_loopback)
    desk = Desk(store, Passwords(house.stopping), tries, keys, stored)
    Accounts(desk, room, store.accounts).add_to(house.commands)
    bans = Bans(desk, Doors(house.broadcaster, banned), room, store.bans, keys)
    if operators:
        house.commands.checks.append(Reserved(room.of(Order), room.of(Owners), tries.is_trusted).check)
        bans.add_to(house.commands)
        for command in FOR_OPERATORS:
            house.commands.add(command)
        _warn_of_unregistered(room, operators)


def _from_here(host: str) -> str:
    """Return this machine's address on the way to a host, or its loopback if there is none."""
    with contextlib.suppress(OSError):
        return address_towards(host)
    return "::1"


def _warn_of_unregistered(room: Room, operators: Sequence[str]) -> None:
    """Log which operators have no account yet, and how they get one."""
    for name in operators:
        if names.fold(name) not in room.of(Owners).accounts:
            log.warning("%s has to register, from this machine: rename %s, then /register PASSWORD", name, name)


def read_motd(path: str) -> str:
    """Return the text of a file, as it can be shown on any terminal. Raises OSError, or ValueError if it is too long."""
    data = Path(path).read_bytes()
    if len(data) > MOST_MOTD:
        raise ValueError(f"it has more than {MOST_MOTD} bytes")
    return "\n".join(map(decode, data.splitlines())).strip("\n")


def set_motd(room: Room, text: str) -> None:
    """Let newcomers read a text, which operators may change."""
    room.of(Order).motd = text
    room.families.greeters.append(greet)
