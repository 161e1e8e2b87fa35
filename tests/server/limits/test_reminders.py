"""Who is reminded, by value: a clock that the test moves."""

from __future__ import annotations

from typing import cast

import pytest

from server.chat.room import Entry
from server.limits.reminders import Remind, Reminders
from server.log.broadcaster import Broadcaster
from server.wire.user import User

from ...support.chatting import NOW, Chat
from ...support.peers import PATIENCE, Peer, running
from ...support.pretend import pretend_user


class World:
    """A user with the number 1, an idle limit of ten seconds, and reminders before it."""

    def __init__(self, limit: float = 10.0, warn: float = 3.0) -> None:
        self.time = 100.0
        self.user: User = pretend_user(1, "a:1", now=self.time)
        self.put: list[Entry] = []
        self._reminders = Reminders(limit, warn, cast(Broadcaster, self), lambda: self.time)

    def users(self) -> list[User]:
        return [self.user]

    def offline(self, entries: list[Entry]) -> None:
        self.put += entries

    def reminded_after(self, seconds: float) -> list[int]:
        """Let time pass and look. Return the numbers of those who are reminded."""
        self.time += seconds
        self.put.clear()
        self._reminders.look()
        return [entry.number for entry in self.put]


def test_a_silent_user_is_reminded_once() -> None:
    """And again only after having said something."""
    world = World()
    assert world.reminded_after(6.9) == []
    assert world.reminded_after(0.5) == [1]
    assert world.reminded_after(0.5) == []
    world.user.last_seen = world.time
    assert world.reminded_after(6.9) == []
    assert world.reminded_after(0.5) == [1]


@pytest.mark.parametrize(("limit", "warn"), [(10.0, 0.0), (0.0, 3.0)])
def test_without_a_limit_or_a_warning_nobody_is_reminded(limit: float, warn: float) -> None:
    """0 is none of both."""
    assert World(limit, warn).reminded_after(1000.0) == []


def test_only_people_are_reminded() -> None:
    """A program knows the limit from its greeting."""
    chat = Chat()
    chat.join(1, "a:1")
    chat.open(2, "b:2", "/json")
    chat.values(2)
    chat.values(1)
    chat.apply(*(Remind(number, NOW, 3.0) for number in (1, 2, 3)))
    assert chat.read(1) == ["再过 3 秒没有输入，连接就会中断；按一下回车就可以留下"]
    assert chat.values(2) == []


def test_a_reminder_comes_before_the_end() -> None:
    """A user who says nothing reads both."""
    with running(idle_timeout=3.0, warn=2.9) as server:
        peer = Peer(server.port)
        peer.socket.settimeout(PATIENCE)
        assert peer.rest().decode().splitlines()[-2:] == [
            "再过 2.9 秒没有输入，连接就会中断；按一下回车就可以留下",
            "长时间未使用，连接中断",
        ]
        peer.close()
