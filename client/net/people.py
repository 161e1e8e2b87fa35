"""Who is online, as far as the server has told. Pure.

A person stays one object over all names. So a private conversation follows its partner, and never the name. What people
do in other rooms is not told: there a person has the last name that was heard of, until somebody else is known to have it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..rules import fold
from .values import moment

MOST = 20_000  # people; a hostile server may tell of any number
LONGEST = 200  # characters of a name or an address


@dataclass(slots=True, eq=False)
class Person:
    """Somebody who is, or was, online."""

    name: str
    addr: str = ""
    is_program: bool = False  # which has a session, so that the server keeps its name for a while
    away_since: float | None = None  # seconds since 1970; its name is kept
    is_gone: bool = False  # its name may belong to somebody else


class People:
    """The people of our room by their addresses, and beside them those in other rooms, and programs whose name is kept."""

    def __init__(self) -> None:
        self.known = False  # whether the server has said who is online
        self.hold = 0.0  # seconds for which a name is kept
        self._by_addr: dict[str, Person] = {}
        self._unlisted: dict[str, Person] = {}  # who may still be on a list that is not complete
        self._away: dict[str, Person] = {}  # by folded name

    def names(self) -> list[str]:
        """Return the names of all who are in our room."""
        return [person.name for person in self._by_addr.values()]

    def names_elsewhere(self) -> list[str]:
        """Return the names of those who are known to be in other rooms."""
        return [person.name for person in self._away.values() if person.away_since is None]

    def find(self, name: str) -> Person | None:
        """Return who has a name, perhaps in another case or width."""
        key = fold(name)
        online = (person for person in self._by_addr.values() if fold(person.name) == key)
        return next(online, self._away.get(key))

    def joined(self, name: str, addr: str, time: str) -> None:
        """Take note that somebody has come. A program that comes back in time is the same person."""
        person = self._away.pop(fold(name), None)
        if person and person.away_since is not None and seconds(time) - person.away_since <= self.hold:
            person.addr, person.away_since = addr, None
        else:
            _lose(person)
            person = Person(name, addr, is_program=name != addr)
        self._keep(person)

    def left(self, addr: str, why: str, time: str) -> None:
        """Take note that somebody has gone. A program that has not quit may come back."""
        if (person := self._by_addr.pop(addr, None)) is None:
            return
        if person.is_program and why != "quit":
            person.away_since = seconds(time)
            self._put_away(person)
        else:
            person.is_gone = True

    def entered(self, name: str, addr: str) -> None:
        """Take note that somebody has come from another room."""
        self._keep(self._take(name, addr))

    def exited(self, addr: str) -> None:
        """Take note that somebody has gone into another room."""
        if person := self._by_addr.pop(addr, None):
            self._put_away(person)

    def move(self) -> None:
        """Take note that we have gone into another room. Nobody has said yet who is there."""
        for addr in list(self._by_addr):
            self.exited(addr)
        self.known = False

    def renamed(self, addr: str, name: str) -> None:
        """Take note that somebody has another name now."""
        _lose(self._away.pop(fold(name), None))
        if person := self._by_addr.get(addr):
            person.name = name
        else:
            self._keep(Person(name, addr))

    def listed(self, users: Iterable[tuple[str, str]], *, more: bool) -> None:
        """Take note of who is in our room, from an answer to `who`, or from `more` of it."""
        if not more:
            unlisted = self._unlisted if len(self._unlisted) < MOST else {}  # of a list that was broken off
            self._unlisted, self._by_addr, self.known = {**unlisted, **self._by_addr}, {}, True
        for name, addr in users:
            person = self._unlisted.pop(addr, None) or self._by_addr.get(addr) or self._take(name, addr)
            person.name = name
            _lose(self._away.pop(fold(name), None))
            self._keep(person)

    def all_listed(self) -> None:
        """Take note that the list is complete. Whoever was here before and is not on it is gone."""
        for person in self._unlisted.values():
            person.is_gone = True
        self._unlisted = {}

    def listed_elsewhere(self, users: Iterable[tuple[str, str]]) -> None:
        """Take note of who is in other rooms."""
        for name, addr in users:
            person = self._by_addr.pop(addr, None)
            self._put_away(person or self._take(name, addr))

    def _take(self, name: str, addr: str) -> Person:
        """Return who has come with a name. Whoever was away under that name, and is somebody else, is gone."""
        person = self._away.pop(fold(name), None)
        if person and person.addr == addr and person.away_since is None:
            person.name = name
            return person
        _lose(person)
        return Person(name, addr)

    def _put_away(self, person: Person) -> None:
        _lose(self._away.pop(fold(person.name), None))
        if len(person.name) <= LONGEST and len(person.addr) <= LONGEST:
            self._away[fold(person.name)] = person
        if len(self._away) > MOST:
            _lose(self._away.pop(next(iter(self._away))))

    def _keep(self, person: Person) -> None:
        if len(self._by_addr) < MOST and len(person.name) <= LONGEST and len(person.addr) <= LONGEST:
            self._by_addr[person.addr] = person


def seconds(time: str) -> float:
    """Return a time of the server in seconds since 1970, or 0 if it is none."""
    then = moment(time)
    return then.timestamp() if then else 0.0


def _lose(person: Person | None) -> None:
    if person:
        person.is_gone = True
