"""Who is online, and the broadcaster, through which everything reaches everyone in one order.

Knows users and text, no socket. The lock rules:

1. There is one map lock. It guards online_map and every user's name. Only this file takes it.
2. Under it nothing blocks: no send that waits, no put into a bounded channel, no join, no logging.
   (An outbox's own lock may be taken under it, never the other way round.)
3. Only the broadcaster takes a user out of the map, so that whatever was said before somebody left still reaches
   them, and their 下线 comes after it.

All that a line causes goes through one channel, replies and receipts too: so a speaker's lines reach everyone in
the order they were typed, and everyone sees broadcasts in one order.
"""

from __future__ import annotations

import threading
from collections.abc import Container, Iterable

from . import names, protocol
from .channel import Channel
from .user import Delivery, User

# How many lines may wait for the broadcaster. It never waits for a reader, so this only slows a flood of speakers
# down to its speed.
MESSAGE_CAPACITY = 1024


class Room:
    """Everyone online. Go: Server, its OnlineMap, mapLock and Message

    Any thread may call any method, but what a user says, from online() to offline(), is for their own handler
    thread: it gathers what the lines of one read cause, and hands it over with flush().
    """

    def __init__(self) -> None:
        self.online_map: dict[str, User] = {}  # by names.fold(name)
        self.map_lock = threading.RLock()
        self.message: Channel[Delivery] = Channel(MESSAGE_CAPACITY)

    def online(self, user: User) -> None:
        """Let USER in and announce it. Go: User.Online"""
        with self.map_lock:
            self.online_map[names.fold(user.name)] = user
        self.broadcast(user, protocol.ONLINE)
        self.flush(user)

    def offline(self, user: User) -> None:
        """Let USER go once all that was said before has reached it, and announce it. Go: User.Offline"""
        user.said.append((user, None))
        # Without waiting: when a thousand leave at once, waking those who wait costs more than the room they take.
        self.message.put_all(user.said, wait=False)

    def broadcast(self, user: User, text: str) -> None:
        """Say TEXT, one line, to everyone as USER. Go: Server.BroadCast"""
        user.said.append((None, f"{user.tag}{text}\n".encode()))

    def send(self, user: User, text: str) -> None:
        """Tell USER alone TEXT, one or more lines. Go: User.SendMsg"""
        user.said.append((user, f"{text}\n".encode()))

    def whisper(self, user: User, receiver: User, text: str) -> None:
        """Say TEXT, one line, to RECEIVER alone as USER."""
        user.said.append((receiver, f"{user.name}: {text}\n".encode()))

    def flush(self, user: User) -> None:
        """Hand all that USER has caused since the last time to the broadcaster: one put for many lines."""
        if user.said:
            self.message.put_all(user.said)
            user.said = []

    def farewell(self, text: str) -> None:
        """Tell everyone TEXT as the last thing they hear, after all that was said before."""
        self.message.put_all([(None, f"{text}\n".encode()), (None, None)])

    def who(self) -> list[str]:
        """The tags of everyone online, at one moment."""
        with self.map_lock:
            return [user.tag for user in self.online_map.values()]

    def users(self) -> list[User]:
        """Everyone online, at one moment."""
        with self.map_lock:
            return list(self.online_map.values())

    def find(self, name: str) -> User | None:
        """The user of that name, whatever its case or width. Go: OnlineMap[name]"""
        with self.map_lock:
            return self.online_map.get(names.fold(name))

    def rename(self, user: User, name: str) -> bool:
        """Look NAME up and give it to USER in one step; False if somebody else has it."""
        key = names.fold(name)
        with self.map_lock:
            if self.online_map.get(key, user) is not user:
                return False
            self._forget(user)
            user.rename(name)
            self.online_map[key] = user
            return True

    def listen_message(self) -> None:
        """Fan out what is said until the channel is closed: the broadcaster thread's whole life.

        Go: Server.ListenMessage
        """
        try:
            while batch := self.message.get_all():
                self._fan_out(batch)
                batch.clear()  # or those who have left would live in it until somebody speaks
        finally:
            self.message.close()  # of a bug: whoever waits for room must not wait for ever

    def close(self) -> None:
        """End the broadcaster, once nobody will say anything any more."""
        self.message.close()

    def _fan_out(self, batch: Iterable[Delivery]) -> None:
        """Hand a batch to all: one object for everyone who is sent nothing of their own, joined once."""
        everyone: list[bytes] = []
        size = 0  # of all that is in everyone
        own: dict[User, list[tuple[int, bytes | None]]] = {}  # with how much of everyone's goes before
        farewell = False
        with self.map_lock:
            for user, text in batch:
                if farewell:  # and nothing after it
                    break
                if user is not None:
                    own.setdefault(user, []).append((size, text))
                    if text is not None:
                        continue
                    self._forget(user)
                    text = f"{user.tag}{protocol.OFFLINE}\n".encode()
                if text is not None:
                    everyone.append(text)
                    size += len(text)
                else:
                    farewell = True
            common = b"".join(everyone)
            if common:
                self._put_to_others(common, own)
            for user, texts in own.items():
                data = _interleave(common, texts)
                user.outbox.put(_crlf(data) if user.crlf else data)
                if texts[-1][1] is None:
                    user.outbox.close()
            if farewell:
                for user in self.online_map.values():
                    user.outbox.close()

    def _put_to_others(self, data: bytes, own: Container[User]) -> None:
        with_crlf = b""  # made when somebody wants it
        for user in self.online_map.values():
            if user in own:
                continue
            if user.crlf:
                with_crlf = with_crlf or _crlf(data)
            user.outbox.put(with_crlf if user.crlf else data)

    def _forget(self, user: User) -> None:
        """Free the name of USER, with the lock held. After a reset, the same address may already be back."""
        key = names.fold(user.name)
        if self.online_map.get(key) is user:
            del self.online_map[key]


def _crlf(data: bytes) -> bytes:
    return data.replace(b"\n", b"\r\n")


def _interleave(common: bytes, own: list[tuple[int, bytes | None]]) -> bytes:
    """All of COMMON with OWN's texts at their places; it ends where OWN has no text."""
    parts: list[bytes] = []
    done = 0
    for place, text in own:
        parts.append(common[done:place])
        done = place
        if text is None:
            return b"".join(parts)
        parts.append(text)
    parts.append(common[done:])
    return b"".join(parts)
