"""Reads standard input, so that the main thread need not wait for it."""

from __future__ import annotations

import io
import sys
import threading

from ..events import Events, Typed

CHUNK = 4096  # bytes


class Keyboard:
    """Puts what is typed, or comes through a pipe, into `events`: one piece, and the next when it is wanted."""

    def __init__(self, events: Events) -> None:
        self._events = events
        self._wanted = threading.Event()
        # A daemon: nothing gets it out of a read that nobody answers.
        self._thread = threading.Thread(target=self._read, name="keyboard", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def go_on(self) -> None:
        """Read the next piece, if that is not already done."""
        self._wanted.set()

    def _read(self) -> None:
        # Not sys.stdin itself: its lock, held by a daemon thread, would break the interpreter's end. And not os.read():
        # on a Windows console only this object knows how to read Chinese.
        raw: io.RawIOBase = sys.stdin.buffer.raw  # type: ignore[union-attr]
        data = b"?"
        while data:
            self._wanted.wait()
            self._wanted.clear()
            try:
                data = raw.read(CHUNK) or b""
            except OSError:  # the terminal is gone
                data = b""
            self._events.put(Typed(data))
