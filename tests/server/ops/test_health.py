"""What health says, by value."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any, cast

from server.chat.room import Entry
from server.log.broadcaster import Broadcaster
from server.ops.health import trouble_of
from server.threads.supervisor import Supervisor


@dataclass
class World:
    """A server and its history, made by hand."""

    broadcaster: Broadcaster = field(default_factory=Broadcaster)
    supervisor: Supervisor = field(default_factory=lambda: Supervisor(lambda: None))
    stopping: threading.Event = field(default_factory=threading.Event)
    max_users: int = 10
    guard: Any = None
    waiting: int = 0
    missing: int = 0
    trouble: str = ""


def test_all_is_well() -> None:
    """With and without a history."""
    world = World()
    assert (trouble_of(world, None), trouble_of(world, world)) == ("", "")


def test_a_history_that_fails() -> None:
    """It says what the history says."""
    world = World(trouble="the file cannot be written")
    assert trouble_of(world, world) == "history: the file cannot be written"


def test_a_server_that_stops() -> None:
    """Whatever else there is to say."""
    world = World(trouble="the file cannot be written")
    world.stopping.set()
    assert trouble_of(world, world) == "stopping"


def test_a_broadcaster_that_has_died() -> None:
    """It has closed the log, so that nobody waits for it."""
    world = World()
    world.broadcaster.broadcast([cast(Entry, None)])  # which nobody can apply
    thread = world.supervisor.thread("broadcaster", world.broadcaster.listen_message)
    thread.start()
    thread.join()
    assert trouble_of(world, world) == "the broadcaster has died of a bug"


def test_another_thread_that_has_died() -> None:
    """Without it, the server would live on deaf."""

    def fail() -> None:
        raise ValueError("a bug")

    world = World()
    thread = world.supervisor.thread("accept", fail)
    thread.start()
    thread.join()
    assert trouble_of(world, world) == "a thread has died of a bug"
