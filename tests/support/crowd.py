"""A crowd of users that act at random and keep transcripts. `python -m tests.support.crowd --minutes 10` runs many."""

from __future__ import annotations

import argparse
import contextlib
import random
import selectors
import socket
import sys
import time
from collections.abc import Callable

from server.server import ChatServer
from server.settings import Settings

from .attacks import RESET
from .processes import open_files, status
from .transcript import Transcript, check, make_text

USERS = 20
OPERATIONS = 100
NAMES = ("小明", "bob", "BOB", "Ｂｏｂ", "eve", "José", "a.b", "x_1")
PATIENCE = 30.0  # seconds after which a test gives up waiting for what must come


class Member:
    """One of the crowd: a connection and its transcript."""

    def __init__(self, port: int, number: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self.number = number
        self.transcript = Transcript("{}:{}".format(*self.socket.getsockname()))
        self.said = 0
        self.whispered = 0
        self._partial = b""

    def send(self, line: str) -> None:
        """Send one line."""
        self.transcript.events.append(("sent", line))
        with contextlib.suppress(OSError):  # the server has dropped this member, so its transcript ends here
            self.socket.sendall(f"{line}\n".encode())

    def read(self) -> bool:
        """Wait for bytes and take them. Return False at the end of the stream."""
        try:
            data = self.socket.recv(65536)
        except ConnectionResetError:
            return False
        *lines, self._partial = (self._partial + data).split(b"\n")
        self.transcript.events += [("got", line.decode()) for line in lines]
        return bool(data)


class Crowd:
    """Up to `USERS` members, driven by one thread. It never waits for an answer before it goes on."""

    def __init__(self, port: int, seed: int) -> None:
        self._port = port
        self._chance = random.Random(seed)
        self._selector = selectors.DefaultSelector()
        self._members: list[Member] = []
        self._all: list[Member] = []

    def run(self) -> list[Transcript]:
        """Do `OPERATIONS` things, then wait until every member that is still there has got all last lines."""
        with self._selector:
            self._join()
            for _ in range(OPERATIONS):
                self._operate()
                if self._chance.random() < 0.7:  # otherwise nobody reads for a while
                    self._read(0)
            if not self._members:
                self._join()
            self._finish()
        return [member.transcript for member in self._all]

    def _operate(self) -> None:
        chance = self._chance
        kind = chance.choices(("join", "say", "rename", "to", "who", "leave"), (20, 50, 10, 10, 7, 6))[0]
        if kind == "join" or not self._members:
            if len(self._members) < USERS:
                self._join()
            return
        member = chance.choice(self._members)
        match kind:
            case "say":
                self._say(member)
            case "rename":
                member.send(f"rename {chance.choice(NAMES)}")
            case "to":
                target = chance.choice([*NAMES, chance.choice(self._members).transcript.addr])
                member.send(f"to {target} {make_text('p', member.number, member.whispered)}")
                member.whispered += 1
            case "who":
                member.send("who")
            case "leave":
                self._leave(member)

    def _say(self, member: Member) -> None:
        member.send(make_text("m", member.number, member.said))
        member.said += 1

    def _join(self) -> None:
        member = Member(self._port, len(self._all))
        self._all.append(member)
        self._members.append(member)
        self._selector.register(member.socket, selectors.EVENT_READ, member)

    def _leave(self, member: Member) -> None:
        """Leave in one of the three ways. Except for a reset, read what is still on its way."""
        self._members.remove(member)
        self._selector.unregister(member.socket)
        member.transcript.stayed = False
        way = self._chance.choice(("quit", "half-close", "reset"))
        if way == "reset":
            member.transcript.was_reset = True
            member.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        else:
            if way == "quit":
                member.send("/quit")
            else:
                member.socket.shutdown(socket.SHUT_WR)
            while member.read():
                pass
        member.socket.close()

    def _read(self, timeout: float) -> None:
        for key, _ in self._selector.select(timeout):
            key.data.read()

    def _finish(self) -> None:
        """When all are in, let everyone say a last thing. Read until all have heard that, and everyone who left."""
        for member in self._members:
            announcement = f"[{member.transcript.addr}]{member.transcript.addr}:已上线"
            self._read_until(member, lambda lines, line=announcement: line in lines)  # type: ignore[misc]
        for member in self._members:
            self._say(member)
        last = {member.transcript.sent("m")[-1] for member in self._members}
        gone = {one.transcript.addr for one in self._all if not one.transcript.stayed}

        def complete(lines: list[str]) -> bool:
            came, left = ({_addr(line) for line in lines if line.endswith(end)} for end in (":已上线", ":下线"))
            return came & gone <= left and last <= {line.rpartition(":")[2] for line in lines}

        for member in self._members:
            self._read_until(member, complete)
            member.socket.close()

    def _read_until(self, member: Member, done: Callable[[list[str]], bool]) -> None:
        while not done(list(member.transcript.lines())):
            assert member.read(), f"{member.transcript.addr} was disconnected"


def _addr(line: str) -> str:
    return line[1:].partition("]")[0]


def faults_of(port: int, seed: int) -> list[str]:
    """Return what went wrong with the crowd of `seed`."""
    return [f"seed {seed}: {fault}" for fault in check(Crowd(port, seed).run())]


def soak(minutes: float) -> int:
    """Run crowd after crowd until the time is up. Return the exit status. Print now and then what the server holds."""
    with ChatServer(Settings(port=0, idle_timeout=0.0)) as server:
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
