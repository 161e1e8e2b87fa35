"""The users of one server, by number and by room. The map lock guards them."""

from __future__ import annotations

from collections.abc import Callable

from ..wire.outbox import Outbox
from ..wire.user import User


class Crowd(dict[int, User]):
    """Whoever is online here, by number."""

    def __init__(self) -> None:
        super().__init__()
        self.rooms: dict[str, dict[int, User]] = {}  # the same by room; no room is empty
        self._left: list[Outbox] = []  # of those who have left, as long as something may wait in them

    def put(self, user: User, room: str) -> None:
        """Let a user be in a room, and in no other."""
        self._take(user)
        user.room = room
        self[user.number] = user
        self.rooms.setdefault(room, {})[user.number] = user

    def leave(self, user: User) -> None:
        """Take out a user who has left, and may not have read everything yet."""
        self._take(user)
        self._left.append(user.outbox)

    def drop_the_slowest(self, is_over: Callable[[], bool]) -> None:
        """Drop those who are furthest behind, online or not, until `is_over` returns False.

        To be called after each batch.
        """
        self._left = [outbox for outbox in self._left if outbox.lag.private]
        if is_over():
            outboxes = [*self._left, *(user.outbox for user in self.values())]
            for outbox in sorted(outboxes, key=lambda outbox: outbox.lag.private, reverse=True):
                outbox.drop()
                if not is_over():
                    return

    def _take(self, user: User) -> None:
        if user.room is not None:
            del self[user.number]
            users = self.rooms[user.room]
            del users[user.number]
            if not users:
                del self.rooms[user.room]
            user.room = None
