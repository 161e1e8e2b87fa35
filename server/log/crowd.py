"""The users of one server, by number and by room. The map lock guards them."""

from __future__ import annotations

from collections.abc import Callable

from ..wire.user import User


class Crowd(dict[int, User]):
    """Whoever is online here, by number."""

    def __init__(self) -> None:
        super().__init__()
        self.rooms: dict[str, dict[int, User]] = {}  # the same by room; no room is empty

    def put(self, user: User, room: str) -> None:
        """Let a user be in a room, and in no other."""
        self.take(user)
        user.room = room
        self[user.number] = user
        self.rooms.setdefault(room, {})[user.number] = user

    def take(self, user: User) -> None:
        """Take a user out, who may have been taken out before."""
        if user.room is not None:
            del self[user.number]
            users = self.rooms[user.room]
            del users[user.number]
            if not users:
                del self.rooms[user.room]
            user.room = None

    def drop_the_slowest(self, is_over: Callable[[], bool]) -> None:
        """Drop those who are furthest behind, until no more waits than may, which `is_over` says."""
        for user in sorted(self.values(), key=lambda user: user.outbox.lag.private, reverse=True):
            user.outbox.drop()
            if not is_over():
                return
