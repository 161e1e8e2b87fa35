"""What a Go channel can do and queue.Queue cannot before Python 3.13: be closed. And one thing neither can: hand
over all that waits at once, and take as much.
"""

from __future__ import annotations

import queue
from typing import TypeVar

T = TypeVar("T")


class Closed(Exception):
    """Something was put into a closed channel: a bug of the sender, as in Go."""


class Channel(queue.Queue[T]):
    """A queue.Queue that its senders can close. Any thread may call any method."""

    closed = False  # guarded by self.mutex

    def close(self) -> None:
        """Say that nothing more will come; what waits can still be taken. May be called twice. Go: close(ch)"""
        with self.mutex:
            self.closed = True
            self.not_empty.notify_all()
            self.not_full.notify_all()

    def put_all(self, items: list[T], wait: bool = True) -> None:
        """Wait until there is room, if asked to, then put ITEMS in together; they may go over maxsize."""
        with self.not_full:
            while wait and 0 < self.maxsize <= self._qsize() and not self.closed:
                self.not_full.wait()
            for item in items:
                self._put(item)
            self.not_empty.notify()

    def get_all(self) -> list[T]:
        """Wait until something is there and take all of it, oldest first; empty once closed and empty."""
        with self.not_empty:
            while not self._qsize() and not self.closed:
                self.not_empty.wait()
            taken = list(self.queue)
            self.queue.clear()
            self.not_full.notify_all()
            return taken

    def _put(self, item: T) -> None:
        # queue.Queue's own hook, called with the mutex held.
        if self.closed:
            raise Closed
        super()._put(item)
