"""A crowd of users that act at random and keep transcripts. `python -m tests.support.crowd --minutes 10` runs many."""

from __future__ import annotations

import argparse
import contextlib
import logging
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from server.accounts.house import add_accounts
from server.accounts.passwords import Passwords
from server.accounts.store import Store
from server.chat.names import fold

from .crowd_check import check
from .crowd_lines import LINES, OPERATOR, PASSWORD, TALK
from .crowd_member import PATIENCE, Member
from .gathering import Gathering
from .owning import CHEAP
from .peers import StrictServer, running
from .processes import open_files, status
from .transcript import Transcript

USERS = 20
OPERATIONS = 100
NAMES = ("小明", "bob", "BOB", "Ｂｏｂ", "eve", "José", "a.b", "x_1")
# What is done besides typing a line, and how often.
ORDERS = {"kick": 1, "mute": 2, "unmute": 2, "ban": 1, "unban": 1, "announce": 2}
OTHERS = {"join": 24, "leave": 6, "ignore": 4, "away": 3}


class Crowd:
    """Up to `USERS` members and an operator. Between two pauses it does not wait for answers.

    A line that names somebody stands between two pauses, together with nothing but talk, so that it can be told who is meant.
    """

    def __init__(self, port: int, seed: int) -> None:
        self._chance = random.Random(seed)
        self._names = [f"{name}-{seed}" for name in NAMES]  # nobody has registered them before
        self._keys = sorted({fold(name) for name in self._names})
        self._hit: dict[str, list[str]] = {"mute": [], "ban": []}  # names that were muted and banned
        self._here = Gathering(port, self._chance, self._names)
        self._kinds = {kind: weight for kind, (weight, _) in LINES.items()} | OTHERS | ORDERS

    def run(self) -> list[Transcript]:
        """Do `OPERATIONS` things, then wait until every member that is still there has got all last lines."""
        with self._here as here:
            for name in self._chance.sample(self._keys, 2):  # whose owners are away from the beginning
                here.visit(f"rename {name}", f"/register {PASSWORD}")
            here.join()
            for _ in range(OPERATIONS):
                self._operate()
                if self._chance.random() < 0.7:  # otherwise nobody reads for a while
                    here.read()
            self._finish()
            return here.transcripts

    def _operate(self) -> None:
        here, kind = self._here, self._chance.choices(list(self._kinds), list(self._kinds.values()))[0]
        if kind == "join" or not here.members:
            if len(here.members) < USERS:
                here.join()
            return
        match kind:
            case "leave":
                here.leave(self._somebody())
            case "ignore":
                self._ignore(self._somebody())
            case "away":
                self._go_away(self._somebody())
            case "kick" | "mute" | "unmute" | "ban" | "unban" | "announce":
                self._order(kind)
            case _:
                here.type(kind)

    def _somebody(self) -> Member:
        return self._chance.choice(self._here.members)

    def _order(self, word: str) -> None:
        """Let the operator do something to somebody."""
        here = self._here
        here.pause()
        operator, name = here.operator, self._chance.choice(self._names)
        if word in ("kick", "mute"):
            name = here.census[self._somebody().addr]
        if word in ("mute", "ban"):
            self._hit[word].append(name)
        elif word in ("unmute", "unban"):
            name = self._chance.choice(self._hit[word[2:]] or [name])
        rest = {"kick": f"{name} {operator.text('k')}", "announce": operator.text("n")}
        self._alone(operator, f"/{word} {rest.get(word, name)}")
        if word == "ban" and here.members:
            self._somebody().send(f"rename {name}")

    def _ignore(self, member: Member) -> None:
        """Ignore somebody, who goes on talking under another name."""
        here = self._here
        here.pause()
        other = self._somebody()
        self._alone(member, f"/ignore {here.census[other.addr]}")
        other.send(f"to {here.census[member.addr]} {other.text('p')}")
        other.send(f"rename {self._chance.choice(self._names)}")
        other.send(f"to {here.census[member.addr]} {other.text('p')}")
        other.send(other.text("m"))

    def _alone(self, member: Member, line: str) -> None:
        """Let a member type a line while others talk and nobody does anything else, and wait until it is answered."""
        self._talk(5)
        member.ask(line)
        self._here.see_out()
        self._talk(2)
        self._here.pause()

    def _talk(self, most: int) -> None:
        for _ in range(self._chance.randrange(most + 1)):
            if self._here.members:
                self._here.type(self._chance.choice(TALK))

    def _go_away(self, member: Member) -> None:
        """Go away, while somebody writes twice."""
        member.send(f"/away {member.text('a')}")
        other = self._somebody()
        for _ in range(2):
            other.send(f"to {self._here.census.get(member.addr, member.addr)} {other.text('p')}")

    def _finish(self) -> None:
        """Let everyone say a last thing and hear all of it. Then the owners come one by one, for the words that wait."""
        here = self._here
        for name in self._keys:
            here.operator.ask(f"/unban {name}")
        for member in here.members:
            member.send(member.text("m"))
        here.pause()
        for name in 2 * self._keys:  # and once more, for nothing
            here.visit(f"/login {name} {PASSWORD}")
        here.pause()
        here.part()  # the next crowd is alone


def faults_of(port: int, seed: int) -> list[str]:
    """Return what went wrong with the crowd of `seed`."""
    return [f"seed {seed}: {fault}" for fault in check(Crowd(port, seed).run())]


@contextlib.contextmanager
def crowded() -> Iterator[StrictServer]:
    """Run a server for crowds. Its passwords cost nothing, and it does not wait for the disk."""
    real = Passwords.__init__.__defaults__
    Passwords.__init__.__defaults__ = (CHEAP, PATIENCE)
    try:
        with (
            tempfile.TemporaryDirectory() as folder,
            contextlib.closing(Store(Path(folder) / "accounts")) as store,
            running(lambda server: add_accounts(server, server.guard.limiter.banned, store, [OPERATOR])) as server,
        ):
            store._connection.execute("PRAGMA synchronous = OFF")
            yield server
    finally:
        Passwords.__init__.__defaults__ = real


def soak(minutes: float) -> int:
    """Run crowd after crowd until the time is up. Return the exit status. Print now and then what the server holds."""
    logging.getLogger("server.accounts").setLevel(logging.ERROR)  # wrong passwords are no news here
    with crowded() as server:
        end = time.monotonic() + minutes * 60
        told = 0.0
        seeds = 0
        while time.monotonic() < end:
            faults = faults_of(server.port, random.SystemRandom().randrange(2**32))
            if faults:
                print("\n".join(faults), file=sys.stderr)
                return 1
            seeds += 1
            if time.monotonic() > told + 30:
                told = time.monotonic()
                memory, threads = status("self", "VmRSS"), status("self", "Threads")
                print(f"{seeds} seeds, {memory} KiB, {threads} threads, {open_files()} files", flush=True)
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Run random crowds against a server until the time is up.")
    parser.add_argument("--minutes", type=float, default=10.0)
    sys.exit(soak(parser.parse_args().minutes))
