"""Reads which signals have come, so that the main thread learns of each though it waits for its queue.

A handler in Python runs in the main thread, between two of its steps. If the signal comes just before a wait, or to
another thread, the next step is after that wait. But whichever thread gets a signal, the interpreter at once writes its
number to a file that it is told of: here a socket, whose other end is read by a thread of ours.
"""

from __future__ import annotations

import signal
import socket
import threading

from ..events import Events, Signalled


class Signals:
    """Puts each signal that has a handler into `events`, while it is entered. For the main thread."""

    def __init__(self, events: Events) -> None:
        self._events = events
        self._reader, self._writer = socket.socketpair()
        self._writer.setblocking(False)
        # A daemon: a second Ctrl-C can come before we are left.
        self._thread = threading.Thread(target=self._read, name="signals", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()
        # When it is full, the thread is about to wake the main one anyway.
        signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)

    def __exit__(self, *error: object) -> None:
        signal.set_wakeup_fd(-1)
        self._writer.close()
        self._thread.join()

    def _read(self) -> None:
        with self._reader:
            while numbers := self._reader.recv(64):
                for number in numbers:
                    self._events.put(Signalled(number))
