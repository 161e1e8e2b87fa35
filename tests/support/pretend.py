"""Users without a socket behind them."""

from __future__ import annotations

from typing import cast

from server.wire.encoding import Encoding, Text
from server.wire.outbox import Outbox
from server.wire.transport import Transport
from server.wire.user import User

LF = Text("\n", receipt=True)


class PretendOutbox:
    """An outbox that keeps what is put into it."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.closed = False
        self.waiting = 0

    def put(self, data: bytes) -> None:
        if not self.closed:
            self.parts.append(data)

    def close(self) -> None:
        self.closed = True


class PretendTransport:
    """A transport that counts how often its reader is woken."""

    def __init__(self) -> None:
        self.woken = 0

    def stop_reading(self) -> None:
        self.woken += 1


def pretend_user(number: int, addr: str, encoding: Encoding = LF, now: float = 0.0) -> User:
    """Return a user whose outbox and transport only pretend."""
    transport, outbox = cast(Transport, PretendTransport()), cast(Outbox, PretendOutbox())
    return User(number, addr, transport, outbox, encoding, now)


def parts(user: User) -> list[bytes]:
    """Return everything that was put into a user's outbox, one item for each put."""
    return cast(PretendOutbox, user.outbox).parts


def read(user: User) -> str:
    """Return everything that a user was sent since the last call."""
    text = b"".join(parts(user)).decode()
    parts(user).clear()
    return text
