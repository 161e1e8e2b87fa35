"""Sending without giving the interpreter away, and when to give it away all the same.

`socket.send` releases the interpreter lock, and takes it again when the kernel is done. Where other threads are busy, each
of these hand-overs may wait for one of them, so a message for a thousand users would wait a thousand times. A send that
does not wait takes a few microseconds, so several in a row may keep the interpreter. But the handlers must be able to read
meanwhile. So after a run of such sends, one releases it. If it is long until that one has the interpreter back, others
are busy, and the next run is longer.
"""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import time
from collections.abc import Callable

SHORTEST, LONGEST = 16, 256  # sends in a row that keep the interpreter
BUSY = 0.001  # seconds to get the interpreter back that show that others keep it busy

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

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self.run = SHORTEST
        self._left = SHORTEST
        self._send = find_send()
        self._clock = clock

    def try_send(self, connection: socket.socket, data: bytes | memoryview) -> int:
        """Send what the kernel takes without waiting. Return how many bytes that were. Raises OSError.

        The caller sees to it that nobody closes the connection meanwhile.
        """
        if self._left and self._send and isinstance(data, bytes):
            self._left -= 1
            sent = self._send(connection.fileno(), data, len(data), _FLAGS)
            if sent >= 0:
                return sent
            number = ctypes.get_errno()
            if number not in (errno.EAGAIN, errno.EWOULDBLOCK, errno.EINTR):
                raise OSError(number, os.strerror(number))
            return 0
        started = self._clock()
        try:
            return connection.send(data, _FLAGS)
        except BlockingIOError:
            return 0
        finally:
            self._next_run(self._clock() - started)

    def _next_run(self, waited: float) -> None:
        """Begin another run of sends, longer or shorter than the last."""
        self.run = min(2 * self.run, LONGEST) if waited > BUSY else max(self.run // 2, SHORTEST)
        self._left = self.run
