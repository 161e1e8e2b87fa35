"""Users without a socket behind them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from server.wire.arrival import Arrival
from server.wire.backlog import DEFAULT_MEMORY, Backlog, Lag
from server.wire.encoding import Encoding, Text
from server.wire.outbox import Outbox
from server.wire.pieces import Part
from server.wire.transport import Transport
from server.wire.user import User
from server.wire.values import Values

LF = Text("\n", receipt=True)
VALUES = Values()


class PretendOutbox:
    """An outbox that keeps what is put into it."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.closed = self.dropped = False
        self.last_words = b""
        self.lag = Lag(256 * 1024, Backlog(DEFAULT_MEMORY))
        self.interrupts = 0

    def put_parts(self, parts: Iterable[Part]) -> None:
        self.put(b"".join(data if isinstance(data, (bytes, memoryview)) else b"".join(data) for data, _ in parts))

    def drop(self) -> None:
        self.dropped = True
        self.lag.give_up()

    def interrupt(self) -> None:
        self.interrupts += 1

    def put(self, data: bytes, shared: bool = False) -> None:
        if not self.closed:
            self.parts.append(data)

    def close(self) -> None:
        self.closed = True


def pretend_user(number: int, addr: str, encoding: Encoding = LF, now: float = 0.0) -> User:
    """Return a user whose outbox only pretends, and who has no transport."""
    return User(
        number, addr, Arrival(cast(Transport, None), "", 0), cast(Outbox, PretendOutbox()), encoding, VALUES, now
    )


def parts(user: User) -> list[bytes]:
    """Return everything that was put into a user's outbox, one item for each put."""
    return cast(PretendOutbox, user.outbox).parts


def read(user: User) -> str:
    """Return everything that a user was sent since the last call."""
    text = b"".join(parts(user)).decode()
    parts(user).clear()
    return text
