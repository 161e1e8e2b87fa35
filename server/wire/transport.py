"""The way to one peer's socket.

No other file but `tls_transport.py`, which takes its place, calls a connection's socket.

Rules: one thread at a time sends, which the outbox sees to. One thread reads, the handler. Only the handler closes,
after its outbox has been closed, so nobody can send on a descriptor that belongs to somebody else by now. Anyone else
who wants the connection to end calls `hang_up`, which wakes the reader. `close` would not wake it.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import functools
import os
import select
import socket
import sys
import termios
import time
from collections.abc import Callable

from .gil import GIL

_TCP_INFO = getattr(socket, "TCP_INFO", -1)
_ACKNOWLEDGED = slice(120, 128)  # where `tcpi_bytes_acked` stands in Linux's `struct tcp_info`
LAST_READS, LAST_SIZE = 32, 4 * 1024  # reads of so many bytes, from a peer that does not close when the connection ends


class Transport:
    """A plain TCP connection. Any thread may call any method, within the rules above. Go: User.conn"""

    is_encrypted = False

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        # Send what the kernel takes without waiting, and return how many bytes that were. Raises OSError.
        self.try_send: Callable[[bytes | memoryview], int] = functools.partial(GIL.try_send, connection)

    def peek(self, size: int, timeout: float) -> bytes:
        """Wait up to `timeout` seconds for the first bytes, and return up to `size` of them without taking them.

        Return nothing if none have come. Raises OSError if the peer is gone.
        """
        return self._socket.recv(size, socket.MSG_PEEK) if self._wait(select.POLLIN, timeout) else b""

    def recv(self, size: int, timeout: float | None = None) -> bytes:
        """Wait for bytes and take up to `size` of them. Return nothing at the end, or when the peer is gone.

        With a `timeout` in seconds, return nothing when it is over. Go: conn.Read
        """
        try:
            # Not by `settimeout`, which would hold for whoever sends, too: `try_send` must never wait.
            if timeout is not None and not self._wait(select.POLLIN, timeout):
                return b""
            return self._socket.recv(size)
        except OSError:  # reset by the peer
            return b""

    def send_all(self, data: bytes | memoryview) -> None:
        """Send all of `data`, and wait as long as that takes. Raises OSError. Go: conn.Write"""
        self._socket.sendall(data)

    def unacknowledged(self) -> int:
        """Return how many sent bytes the kernel still has, because the peer has not taken them. 0 if unknown."""
        try:
            return int.from_bytes(fcntl.ioctl(self._socket, termios.TIOCOUTQ, bytes(4)), sys.byteorder)
        except (OSError, ValueError):  # the peer is gone, the socket is closed, or this system does not tell
            return 0

    def progress(self) -> tuple[int, int]:
        """Return how many bytes the peer's system has acknowledged in all, or 0 if unknown; and `unacknowledged`."""
        before = -1
        while before != (acknowledged := self._acknowledged()):  # else some would be in neither figure, or in both
            before, waiting = acknowledged, self.unacknowledged()
        return acknowledged, waiting

    def _acknowledged(self) -> int:
        try:
            info = self._socket.getsockopt(socket.IPPROTO_TCP, _TCP_INFO, _ACKNOWLEDGED.stop)
        except OSError:  # the peer is gone, or this system does not tell
            return 0
        return int.from_bytes(info[_ACKNOWLEDGED], sys.byteorder)

    def stop_sending(self) -> None:
        """Let the peer see the end, after all that has been sent."""
        with contextlib.suppress(OSError):  # the peer is gone
            self._socket.shutdown(socket.SHUT_WR)

    def stop_reading(self) -> None:
        """Let our own reader see the end. What waits can still be sent."""
        with contextlib.suppress(OSError):  # the peer is gone
            self._socket.shutdown(socket.SHUT_RD)

    def see_out(self, seconds: float) -> None:
        """Let a peer that was sent its last words close first, for which it has some seconds.

        To close with input unread would reset the connection, and the last words might be lost with it. A peer that
        goes on sending has to bear that.
        """
        deadline = time.monotonic() + seconds
        for _ in range(LAST_READS):
            left = deadline - time.monotonic()
            if left <= 0 or not self.recv(LAST_SIZE, left):
                break

    def hang_up(self) -> None:
        """End the connection both ways, which wakes whoever waits for it in `recv` or in `send_all`."""
        with contextlib.suppress(OSError):  # the peer was quicker
            self._socket.shutdown(socket.SHUT_RDWR)

    def _wait(self, events: int, timeout: float | None) -> int:
        """Wait until the socket is ready for one of `events`, or has failed. Return 0 after `timeout` seconds.

        Raises OSError if the socket has been closed.
        """
        poll = select.poll()
        try:
            poll.register(self._socket, events)
        except ValueError:  # it has no descriptor any more
            raise OSError(errno.EBADF, os.strerror(errno.EBADF)) from None
        ready = poll.poll(None if timeout is None else timeout * 1000)
        return ready[0][1] if ready else 0
