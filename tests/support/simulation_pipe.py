"""The way out to one peer, in the simulation: an outbox without a socket, a lock and a thread."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import cast

from server.chat import texts
from server.wire.backlog import Backlog, Lag
from server.wire.outbox import Outbox
from server.wire.pieces import Part

SLOW = texts.TOO_SLOW.encode() + b"\n"
NO_BACKLOG = Backlog(1 << 40)


class Pipe(Outbox):
    """The way out to one peer: what waits in the outbox, and what is on its way. It has no thread and no lock."""

    def __init__(self, limit: int) -> None:
        """A peer is dropped that has not taken more than `limit` bytes."""
        self.closed = self.overflowed = False
        self.last_words = SLOW
        self.lag = Lag(limit, NO_BACKLOG)
        self.woken = False  # whether the handler has to leave
        self.limit = limit
        self.waiting = 0
        self._pieces: deque[bytes | memoryview | Iterator[bytes]] = deque()
        self._left: int | None = None  # how many bytes more the peer can get, after the connection was cut

    @property
    def is_at_end(self) -> bool:
        """Whether the peer sees the end of the connection."""
        return self._left == 0 or (self.closed and not self._pieces)

    def put(self, data: bytes, shared: bool = False) -> None:
        """Take bytes for the peer."""
        if not self.closed and self.waiting > self.limit:
            self.drop()
        elif not self.closed:
            self._add(data)

    def put_parts(self, parts: Iterable[Part]) -> None:
        """Take several parts, of which some are made while the peer reads them."""
        for data, _ in parts:
            if not self.closed:
                self._add(data)

    def close(self) -> None:
        """Take nothing more."""
        self.closed = True

    def drop(self) -> None:
        """Give a slow peer up."""
        self._add(self.last_words)
        self.closed = self.overflowed = self.woken = True

    def interrupt(self) -> None:
        """Wake the handler."""
        self.woken = True

    def cut(self, size: int) -> None:
        """Let the peer get no more than `size` bytes."""
        self._left = size if self._left is None else min(size, self._left)

    def freeze(self, is_killed: bool) -> None:
        """Let the server end. What has still to be made is made now, or never."""
        pieces, self._pieces = self._pieces, deque()
        self.closed = True
        for piece in pieces:
            if isinstance(piece, bytes | memoryview):
                self._pieces.append(piece)
            elif is_killed:
                break
            else:
                self._pieces.extend(piece)
        self.waiting = sum(len(cast("bytes", piece)) for piece in self._pieces)

    def take(self, size: int) -> bytes:
        """Return what the peer reads next: up to `size` bytes."""
        size = size if self._left is None else min(size, self._left)
        taken = b""
        while len(taken) < size and self._pieces:
            piece = self._pieces.popleft()
            if not isinstance(piece, bytes | memoryview):
                made = next(piece, None)
                if made is not None:
                    self._pieces.appendleft(piece)
                    self._pieces.appendleft(made)
                    self.waiting += len(made)
                continue
            part = bytes(piece[: size - len(taken)])
            if len(part) < len(piece):
                self._pieces.appendleft(piece[len(part) :])
            taken += part
        self.waiting -= len(taken)
        if self._left is not None:
            self._left -= len(taken)
        return taken

    def _add(self, data: bytes | memoryview | Iterator[bytes]) -> None:
        if isinstance(data, bytes | memoryview):
            if not data:
                return
            self.waiting += len(data)
        self._pieces.append(data)
