"""The load: many clients in one process and one thread, on non-blocking sockets.

It has to keep up with servers that deliver millions of lines a second, so it does not look at each line. It counts the
marks in what it reads. Of each read it takes one line, the first, which is the oldest. That line shows when it was sent,
and whether its sender's lines come in order. This works with text and with JSON lines: both hold what was said as it was,
and have no mark and no sender's letter anywhere else.
"""

from __future__ import annotations

import contextlib
import re
import resource
import selectors
import socket
import ssl
import time
from collections import Counter, deque
from multiprocessing.connection import Connection

from .cases import Case, Result

RECV_SIZE = 256 * 1024  # bytes
RECORD = 16 * 1024  # bytes; a read with TLS returns one record at most, and this is the largest
JOINED_AFTER = 0.7  # seconds of silence
DRAINED_AFTER = 1.0
PATIENCE = 120.0  # seconds to join or to drain at most
JSON = b"/json\n"  # the first line of a program, which asks for JSON lines
MARK = b"@"  # in each line of the load, once, and in no other
LETTERS = b"ABCDEFGH"  # one for each sender, so that its lines can be counted too
_LINE = re.compile(rb"@([A-H])(\d+):(\d+):")  # @ LETTER NUMBER : NANOSECONDS :


class Tally:
    """Counts what comes to one client. Pure."""

    def __init__(self, letter: bytes) -> None:
        """`letter` stands in each line that this client sends. It is empty for a client that does not talk."""
        self.bytes = 0
        self.lines = 0
        self.echoes = 0  # how many of its own lines have come back
        self.disorder = 0
        self._letter = letter
        self._last: dict[bytes, int] = {}

    def take(self, data: bytes, now: int) -> float | None:
        """Count the lines in one read. Return the age of the first one in ms, or None if its start is not whole.

        `now` is in nanoseconds.
        """
        self.bytes += len(data)
        self.lines += data.count(MARK)
        if self._letter:
            self.echoes += data.count(self._letter)
        first = _LINE.search(data)
        if first is None:
            return None
        letter, number, sent_at = first.groups()
        if int(number) <= self._last.get(letter, -1):
            self.disorder += 1
        self._last[letter] = int(number)
        return (now - int(sent_at)) / 1e6


def make_line(letter: bytes, number: int, now: int, size: int) -> bytes:
    """Return a line of `size` bytes, or more if that is too few: who sends it, its number, and when in nanoseconds."""
    return (b"%b%b%d:%d:" % (MARK, letter, number, now)).ljust(size - 1, b"x") + b"\n"


def encrypt(connection: socket.socket) -> ssl.SSLSocket:
    """Return a new connection with TLS. Who the server is does not matter here. Raises OSError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(connection)


class Client:
    """One connection, and what came over it."""

    def __init__(self, case: Case, host: str, port: int, number: int) -> None:
        """Connect as the case wants it. A client that never reads gets a small buffer. Raises OSError."""
        self.sent = 0
        self.silent = number >= case.users - case.silent
        self.room = case.room(number)
        self._letter = LETTERS[number : number + 1]
        self.tally = Tally(self._letter)
        self.socket = socket.socket()
        if self.silent:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        if host == "127.0.0.1":  # one address has too few ports for more
            self.socket.bind((f"127.0.0.{1 + number // 20_000}", 0))
        self.socket.connect((host, port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if case.tls:
            self.socket = encrypt(self.socket)
        if case.json:
            self.socket.send(JSON)
        if case.rooms:
            self.socket.send(f"/join r{self.room}\n".encode())
        self.socket.setblocking(False)
        self._read_size = RECORD if case.tls else RECV_SIZE

    def say(self, size: int) -> None:
        """Send one line of `size` bytes."""
        self.socket.send(make_line(self._letter, self.sent, time.monotonic_ns(), size))
        self.sent += 1

    def read(self) -> bytes | None:
        """Return what has come, or nothing at the end. Return None if no more than a part of a TLS record has come."""
        try:
            return self.socket.recv(self._read_size)
        except ssl.SSLWantReadError:
            return None
        except OSError:  # reset
            return b""


class Load:
    """All clients of a case."""

    def __init__(self, case: Case, host: str, port: int) -> None:
        """Connect all clients. Raises OSError."""
        self._case = case
        self._selector = selectors.DefaultSelector()
        self._ages: list[float] = []
        self._waited = 0.0  # seconds for something to come
        self._begun = time.monotonic()
        self.clients: list[Client] = []
        for number in range(case.users):
            client = Client(case, host, port, number)
            self.clients.append(client)
            if not client.silent:
                self._selector.register(client.socket, selectors.EVENT_READ, client)
            if number % 50 == 49:
                self._pump(0)
        self._readers = self.clients[: case.users - case.silent]
        self._senders = self.clients[: min(case.senders, len(self._readers))]

    def join(self) -> float:
        """Wait until everyone is in and nothing comes any more. Return the seconds since the first connected."""
        return self._quiet(JOINED_AFTER) - self._begun

    def talk(self) -> Result:
        """Talk for the case's time, then wait for the lines that are still on their way. Return what came of it."""
        self._ages.clear()
        before = sum(client.tally.lines for client in self._readers)
        self._waited = 0.0
        begun = time.monotonic()
        end = begun + self._case.seconds
        lines_sent = 0
        while (now := time.monotonic()) < end:
            if self._case.window:
                for sender in self._senders:
                    while sender.sent - sender.tally.echoes < self._case.window:
                        sender.say(self._case.size)
            else:
                due = int((now - begun) * self._case.rate)
                while lines_sent < due:
                    self._senders[lines_sent % len(self._senders)].say(self._case.size)
                    lines_sent += 1
            self._pump(0.001)
        came = sum(client.tally.lines for client in self._readers)
        took, waited = time.monotonic() - begun, self._waited
        ages = sorted(self._ages)
        self._quiet(DRAINED_AFTER)
        sent = sum(sender.sent for sender in self._senders)
        in_room: Counter[int] = Counter()  # lines
        for sender in self._senders:
            in_room[sender.room] += sender.sent
        return Result(
            deliveries=(came - before) / took,
            p50=percentile(ages, 50),
            p99=percentile(ages, 99),
            settle=0.0,
            missing=sum(abs(in_room[client.room] - client.tally.lines) for client in self._readers),
            disorder=sum(client.tally.disorder for client in self._readers),
            sent=sent,
            delivered=sum(client.tally.lines for client in self._readers),
            busy=1 - waited / took,
        )

    def close(self) -> None:
        """Close all connections at once."""
        self._selector.close()
        for client in self.clients:
            client.socket.close()

    def _quiet(self, seconds: float) -> float:
        """Read until nothing has come for so many seconds. Return when the last bytes came."""
        last, total = time.monotonic(), -1
        limit = last + PATIENCE
        while (now := time.monotonic()) < min(last + seconds, limit):
            self._pump(0.05)
            came = sum(client.tally.bytes for client in self.clients)
            if came != total:
                last, total = now, came
        return last

    def _pump(self, timeout: float) -> None:
        begun = time.monotonic()
        ready = self._selector.select(timeout)
        self._waited += time.monotonic() - begun
        for key, _ in ready:
            data = key.data.read()
            if data is None:
                continue
            if not data:  # the lines that this client does not get will be counted as missing
                self._selector.unregister(key.fileobj)
            elif (age := key.data.tally.take(data, time.monotonic_ns())) is not None:
                self._ages.append(age)


def percentile(values: list[float], percent: float) -> float:
    """Return a percentile of sorted values, or 0 if there are none."""
    return values[min(len(values) - 1, int(len(values) * percent / 100))] if values else 0.0


def run(case: Case, host: str, port: int, parent: Connection) -> None:
    """Run one case. This is the whole life of the load's process.

    It sends how long the joining took, waits, talks, sends the Result, waits, and leaves. If it cannot connect, it sends
    the reason as a text instead.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        load = Load(case, host, port)
    except OSError as error:
        parent.send(f"no server at {host} port {port}: {error}")
        return
    with contextlib.closing(load):
        parent.send(load.join())
        parent.recv()
        parent.send(load.talk())
        parent.recv()


def churn(case: Case, host: str, port: int) -> None:
    """Let users come, stay for a tenth of a second, and go. This is a process's whole life until it is ended."""
    there: deque[socket.socket] = deque()
    begun, come = time.monotonic(), 0
    while True:
        while come < (time.monotonic() - begun) * case.churn:
            connection = socket.create_connection((host, port))
            there.append(encrypt(connection) if case.tls else connection)
            come += 1
            if len(there) > case.churn / 10:
                there.popleft().close()
        time.sleep(0.001)
