"""The stage of the simulation: users, connections and a server, and how what they send gets from one to the other.

All that happens by chance comes from a seed, so that each run can be repeated.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from server.chat.kinds import Placed

from .simulation_disk import Disk
from .simulation_server import Connection, Life
from .simulation_users import Program, TextUser, User, Wild

EVERYTHING = 1 << 30  # bytes, entries or batches
ROUNDS = 300  # after which everything must have come to rest
ALL = 10_000  # events, which are more than there are
LEAP = 1_000_000  # places between two lives of the server


class Stage:
    """Everything in one simulation. `trace` is what has happened, if somebody wants to know."""

    replays: Sequence[int] = (0, 0, 3)  # how many lines newcomers may be shown
    rooms: Sequence[str] = ("go", "茶馆")  # besides the lobby, in which users may be

    def __init__(self, seed: int, trace: list[str] | None = None, disk: Disk | None = None) -> None:
        """Without a `disk`, there is a model of one, or none, as the seed has it."""
        self.chance = chance = random.Random(seed)
        self.trace = trace
        model = Disk() if chance.random() < 0.6 else None
        self.disk = disk or model
        self.remember = chance.choice((0, 4, 12, 40, ALL, ALL))
        self._replay = chance.choice(self.replays)
        self._limit = chance.choice((400, 3000, 1 << 18, 1 << 18))
        self._start = LEAP
        self.life = self._begin()
        self.lives = [self.life]
        self.lost: list[Placed] = []  # events that were said, and then lost in a kill
        self.users: list[User] = [kind(number, chance) for number, kind in enumerate(self.kinds())]
        for user in self.users:
            user.rooms = self.rooms
        self.connections: list[Connection] = []  # whose handler is not over
        self._numbers = 0
        self.since: list[tuple[str, int]] = []  # held sessions, and the places since which they are held

    def kinds(self) -> list[type[User]]:
        """Return of which kind each user is."""
        chance = self.chance
        return [Program] * chance.randint(2, 4) + [TextUser] * chance.randint(0, 2) + [Wild] * chance.randint(0, 1)

    def settle(self) -> bool:
        """Let everybody come back and catch up. Return whether that has an end."""
        self.say("now everything comes to rest")
        for _ in range(ROUNDS):
            moved = [self._round(), self._hear_all()]
            if not any(moved) and all(user.is_content for user in self.users):
                return True
        return False

    def say(self, text: str) -> None:
        """Take note of what has happened."""
        if self.trace is not None:
            self.trace.append(text)

    def some_user(self, is_connected: bool) -> User | None:
        """Return a user who has a connection, or has none, if there is one who has not left for good."""
        found = [user for user in self.users if (user.link is not None) == is_connected and not user.has_left]
        return self.chance.choice(found) if found else None

    def connect(self, user: User | None = None) -> None:
        """Let a user connect: a certain one, or any."""
        user = user or self.some_user(False)
        if not user:
            return
        self._numbers += 1
        addr = f"10.0.0.{user.number}:{1000 + self._numbers}"
        connection = Connection(self.life, addr, self._numbers, self._limit)
        self.connections.append(connection)
        self.say(f"{user} connects as {addr}")
        user.come(connection)
        if self.chance.random() < 0.5:
            self._rush(user, connection)

    def _rush(self, user: User, connection: Connection) -> None:
        """Let somebody who has just connected come in at once. Another connection may have something to say before."""
        if connection.is_busy:
            self.read(connection, EVERYTHING, patient=True)
            if self.chance.random() < 0.5:
                self.up()
            self.apply(EVERYTHING)
            self.hear(user, EVERYTHING)

    def read(self, connection: Connection, size: int, patient: bool) -> None:
        """Let the server read from a connection."""
        if self.trace is not None:
            self.say(f"{connection.addr}: the server reads {bytes(connection.up[:size])!r} of {len(connection.up)}")
        connection.read(size, patient)
        if connection.is_over:
            self.say(f"{connection.addr}: the handler leaves")
            self.connections.remove(connection)

    def up(self) -> None:
        """Let the server read some of what is on its way."""
        busy = [connection for connection in self.connections if connection.is_busy]
        if busy:
            self.read(self.chance.choice(busy), self.size(), patient=self.chance.random() < 0.8)

    def apply(self, count: int = 0) -> None:
        """Let the server apply some entries of its log: a certain number, or any."""
        count = count or self.chance.choice((1, self.chance.randint(1, 6), EVERYTHING))
        if self.trace is not None:
            self.say(f"a batch: {list(self.life.log)[:count]}")
        self.life.apply(count)

    def hear(self, user: User, size: int) -> bool:
        """Let a user take what has come. Return whether that was anything."""
        assert user.link
        data = user.link.pipe.take(size)
        if data:
            if self.trace is not None:
                self.say(f"{user} hears {data!r}")
            user.hear(data)
        elif user.link.pipe.is_at_end:
            self.say(f"{user} sees the end of {user.link.addr}")
            user.link.up_ends = True
            user.leave()
        else:
            return False
        return True

    def size(self) -> int:
        """Return how many bytes come at once."""
        return self.chance.choice((self.chance.randint(1, 8), self.chance.randint(1, 300), EVERYTHING, EVERYTHING))

    def cut_at(self, size: int) -> int:
        """Return after how many bytes of `size` something is cut."""
        return self.chance.choice((0, self.chance.randint(0, size), size))

    def end(self, connection: Connection, why: str, farewell: str) -> None:
        """Let the server end a connection."""
        connection.up.clear()
        connection.up_ends = connection.is_dead = True
        connection.end(why, farewell)
        self.connections.remove(connection)

    def restart(self, in_order: bool) -> None:
        """Begin a new life of the server. Users get what was on its way to them, or only some of it."""
        for user in self.users:
            if user.link:
                user.link.is_dead = True
                user.link.pipe.freeze(is_killed=not in_order)
                if not in_order or self.chance.random() < 0.2:
                    user.link.pipe.cut(self.cut_at(user.link.pipe.waiting))
        self.connections.clear()
        self.since.clear()
        self._start += LEAP
        self.life = self._begin()
        self.lives.append(self.life)

    def _begin(self) -> Life:
        life = Life(self.disk, self._start, self.remember, self._replay)
        life.apply(EVERYTHING)
        return life

    def _round(self) -> bool:
        present = [user.link for user in self.users]
        for connection in list(self.connections):
            if connection not in present:
                connection.up_ends = True
                connection.pipe.close()
        for user in self.users:
            if user.link is None and isinstance(user, Program) and not user.has_left:
                self.connect(user)
        busy = [connection for connection in self.connections if connection.is_busy]
        for connection in busy:
            self.read(connection, EVERYTHING, patient=False)
        is_waiting = bool(self.life.log)
        self.apply(EVERYTHING)
        if self.disk:
            self.disk.write(EVERYTHING)
        return bool(busy) or is_waiting

    def _hear_all(self) -> bool:
        moved = False
        for user in self.users:
            while user.link and self.hear(user, EVERYTHING):
                moved = True
        return moved
