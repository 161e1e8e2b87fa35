"""A log that never stops the server. What nobody takes is dropped, and counted."""

from __future__ import annotations

import contextlib
import logging
import os
import select
from collections.abc import Callable

CHUNK = 512  # bytes that a pipe takes at once, or not at all (the least PIPE_BUF that POSIX allows)


class DroppingHandler(logging.Handler):
    """Writes to a descriptor as long as it takes something, without ever waiting for it.

    A pipe whose reader sleeps, or a terminal stopped with Ctrl-S, would otherwise stop every thread that logs.
    """

    def __init__(self, descriptor: int, form: Callable[[str], str] = str) -> None:
        """`form` returns how a text that is no record looks in the log."""
        super().__init__()
        self._descriptor = descriptor
        self._form = form
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLOUT)
        self._dropped = 0
        self._is_cut = False  # whether the last line was taken in part, so that it has no end

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record, or count it as dropped. logging calls this with the handler's own lock held."""
        self._write_or_count(self.format(record))

    def write_line(self, text: str) -> None:
        """Write a line that is no record, or count it as dropped. Any thread."""
        with self.lock or contextlib.nullcontext():
            self._write_or_count(self._form(text))

    def _write_or_count(self, text: str) -> None:
        try:
            if self._dropped:
                dropped = self._form(f"{self._dropped} lines of the log were dropped: nobody took them")
                text = f"{dropped}\n{text}"
            if self._is_cut:
                text = f"\n{text}"
            if self._write(f"{text}\n".encode("utf-8", "replace")):
                self._dropped = 0
            else:
                self._dropped += 1
        except OSError:  # whoever read it is gone
            self._dropped += 1

    def _write(self, data: bytes) -> bool:
        """Write as much of `data` as is taken at once. Return whether that was something."""
        begun = False
        while data and self._poll.poll(0):
            data = data[os.write(self._descriptor, data[:CHUNK]) :]
            begun = True
        if begun:
            self._is_cut = bool(data)
        return begun
