"""The watchdog, with clocks that the test moves."""

from __future__ import annotations

import threading
from typing import cast

import pytest

from server.limits.watchdog import Watchdog
from server.wire.user import User

from ...support.pretend import PretendOutbox, pretend_user


class World:
    """A clock that the test moves, and a watchdog with that clock and a limit of ten seconds."""

    def __init__(self) -> None:
        self.time = 100.0
        self.users: list[User] = []
        self.watchdog = Watchdog(10.0, lambda: self.users, lambda: self.time)

    def join(self) -> User:
        self.users.append(pretend_user(len(self.users), "a:1", now=self.watchdog.now()))
        return self.users[-1]


@pytest.fixture
def world() -> World:
    return World()


def woken(user: User) -> int:
    return cast(PretendOutbox, user.outbox).interrupts


def test_a_silent_user_is_kicked_once(world: World) -> None:
    """It is kicked at the limit and not before. A user who has spoken is not kicked."""
    silent, lively = world.join(), world.join()
    world.time += 9.875
    assert world.watchdog.look() == 0.125
    assert not silent.kicked
    lively.last_seen = world.watchdog.now()
    world.time += 0.125
    assert world.watchdog.look() == 9.875
    world.watchdog.look()
    assert (silent.kicked, woken(silent)) == (True, 1)
    assert (lively.kicked, woken(lively)) == (False, 0)


def test_it_sleeps_until_the_next_deadline(world: World) -> None:
    """It sleeps for the whole limit when nobody is online, and never so short that it spins."""
    assert world.watchdog.look() == 10.0
    world.join()
    world.time += 9.999
    assert world.watchdog.look() == 0.05


class ScriptedWaits:
    """An Event whose waits take longer than asked for, by the given times. Then it is set."""

    def __init__(self, world: World, oversleeps: list[float]) -> None:
        self.world = world
        self.oversleeps = oversleeps

    def wait(self, timeout: float) -> bool:
        if not self.oversleeps:
            return True
        self.world.time += timeout + self.oversleeps.pop(0)
        return False


def run(world: World, oversleeps: list[float]) -> None:
    world.watchdog._stopped = cast(threading.Event, ScriptedWaits(world, oversleeps))
    world.watchdog.run()


def test_a_freeze_does_not_count_as_silence(world: World) -> None:
    """When the process stood still for 12 seconds, everyone has exactly 12 seconds more."""
    silent = world.join()
    world.time += 5
    later = world.join()
    run(world, [12.0])
    assert silent.kicked
    assert not later.kicked
    assert world.watchdog.now() == world.time - 12.0


def test_a_busy_machine_is_no_freeze(world: World) -> None:
    """Small delays do not add up to a longer limit."""
    user = world.join()
    run(world, [0.2])
    assert user.kicked
    assert world.watchdog.now() == world.time


def test_the_time_that_a_look_takes_is_no_freeze(world: World) -> None:
    """Only the time counts that a wait takes longer than asked for."""

    def slow_users() -> list[User]:
        world.time += 0.2
        return world.users

    world.watchdog = Watchdog(10.0, slow_users, lambda: world.time)
    run(world, [0.1, 0.1])
    assert world.watchdog.now() == world.time


@pytest.mark.parametrize(("oversleep", "forgiven"), [(0.25, 0.0), (0.5, 0.5)])
def test_a_freeze_is_longer_than_a_quarter_of_a_second(world: World, oversleep: float, forgiven: float) -> None:
    """A longer delay is forgiven in full, and a delay of a quarter of a second is not."""
    run(world, [oversleep])
    assert world.time - world.watchdog.now() == forgiven


def test_it_ends_when_stopped() -> None:
    """It ends also in the middle of a long wait. It may be stopped twice."""
    watchdog = Watchdog(3600.0, list)
    thread = threading.Thread(target=watchdog.run)
    thread.start()
    watchdog.stop()
    watchdog.stop()
    thread.join()
