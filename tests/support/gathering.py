"""Members of a crowd at one server and an operator, driven by one thread: how they come, go, and wait for each other."""

from __future__ import annotations

import random
import selectors
import socket
import time
from collections.abc import Callable

from .attacks import RESET
from .crowd_lines import LINES, OPERATOR, PASSWORD, Choice
from .crowd_member import PATIENCE, Member, come
from .transcript import Transcript, parse


class Gathering:
    """Use it as a context manager, which closes all connections."""

    def __init__(self, port: int, chance: random.Random, names: list[str], first: int = 0) -> None:
        """`first` is above the numbers of all members and pauses of gatherings whose transcripts are checked with these."""
        self.members: list[Member] = []
        self.census: dict[str, str] = {}  # who was there at the last pause: names by address
        self._port = port
        self._chance = chance
        self._names = names
        self._selector = selectors.DefaultSelector()
        self._all: list[Member] = []
        self._first = self._pauses = first
        self.operator = self.add(Member(port, first))

    def __enter__(self) -> Gathering:  # noqa: PYI034 (typing.Self is 3.11)
        for line in (f"rename {OPERATOR}", f"/register {PASSWORD}", f"/login {OPERATOR} {PASSWORD}"):
            self.operator.ask(line)
        return self

    def __exit__(self, *_: object) -> None:
        self._selector.close()
        for member in self._all:
            member.socket.close()

    @property
    def transcripts(self) -> list[Transcript]:
        """The transcripts of all who have ever been here."""
        return [member.transcript for member in self._all]

    def type(self, kind: str) -> None:
        """Let somebody type a line of one kind."""
        member = self._chance.choice(self.members)
        member.send(LINES[kind][1](member, Choice(self._chance, self._names, [one.addr for one in self.members])))

    def join(self) -> None:
        """Let somebody come."""
        member = self.add(come(self._port, self._first + len(self._all), self._used(), self._chance, self._names))
        self.members.append(member)
        self._selector.register(member.socket, selectors.EVENT_READ, member)

    def visit(self, *lines: str) -> None:
        """Let somebody come for a moment."""
        visitor = self.add(Member(self._port, self._first + len(self._all), self._used()))
        for line in lines:
            visitor.ask(line)
        visitor.send("/quit")
        visitor.read_to_the_end()

    def leave(self, member: Member) -> None:
        """Let a member leave in one of the three ways. Except for a reset, it reads what is still on its way."""
        self._forget(member)
        way = self._chance.choice(("quit", "half-close", "reset"))
        if way == "reset":
            member.transcript.stayed, member.transcript.was_reset = False, True
            member.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            member.socket.close()
            return
        if way == "quit":
            member.send("/quit")
        else:
            member.socket.shutdown(socket.SHUT_WR)
        member.read_to_the_end()

    def see_out(self) -> None:
        """Let those read to the end who have just been removed."""
        here = self.who_is_here()
        for member in [one for one in self.members if one.addr in self.census and one.addr not in here]:
            self._forget(member)
            member.read_to_the_end()

    def read(self) -> None:
        """Let those read for whom something has come."""
        for key, _ in self._selector.select(0):
            key.data.read()

    def pause(self) -> None:
        """Wait until all lines are answered, and once more, so that everyone has read what these lines have caused.

        Nobody is on their way out then: else some would have seen them go before the pause, and others behind it.
        """
        everyone = [self.operator, *self.members]
        for member in everyone:
            member.come_in()
            member.finish()
        gone = {member.addr for member in self._all if not member.transcript.stayed}
        self.wait_until(lambda here: gone.isdisjoint(here))
        for member in everyone:
            member.send("")
        for member in everyone:
            member.finish()
        self.census = self.who_is_here()
        self._pauses += 1
        for member in everyone:
            member.transcript.events.append(("pause", str(self._pauses)))

    def part(self) -> None:
        """Let all go but the operator, and wait until they have."""
        for member in self.members:
            member.socket.close()
        self.wait_until(lambda here: len(here) == 1)

    def wait_until(self, is_so: Callable[[dict[str, str]], bool]) -> None:
        """Let the operator look who is here, until something is so or the patience is at an end."""
        end = time.monotonic() + PATIENCE
        while not is_so(self.who_is_here()) and time.monotonic() < end:
            pass

    def who_is_here(self) -> dict[str, str]:
        """Return who is here, as the operator is told now: names by address."""
        self.operator.ask("/who all")
        found = {}
        for way, line in reversed(self.operator.transcript.events):
            if way == "sent":
                break
            if (heard := parse(line)) and heard.kind == "listed":
                found[heard.addr] = heard.name
        return found

    def add(self, member: Member) -> Member:
        """Take note of somebody who has come."""
        member.transcript.events.append(("came", str(self._pauses)))
        self._all.append(member)
        return member

    def _used(self) -> set[str]:
        return {member.addr for member in self._all}

    def _forget(self, member: Member) -> None:
        self.members.remove(member)
        self._selector.unregister(member.socket)
