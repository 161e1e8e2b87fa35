"""A channel as Go has it: a queue.Queue that its senders can close.

It does one more thing, which neither has: to hand over all that waits at once, and to take as much.
"""

from __future__ import annotations

import queue
from typing import TypeVar

T = TypeVar("T")


class Closed(Exception):
    """The channel is closed: nothing more can be put in. Whoever took from it has ended, or is about to."""


class Channel(queue.Queue[T]):
    """A queue.Queue that its senders can close. Any thread may call any method. Go: chan

    Put with `put` or `put_all`, and take with `get_all` only.
    """

    closed = False  # guarded by self.mutex
    weight = 0  # of all that waits, in the unit of maxsize; guarded by self.mutex, too

    def close(self) -> None:
        """Close the channel. Waiting items can still be taken. May be called twice. Go: close(ch)"""
        with self.mutex:
            self.closed = True
            self.not_empty.notify_all()
            self.not_full.notify_all()

    def put_all(self, items: list[T], weight: int | None = None, wait: bool = True) -> None:
        """Put all items in together, which may go over maxsize. With `wait`, wait for room before.

        maxsize bounds the weight of everything that waits; without a `weight`, each item counts as one. Raises Closed.
        """
        with self.not_full:
            while wait and 0 < self.maxsize <= self.weight and not self.closed:
                self.not_full.wait()
            if self.closed:
                raise Closed
            self.queue.extend(items)
            self.weight += len(items) if weight is None else weight
            self.not_empty.notify()

    def get_all(self) -> list[T]:
        """Wait until something is there, then take all of it, oldest first. Return nothing once closed and empty."""
        with self.not_empty:
            while not self._qsize() and not self.closed:
                self.not_empty.wait()
            taken = list(self.queue)
            self.queue.clear()
            self.weight = 0
            self.not_full.notify_all()
            return taken

    def _put(self, item: T) -> None:
        # The hook of queue.Queue.put, called with the mutex held.
        if self.closed:
            raise Closed
        self.weight += 1
        super()._put(item)

    def _get(self) -> T:
        # The hook of queue.Queue.get.
        raise NotImplementedError("take with get_all: what one item weighs is not known")
