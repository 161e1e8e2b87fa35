"""An attacker, or a quiet crowd, in a process of its own: `python -m tests.support.attacks HOST PORT PLAN`.

It connects as its plan says, sends the plan's bytes, and ends when its time is up, when it has sent enough, or when its
standard input is closed. Then it prints what it did as JSON. One thread drives all connections. Every loop is bounded
by the plan. It needs nothing but the standard library, so that it also runs inside a network namespace.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import select
import socket
import sys
import time
from typing import Any

RESET = b"\1\0\0\0\0\0\0\0"  # SO_LINGER: close with an RST
PERIOD = 0.005  # seconds between two turns of the loop where the plan has a pace
TURNS = 20  # sends of one connection in one turn, at most
CONNECT = 10.0  # seconds that one connect may take


@dataclasses.dataclass(frozen=True)
class Plan:
    """What an attacker does."""

    # What each connection sends at once. It counts for no pace and no limit. A "#" in it becomes the connection's number.
    first: bytes = b""
    held: bool = False  # whether it then waits for a line on standard input
    payload: bytes = b""  # what each connection sends then, over and over
    connections: int = 1  # how many it holds at a time
    chunk: int = 4096  # bytes of one send
    pace: float = 0.0  # bytes a second of all connections together; 0 means as fast as they are taken
    enough: int = 0  # bytes of all connections together after which it sends no more; 0 means no such limit
    life: int = 0  # bytes after which a connection is closed and made anew; 0 means that it stays
    reset: bool = False  # whether a connection is closed with an RST
    comes_back: bool = False  # whether a connection that the server has closed is made anew
    reads: bool = True  # whether it takes what is sent to it
    read_pace: float = 0.0  # bytes a second that each connection takes; 0 means all at once
    window: int = 0  # bytes of the receive buffer; 0 means the system's own
    lives: int = 200_000  # connections that are made at most
    marks: int = 0  # marks after which it ends; 0 means no such limit
    source: str = ""  # the address from which it connects; empty means any
    source_port: int = 0  # the port from which it connects; 0 means any
    seconds: float = 60.0  # after which it ends, at the latest

    def arguments(self) -> str:
        """Return the plan as one argument of a program."""
        return json.dumps({**dataclasses.asdict(self), "first": self.first.hex(), "payload": self.payload.hex()})

    @classmethod
    def parse(cls, text: str) -> Plan:
        """Return the plan that `arguments` has written."""
        fields: dict[str, Any] = json.loads(text)
        binary = {name: bytes.fromhex(fields[name]) for name in ("first", "payload")}
        return cls(**{**fields, **binary})


def insistent(**what: Any) -> Plan:
    """Return an attack of 64 connections, as many as one address may have, that come back when they are closed."""
    return Plan(connections=64, reset=True, comes_back=True, lives=20_000, **what)


@dataclasses.dataclass
class Figures:
    """What an attacker did."""

    connected: int = 0
    refused: int = 0  # connects that failed
    closed: int = 0  # connections that the server ended
    sent: int = 0  # bytes
    read: int = 0  # bytes
    lines: int = 0  # line ends among the bytes that were read
    marks: int = 0  # exclamation marks among them: a test puts one into each line that it wants to be counted


class Attacker:
    """Does what a plan says."""

    def __init__(self, host: str, port: int, plan: Plan) -> None:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        self._family, self._address = found[0], found[4]
        self._plan = plan
        self._stream = plan.payload * (1 + 2 * plan.chunk // max(1, len(plan.payload)))
        self._sent: dict[socket.socket, int] = {}  # bytes, of each connection
        self._readers: set[socket.socket] = set()
        self.figures = Figures()

    def run(self) -> None:
        """Attack until it is over."""
        begun = time.monotonic()
        for _ in range(self._plan.connections):
            self._connect()
        print("ready", flush=True)
        if self._plan.held:
            os.read(0, 1)
            begun = time.monotonic()
        stop = select.poll()
        stop.register(0, select.POLLIN)
        while time.monotonic() < begun + self._plan.seconds and not stop.poll(0) and self._sent:
            if 0 < self._plan.marks <= self.figures.marks:
                break
            allowed = self._allowed(time.monotonic() - begun)
            moved = self._send_round(allowed)
            for _ in range(TURNS):
                if not moved or not self._plan.pace:
                    break
                self._send_round(self._allowed(time.monotonic() - begun))
            if self._plan.reads:
                moved = self._read_round() or moved
            if self._plan.pace or not moved:
                time.sleep(PERIOD if self._plan.payload and not self._is_done() else 10 * PERIOD)
        for connection in list(self._sent):
            self._close(connection)

    def _is_done(self) -> bool:
        return 0 < self._plan.enough <= self.figures.sent

    def _allowed(self, seconds: float) -> float:
        """Return how many more bytes may be sent now."""
        plan, sent = self._plan, self.figures.sent
        limits = [float(plan.enough - sent)] if plan.enough else []
        limits += [seconds * plan.pace - sent] if plan.pace else []
        return min(limits, default=float("inf"))

    def _connect(self) -> None:
        if self.figures.connected + self.figures.refused >= self._plan.lives:
            return
        connection = socket.socket(self._family)
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._plan.window:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._plan.window)
            if self._plan.source:
                source = socket.getaddrinfo(self._plan.source, self._plan.source_port, type=socket.SOCK_STREAM)
                connection.bind(source[0][4])
            connection.settimeout(CONNECT)
            connection.connect(self._address)
            connection.sendall(self._plan.first.replace(b"#", b"%d" % self.figures.connected))
        except OSError:
            self.figures.refused += 1
            connection.close()
            return
        connection.setblocking(False)
        self.figures.connected += 1
        self._sent[connection] = 0
        self._readers.add(connection)

    def _close(self, connection: socket.socket) -> None:
        if self._plan.reset:
            with contextlib.suppress(OSError):  # the server was quicker
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        connection.close()
        del self._sent[connection]
        self._readers.discard(connection)

    def _send_round(self, allowed: float) -> bool:
        """Let each connection send once. Return whether anything went out."""
        plan, moved = self._plan, False
        if not self._stream:
            return False
        for connection in list(self._sent):
            if (
                allowed < min(plan.chunk, plan.enough - self.figures.sent if plan.enough else plan.chunk)
                or self._is_done()
            ):
                break
            done = self._sent.pop(connection)
            self._sent[connection] = done  # at the end of the line: it has had its turn
            size = min(plan.chunk, plan.life - done) if plan.life else plan.chunk
            if plan.enough:
                size = min(size, plan.enough - self.figures.sent)
            offset = done % len(plan.payload)
            try:
                count = connection.send(self._stream[offset : offset + size])
            except BlockingIOError:
                continue
            except OSError:
                self._was_closed(connection)
                continue
            moved = True
            allowed -= count
            self.figures.sent += count
            self._sent[connection] = done + count
            if plan.life and self._sent[connection] >= plan.life:
                self._close(connection)
                self._connect()
        return moved

    def _read_round(self) -> bool:
        """Take what has come. Return whether that was anything."""
        moved = False
        size = int(self._plan.read_pace * PERIOD) or 1 << 18
        for connection in list(self._readers):
            try:
                data = connection.recv(size)
            except BlockingIOError:
                continue
            except OSError:
                data = b""
            if not data:
                self._was_closed(connection)
                continue
            moved = True
            self.figures.read += len(data)
            self.figures.lines += data.count(b"\n")
            self.figures.marks += data.count(b"!")
        if self._plan.read_pace:
            time.sleep(PERIOD)
        return moved

    def _was_closed(self, connection: socket.socket) -> None:
        self.figures.closed += 1
        self._close(connection)
        if self._plan.comes_back:
            self._connect()


def main() -> None:
    """Attack, and print the figures."""
    host, port, plan = sys.argv[1:]
    os.nice(5)  # real attackers do not take the processor of the machine that they attack
    attacker = Attacker(host, int(port), Plan.parse(plan))
    attacker.run()
    print(json.dumps(dataclasses.asdict(attacker.figures)), flush=True)


if __name__ == "__main__":
    main()
