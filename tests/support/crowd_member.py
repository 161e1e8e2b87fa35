"""A member of a crowd: a connection and its transcript. Some are programs, whose transcripts say what a person would read."""

from __future__ import annotations

import contextlib
import json
import random
import socket
from collections import Counter
from collections.abc import Callable, Container
from typing import Any

from .transcript import RECEIPT, Transcript, make_text

PATIENCE = 30.0  # seconds after which a test gives up waiting for what must come


class Member:
    """One who reads text."""

    def __init__(self, port: int, number: int, used: Container[str] = ()) -> None:
        """`used` are addresses that others have had, whom nobody shall take this member for."""
        self.socket = _connect(port, used)
        self.number = number
        self.transcript = Transcript("{}:{}".format(*self.socket.getsockname()))
        self.unanswered = 0  # lines without a receipt
        self._texts: Counter[str] = Counter()
        self._partial = b""

    @property
    def addr(self) -> str:
        """The address of the connection."""
        return self.transcript.addr

    def text(self, kind: str) -> str:
        """Return a new text to send."""
        self._texts[kind] += 1
        return make_text(kind, self.number, self._texts[kind] - 1)

    def send(self, line: str) -> None:
        """Send one line."""
        self.transcript.events.append(("sent", line))
        self.unanswered += 1
        with contextlib.suppress(OSError):  # the server has dropped this member, so its transcript ends here
            self.socket.sendall(f"{line}\n".encode())

    def read(self) -> bool:
        """Wait for bytes and take them. Return False at the end of the stream."""
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)  # the server waits until kept words are here
        try:
            data = self.socket.recv(65536)
        except ConnectionResetError:
            return False
        *lines, self._partial = (self._partial + data).split(b"\n")
        read = [text for line in lines for text in self._texts_of(line.decode())]
        self.unanswered -= read.count(RECEIPT)
        self.transcript.events += [("got", line) for line in read]
        return bool(data)

    def read_until(self, is_done: Callable[[], bool]) -> None:
        """Read until something is so."""
        while not is_done():
            assert self.read(), f"{self.addr} was disconnected"

    def ask(self, line: str) -> None:
        """Send one line, and read until all lines are answered."""
        self.send(line)
        self.finish()

    def come_in(self) -> None:
        """Make sure that the server has seen this member come."""
        if ("got", RECEIPT) not in self.transcript.events:
            self.ask("")

    def finish(self) -> None:
        """Read until all lines are answered."""
        self.read_until(lambda: self.unanswered <= 0)

    def read_to_the_end(self) -> None:
        """Read to the end of the stream, and close the connection. This member has not stayed."""
        self.transcript.stayed = False
        while self.read():
            pass
        self.socket.close()

    def _texts_of(self, line: str) -> list[str]:
        return [line]


class ProgramMember(Member):
    """One who reads values."""

    def __init__(self, port: int, number: int, used: Container[str], name: str) -> None:
        super().__init__(port, number, used)
        self.socket.sendall(f"/json {name}\n".encode())

    def _texts_of(self, line: str) -> list[str]:
        """Return the lines that a person would read. What comes before the server knows that this is a program is text."""
        return _as_text(json.loads(line)) if line.startswith("{") else [line]


def come(port: int, number: int, used: Container[str], chance: random.Random, names: list[str]) -> Member:
    """Return a new member. Every third or so is a program."""
    if chance.random() < 0.3:
        return ProgramMember(port, number, used, chance.choice(names))
    return Member(port, number, used)


def _connect(port: int, used: Container[str]) -> socket.socket:
    """Return a connection from a new address. After a reset, the system may give its port to the next one."""
    while True:
        connection = socket.socket()
        connection.settimeout(PATIENCE)
        connection.bind(("127.0.0.1", 0))
        if "{}:{}".format(*connection.getsockname()) not in used:
            connection.connect(("127.0.0.1", port))
            return connection
        connection.close()


def _as_text(value: dict[str, Any]) -> list[str]:
    name, addr, text = (value.get(key, "") for key in ("name", "addr", "text"))
    room = value.get("room", "大厅")
    match value["type"]:
        case "said":
            return [f"[{addr}]{name}:{text}"]
        case "emote":
            return [f"[{addr}]{name} * {text}"]
        case "joined":
            return [f"[{addr}]{name}:已上线"]
        case "left":
            return [f"[{addr}]{name}:下线"]
        case "entered":
            return [f"[{addr}]{name}:进入 {room}"]
        case "exited":
            return [f"[{addr}]{name}:离开 {room}"]
        case "users":
            return [f"[{one['addr']}]{one['name']}:在线" for one in value["users"]]
        case "whisper":  # the copy of an author is for programs only
            return [] if "line" in value and name != value["to"] else [f"{name}: {text}"]
        case "kept":
            return [f"{value['time'][11:19]} {name}: {text}"]
        case "announced":
            return [f"[公告] {text}"]
        case "done":
            return [*text.splitlines(), *([RECEIPT] if "line" in value else [])]
        case _:  # a notice or a goodbye; what has no text is for programs only
            return list(text.splitlines())
