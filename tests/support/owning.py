"""A server with accounts; and a room with accounts, without sockets and threads, with a real file and cheap passwords."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from server import commands
from server.accounts.desk import Desk
from server.accounts.house import add_accounts, set_motd
from server.accounts.passwords import Passwords
from server.accounts.store import Store
from server.accounts.tries import Tries
from server.chat.order import Order
from server.chat.owners import Owners
from server.chat.room import Entry, Room
from server.commands.accounts import Accounts
from server.commands.bans import Bans
from server.commands.order import FOR_OPERATORS, Reserved
from server.commands.registry import Registry
from server.limits.banned import BannedNetworks
from server.wire.addresses import is_loopback, network_of

from .chatting import Chat
from .peers import StrictServer, running

CHEAP = (2, 8, 1)


class Doors:
    """Where everyone comes from, as a test says it."""

    def __init__(self) -> None:
        self.places: dict[int, str] = {}
        self.banned = BannedNetworks(lambda: 0.0)
        self.network_of, self.would_hit_us = network_of, is_loopback
        self.ban, self.unban = self.banned.add, self.banned.remove

    def hosts(self) -> dict[int, str]:
        return self.places


@dataclass(eq=False)
class ChatWay:
    """The way of one member's lines into a room that has no log: everything is applied at once."""

    apply: Callable[[Entry], object]
    host: str = "127.0.0.1"
    is_private: bool = True
    explained: set[str] = field(default_factory=set)
    line: int = 0
    before: Callable[[Entry], None] = lambda entry: None  # what happens before an entry is applied
    has_arrived: Callable[[], bool] = lambda: True

    def ask(self, entry: Entry) -> None:
        before, self.before = self.before, lambda entry: None
        before(entry)
        self.apply(entry)


class OwningChat(Chat):
    """A room with accounts. `restart` makes it that of another server with the same file."""

    def __init__(self, path: Path, operators: frozenset[str] = frozenset(), room: Room | None = None) -> None:
        super().__init__(room)
        self.path = path
        self.operators = operators
        self.now = time.time()
        self.ways: dict[int, ChatWay] = {}
        self.store = Store(path)
        self.tries = Tries()
        self.desk = Desk(self.store, Passwords(threading.Event(), CHEAP), self.tries, operators)
        self.registry = commands.discover()
        self.accounts = Accounts(self.desk, self.room, self.store.accounts)
        self.accounts.add_to(self.registry)
        self.doors = Doors()
        self.bans = Bans(self.desk, self.doors, self.room, self.store.bans, operators)
        self.bans.add_to(self.registry)
        for command in FOR_OPERATORS:
            self.registry.add(command)
        self.registry.checks.append(Reserved(self.room.of(Order), self.room.of(Owners), is_loopback).check)
        set_motd(self.room, "")

    def way(self, number: int) -> ChatWay:
        """Return the way of a member's lines."""
        return self.ways.setdefault(number, ChatWay(self.apply))

    def entry(self, number: int, line: str) -> Entry:
        """Return what a line of a member asks for, after whatever it asks the room before."""
        return self.registry.parse(number, self.now, line, self.way(number))

    def say(self, number: int, *lines: str) -> None:
        """Let a member type lines, each of which is dealt with before the next."""
        for line in lines:
            self.apply(self.entry(number, line))

    def answer(self, number: int, line: str) -> str:
        """Let a member type a line. Return the last that they read before its receipt."""
        self.read(number)
        self.say(number, line)
        return "\n".join(self.read(number)[:-1])

    def end(self) -> None:
        """Close the file."""
        self.store.close()

    def restart(self) -> OwningChat:
        """Return the room of another server with the same file."""
        self.end()
        other = OwningChat(self.path, self.operators)
        self.store = other.store  # which `end` closes
        return other


@contextlib.contextmanager
def owning(
    path: Path, *operators: str, add: Callable[[StrictServer], None] = lambda server: None, **settings: object
) -> Iterator[StrictServer]:
    """Run a server with accounts on a free port."""

    def prepare(server: StrictServer) -> None:
        add_accounts(server, server.guard.limiter.banned, store, operators)
        set_motd(server.broadcaster.room, "")
        add(server)

    with contextlib.closing(Store(path)) as store, running(prepare, **settings) as server:
        yield server


def again(store: Store, path: Path) -> Store:
    """Return what another server finds in a file."""
    store.close()
    store.__init__(path)  # type: ignore[misc]
    return store


def every_command() -> Registry:
    """Return the commands of a server that has accounts and operators."""
    registry, room = commands.discover(), Room()
    desk = cast(Desk, None)
    Accounts(desk, room, ()).add_to(registry)
    Bans(desk, Doors(), room, ()).add_to(registry)
    for command in FOR_OPERATORS:
        registry.add(command)
    return registry
