"""Sending without giving the interpreter away, and when to give it away all the same.

`socket.send` releases the interpreter lock, and takes it again when the kernel is done. Where other threads are busy, each
of these hand-overs may wait for one of them, so a message for a thousand users would wait a thousand times. In quiet times
the hand-overs are welcome: handlers read meanwhile, so the next batch has more lines. So every send gives the interpreter
away, until a group of sends takes long. Then others are busy, and a run of sends keeps the interpreter, for a few
microseconds each. After a run one send gives it away. While that takes long, too, runs get longer, else shorter.
"""

from __future__ import annotations

import ctypes
import errno
import os
import socket
from collections.abc import Callable

GROUP = 32  # sends whose time is taken
BUSY = 0.002  # seconds for so many sends that show that others keep the interpreter busy; usual is a tenth of it
SHORTEST, LONGEST = 16, 256  # sends in a row that keep the interpreter then

_FLAGS = int(socket.MSG_DONTWAIT) | int(getattr(socket, "MSG_NOSIGNAL", 0))


def find_send() -> Callable[[int, bytes, int, int], int] | None:
    """Return the C library's send, called with the interpreter lock held. Return None where it cannot be had."""
    try:
        send = ctypes.PyDLL(None, use_errno=True).send
    except (OSError, AttributeError):  # a system without a C library that can be called
        return None
    send.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_int)
    send.restype = ctypes.c_ssize_t
    found: Callable[[int, bytes, int, int], int] = send
    return found


class Turns:
    """Decides for each send whether it keeps the interpreter. All transports of a process share one."""

    def __init__(self) -> None:
        self.run = 0  # how many sends in a row keep it
        self._left = 0  # of the present run
        self._send = find_send()

    def try_send(self, connection: socket.socket, data: bytes | memoryview) -> int:
        """Send what the kernel takes without waiting. Return how many bytes that were. Raises OSError.

        The caller sees to it that nobody closes the connection meanwhile.
        """
        if self._left and self._send and isinstance(data, bytes):
            self._left -= 1
            return self._keep_and_send(connection.fileno(), data)
        self._left = self.run
        try:
            return connection.send(data, _FLAGS)
        except BlockingIOError:
            return 0

    def note(self, seconds: float) -> None:
        """Take note of how long GROUP sends have taken. Make the next runs longer or shorter."""
        if seconds > BUSY:
            self.run = max(SHORTEST, min(2 * self.run, LONGEST))
        elif self.run:
            self.run = self.run // 2 if self.run > SHORTEST else 0

    def _keep_and_send(self, descriptor: int, data: bytes) -> int:
        assert self._send
        sent = self._send(descriptor, data, len(data), _FLAGS)
        if sent >= 0:
            return sent
        number = ctypes.get_errno()
        if number not in (errno.EAGAIN, errno.EWOULDBLOCK, errno.EINTR):
            raise OSError(number, os.strerror(number))
        return 0


TURNS = Turns()  # one for all connections, because they share one interpreter
