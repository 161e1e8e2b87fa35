"""Asks a server with a long history what was said before, through a socket, and takes the time.

The history is made by talking, which is the simplest way. It is a file that the server itself has written, so nothing
here has to know how it is laid out.
"""

from __future__ import annotations

import contextlib
import json
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from .cases import Answer
from .measure import Failed, Server, our_server
from .talk import BLOCK, COMMON, RARE, RARELY, UNUSUAL, blocks

LINES = 1_000_000  # of the history
FEWEST = 1_000  # of which each of the common words is in enough
MISSED = 10_000  # lines that a program has missed when it comes back
REPETITIONS = 20
FOUND = 20  # lines that the server shows of what it finds
LAST = (20, 200)  # lines
AT_ONCE = 50_000  # lines that are said before the server gets time to write them; twice as many may wait for that
QUIET = 0.5  # seconds without a change of the file, after which the server has nothing more to write
# The server rests between two steps of writing, so that people who talk meanwhile are not disturbed. Here nobody talks
# meanwhile, and a million lines would take four minutes instead of one.
HASTY_SERVER = """
from server.history import history
assert history.REST
history.REST = 0.0
from server.program import run
run()
"""
RECV_SIZE = 256 * 1024  # bytes
PATIENCE = 60.0  # seconds for an answer at most
# Most of what is missed has to come from the file, and the session has to outlive all questions.
FROM_FILE = ("--remember", "100", "--hold", "3600")
FROM_MEMORY = ("--remember", str(2 * MISSED), "--hold", "3600")

Progress = Callable[[str], contextlib.AbstractContextManager[None]]


class Program:
    """A connection that is answered in JSON lines."""

    def __init__(self, server: Server) -> None:
        """Connect. Raises OSError."""
        self._socket = socket.create_connection((server.host, server.port), timeout=PATIENCE)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def come_in(self, opening: str = "/json") -> bytes:
        """Send the line that brings a program in. Return all that comes back.

        This line has no receipt, so an empty line follows it, which has one.
        """
        return self.ask(f"{opening}\n")

    def ask(self, line: str) -> bytes:
        """Send a line. Return all that comes up to its receipt. Raises Failed if the connection ends."""
        self._socket.sendall(f"{line}\n".encode())
        answer = bytearray()
        while not answer.endswith(b"}\n") or not _last_line(answer).startswith(b'{"type":"done"'):
            answer += _receive(self._socket)
        return bytes(answer)

    def close(self) -> None:
        """Close the connection. The session is held."""
        self._socket.close()


def ask_all(lines: int, progress: Progress) -> list[Answer]:
    """Make a history of so many lines, and ask all questions about it. Raises Failed if an answer is wrong."""
    missed = min(MISSED, lines)
    with tempfile.TemporaryDirectory() as folder:
        flags = ("--no-receipt", "--history", f"{folder}/history")
        with progress(f"{lines:,} lines are said"), our_server(*flags, python=("-c", HASTY_SERVER)) as server:
            say(server, lines, Path(folder))
        with our_server(*flags, *FROM_MEMORY) as server:
            answers = list(ask_for_lines(server, lines, progress))
            with contextlib.closing(Program(server)) as program:
                resume = _resume(program.come_in())
            say(server, missed, Path(folder))
            answers.append(_come_back(server, resume, missed, progress, "memory"))
        with our_server(*flags, *FROM_FILE) as server:
            answers.append(_come_back(server, resume, missed, progress, "the file"))
    return answers


def say(server: Server, lines: int, folder: Path) -> None:
    """Say so many lines, and let the server write them into its history, which is in `folder`.

    The server must be one without receipts.
    """
    with socket.create_connection((server.host, server.port), timeout=PATIENCE) as connection:
        waiting = 1  # lines that have yet to come back; the first says that this user has come
        for number, block in enumerate(blocks(lines), 1):
            connection.sendall(block.encode())
            waiting += block.count("\n")
            while waiting > BLOCK:
                waiting -= _receive(connection).count(b"\n")
            if number * BLOCK % AT_ONCE == 0:
                _wait_for_quiet(folder)
        while waiting:
            waiting -= _receive(connection).count(b"\n")
    _wait_for_quiet(folder)


def ask_for_lines(server: Server, lines: int, progress: Progress) -> Iterator[Answer]:
    """Yield the answers to `/last` and `/search`."""
    questions = {f"/last {count}": ("", min(count, lines)) for count in LAST}
    questions |= {f"/search {word}": ("common", FOUND) for word in COMMON}
    questions |= {f"/search {word}": ("rare", RARELY) for word in RARE}
    questions |= {f"/search {word}": ("rare, of common characters", RARELY) for word in UNUSUAL}
    with contextlib.closing(Program(server)) as program:
        program.come_in()
        for line, (kind, expected) in questions.items():
            name = f"{line} ({kind})" if kind else line
            with progress(name):
                yield _measure(name, expected, lambda line=line: program.ask(line))  # type: ignore[misc]


def _come_back(server: Server, resume: str, missed: int, progress: Progress, whence: str) -> Answer:
    def come_back() -> bytes:
        with contextlib.closing(Program(server)) as program:
            return program.come_in(resume)

    name = f"/resume, from {whence}"
    with progress(name):
        return _measure(name, missed, come_back)


def _measure(name: str, expected: int, ask: Callable[[], bytes]) -> Answer:
    times: list[float] = []
    for _ in range(REPETITIONS):
        begun = time.perf_counter()
        answer = ask()
        times.append((time.perf_counter() - begun) * 1000)
        if (lines := answer.count(b'{"type":"said"')) != expected:
            raise Failed(f"{name}: {lines} lines came, instead of {expected}")
    return Answer(name, expected, tuple(times))


def _wait_for_quiet(folder: Path) -> None:
    """Wait until no file in a folder has changed for a while."""
    seen: dict[str, int] = {}
    since = time.monotonic()
    while time.monotonic() - since < QUIET:
        found: dict[str, int] = {}
        for path in folder.iterdir():
            with contextlib.suppress(FileNotFoundError):  # it has just been deleted
                found[path.name] = path.stat().st_mtime_ns
        if found != seen:
            seen, since = found, time.monotonic()
        time.sleep(QUIET / 20)


def _resume(greeting: bytes) -> str:
    """Return the line that takes up the session of a greeting."""
    hello = json.loads(greeting.splitlines()[0])
    return f"/resume {hello['session']} {hello['at']}"


def _last_line(data: bytearray) -> bytearray:
    return data[data.rfind(b"\n", 0, -1) + 1 :]


def _receive(connection: socket.socket) -> bytes:
    data = connection.recv(RECV_SIZE)
    if not data:
        raise Failed("the server has ended the connection")
    return data
