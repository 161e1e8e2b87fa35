"""Reading requests: no more bytes than a request may have, and for no longer than it may take."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from ..wire.transport import Transport

RECV_SIZE = 16 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """What a request may take."""

    head: int = 16 * 1024  # bytes of the request line and all headers
    body: int = 64 * 1024  # bytes
    lines: int = 200  # of one body
    request: float = 10.0  # seconds from its first byte to its last
    idle: float = 30.0  # seconds to the first byte of the next


class TooLarge(Exception):
    """A request has more bytes than it may have."""


class TooSlow(Exception):
    """A request is not complete in time."""


class Gone(Exception):
    """The peer has ended its side in the middle of a request."""


class Reader:
    """What a peer sends, as the file from which `http.server` reads. One thread uses it."""

    def __init__(self, transport: Transport, pay: Callable[[], None] = lambda: None) -> None:
        """`pay` is called after each piece of a request, and may wait, so that small pieces are not cheap."""
        self._transport = transport
        self._pay = pay
        self._buffer = bytearray()  # what has come and is not read yet
        self._left = 0  # bytes that may still be read
        self._deadline = 0.0  # on the monotonic clock

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for a request, for some seconds or until the end. Return whether one has begun."""
        if not self._buffer:
            self._buffer += self._transport.recv(RECV_SIZE, seconds)
        return bool(self._buffer)

    def begin(self, seconds: float) -> None:
        """Begin to read a request, which has to be complete after some seconds."""
        self._deadline = time.monotonic() + seconds

    def allow(self, size: int) -> None:
        """Let `size` bytes be read from here on."""
        self._left = size

    def readline(self, limit: int = -1) -> bytes:
        """Return the next line with its end, or `limit` bytes of it. Raise TooLarge, TooSlow or Gone."""
        seen = 0
        while (end := self._buffer.find(b"\n", seen) + 1) == 0 and not 0 <= limit <= len(self._buffer):
            seen = len(self._buffer)
            if seen > self._left:
                raise TooLarge
            self._fill()
        end = end or limit
        return self._take(min(end, limit) if limit >= 0 else end)

    def read(self, size: int) -> bytes:
        """Return the next `size` bytes. Raise TooLarge, TooSlow or Gone."""
        while len(self._buffer) < size <= self._left:
            self._fill()
        return self._take(size)

    def _fill(self) -> None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TooSlow
        if data := self._transport.recv(RECV_SIZE, left):
            self._buffer += data
            self._pay()
        else:
            raise TooSlow if time.monotonic() >= self._deadline else Gone

    def _take(self, size: int) -> bytes:
        if size > self._left:
            raise TooLarge
        self._left -= size
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        return data
