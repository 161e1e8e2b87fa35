"""The broadcaster: takes entries from the log, applies them to the room, and hands everyone what they are told.

Lock rule: the map lock guards the room, with every user's name, and the map of users. Only this file takes it. Under it
nothing blocks: no send that waits, no `put` that may wait, no `join`, no logging. An outbox's lock may be taken under
it, never the other way round. A handler may look up one key in a dict of the room without it, which CPython does in one
step: that is a hint, and an entry has to decide.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Container, Mapping, Sequence

from ..chat.copies import Copy
from ..chat.entries import Join, Opening
from ..chat.room import Entry, Room
from ..threads.channel import Channel
from ..wire.backlog import DEFAULT_MEMORY, Backlog
from ..wire.gil import GIL
from ..wire.pages import Pages
from ..wire.user import User
from .crowd import Crowd
from .subscriber import Batch, Subscriber

log = logging.getLogger(__name__)

# What may wait in the log, in bytes of text, and what an entry counts besides. The broadcaster never waits for a
# reader, so a flood of speakers is only slowed down to its speed. A batch is never larger than this and one put more.
MESSAGE_CAPACITY = 256 * 1024
ENTRY_WEIGHT = 200


class Broadcaster:
    """The log of all entries, and the thread that applies it. Go: Server.Message, Server.mapLock"""

    def __init__(
        self, subscribers: Sequence[Subscriber] = (), memory: int = DEFAULT_MEMORY, room: Room | None = None
    ) -> None:
        """`memory` is the number of bytes that may wait for all users together."""
        self.room = room or Room()  # Go: Server.OnlineMap
        self.map_lock = threading.RLock()
        self.message: Channel[Entry] = Channel(MESSAGE_CAPACITY)
        self.backlog = Backlog(memory)
        self._subscribers = subscribers
        self._users = Crowd()  # whoever is online
        # Users whose Join is still in the log. A handler puts its user in before the entry, and the broadcaster takes
        # it out after the entry, so the channel keeps the two apart and no lock is needed.
        self._arriving: dict[int, User] = {}

    def online(self, user: User, opening: Opening | None = None) -> None:
        """Let a user in, who may have said an `opening`. Raises Closed. Go: User.Online"""
        self._arriving[user.number] = user
        self.message.put_all([Join(user.number, time.time(), user.addr, opening)], ENTRY_WEIGHT)

    def broadcast(self, entries: list[Entry], size: int = 0) -> None:
        """Append what a user has caused to the log, and wait while the log is full. Raises Closed.

        Many lines are one put; `size` is how many bytes they have. Go: Server.BroadCast
        """
        if entries:
            self.message.put_all(entries, size + ENTRY_WEIGHT * len(entries))

    def offline(self, entries: list[Entry]) -> None:
        """Append a user's last entries to the log, without waiting. Raises Closed. Go: User.Offline

        When a thousand leave at once, waking those who wait would cost more than the room that their entries take.
        """
        self.message.put_all(entries, ENTRY_WEIGHT * len(entries), wait=False)

    def held(self) -> dict[str, int]:
        """Return the sessions without a connection, by digest, and where in the log they lost it. Any thread."""
        with self.map_lock:
            return {digest: session.held_since for digest, session in self.room.sessions.held.items()}

    def users(self) -> list[User]:
        """Return everyone online, at one moment. Any thread."""
        with self.map_lock:
            return list(self._users.values())

    def listen_message(self) -> None:
        """Fan out the log until it is closed. This is the broadcaster thread's whole life. Go: Server.ListenMessage"""
        try:
            while entries := self.message.get_all():
                self._fan_out(entries)
                entries = []  # or what was said last would stay in memory until somebody speaks again
        finally:
            self.message.close()  # after a bug: whoever waits for room must not wait for ever

    def close(self) -> None:
        """End the broadcaster, once nobody will append anything any more."""
        self.message.close()

    def _fan_out(self, entries: list[Entry]) -> None:
        taken = time.time()
        with self.map_lock:
            told = self.room.apply(entries)
            pages: dict[str, Pages] = {}
            for room, events in told.parts.items():
                pages[room] = Pages(events)
                if events and room in self._users.rooms:
                    self._tell_the_others(self._users.rooms[room], told.copies, pages[room])
            for number, copy in told.copies.items():
                self._tell_one(number, copy, pages)
            self._users.drop_the_slowest(self.backlog.is_over)
            batch = Batch(entries, told, self._users, taken, self._users.rooms)
        for subscriber in self._subscribers:
            self._record(subscriber, batch)

    def _tell_the_others(self, users: Mapping[int, User], copies: Container[int], pages: Pages) -> None:
        """Hand a room's events to all there who are told nothing else: one object for all of one encoding."""
        others = [user for number, user in users.items() if number not in copies]
        for group in GIL.groups(others):
            for user in group:
                if data := pages.of(user.encoding).data:
                    user.outbox.put(data, shared=True)

    def _tell_one(self, number: int, copy: Copy, pages: Mapping[str, Pages]) -> None:
        """Hand one member what it alone is told, between the common events of the rooms where it was."""
        user = self._users.get(number) or self._arriving.pop(number, None)
        if user is None:
            return
        for piece in copy.pieces():
            if piece.switches:
                user.switch_to_values()
            pages[piece.room].hand(user, piece)
        if copy.end is None:
            if user.room != copy.room:
                self._users.put(user, copy.room)
        else:
            self._users.leave(user)
            user.outbox.close()
            if copy.evicted:
                user.outbox.interrupt()

    def _record(self, subscriber: Subscriber, batch: Batch) -> None:
        try:
            subscriber.record(batch)
        except Exception:
            log.exception("a subscriber has failed, and gets no more batches")
            self._subscribers = [other for other in self._subscribers if other is not subscriber]
