"""Sending without releasing the GIL, and when to release it all the same.

`socket.send` releases the GIL, which is the lock of the Python interpreter, and takes it again when the kernel is done.
Where other threads are busy, one of them may take it meanwhile and keep it for a while, so a message for a thousand
users would wait a thousand times. In quiet times releasing it is welcome: handlers read meanwhile, so the next batch
has more lines. So every send releases the GIL, until a group of sends takes long. Then others are busy, and a run of
sends keeps the GIL, for a few microseconds each. After a run, one send releases it. While groups still take long, runs
get longer, else shorter.
"""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")

GROUP = 32  # sends whose time is taken
BUSY = 0.002  # seconds for so many sends that show that other threads are busy; usual is a tenth of it
SHORTEST, LONGEST = 16, 256  # sends in a row that keep the GIL then

_FLAGS = int(socket.MSG_DONTWAIT) | int(getattr(socket, "MSG_NOSIGNAL", 0))


def find_send() -> Callable[[int, bytes, int, int], int] | None:
    """Return the C library's send, called with the GIL held. Return None where it cannot be had."""
    try:
        send = ctypes.PyDLL(None, use_errno=True).send
    except (OSError, AttributeError):  # a system without a C library that can be called
        return None
    send.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_int)
    send.restype = ctypes.c_ssize_t
    found: Callable[[int, bytes, int, int], int] = send
    return found


class GilPolicy:
    """Decides for each send whether it keeps the GIL. All transports of a process share one.

    Several threads change `run` and `_left` without a lock. That is harmless: a send more or less keeps the GIL.
    """

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

    def groups(self, users: Sequence[T]) -> Iterator[Sequence[T]]:
        """Yield users in groups, and take note of how long each group has taken its caller to serve."""
        for start in range(0, len(users), GROUP):
            group, began = users[start : start + GROUP], time.perf_counter()
            yield group
            if not start or len(group) == GROUP:  # the few that are left over at the end say little
                self.note(time.perf_counter() - began)

    def note(self, seconds: float) -> None:
        """Take note of how long a group of sends has taken. Make the next runs longer or shorter."""
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


GIL = GilPolicy()  # one for all connections, because they share one interpreter
