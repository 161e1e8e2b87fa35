"""Giving memory back, by a clock made by hand."""

from __future__ import annotations

from server.ops.memory import FIRST_PAUSE, LONGEST_PAUSE, MemoryKeeper, find_trim, resident


class World:
    """A process that holds some memory, of which some is free."""

    now = 0.0
    used = 100
    free = 0

    def __init__(self) -> None:
        self.trims: list[float] = []
        self.keeper = MemoryKeeper(self.trim, lambda: self.used + self.free, lambda: self.now)

    def trim(self, pad: int) -> int:
        self.trims.append(self.now)
        self.free = 0
        return 1

    def run(self, seconds: int) -> None:
        for _ in range(seconds):
            self.now += 1.0
            self.keeper.look()


def test_after_a_peak_the_memory_goes_back() -> None:
    """Soon, and again after the next peak."""
    world = World()
    world.free = 1000
    world.run(int(FIRST_PAUSE))
    assert (world.trims, world.free) == ([FIRST_PAUSE], 0)
    world.free = 1000
    world.run(int(FIRST_PAUSE))
    assert len(world.trims) == 2


def test_where_there_is_nothing_to_give_it_asks_seldom() -> None:
    """Ever more so, but it never gives up."""
    world = World()
    world.run(10_000)
    pauses = [later - earlier for earlier, later in zip(world.trims, world.trims[1:], strict=False)]
    assert pauses == sorted(pauses)
    assert max(pauses) == LONGEST_PAUSE
    world.free = 1000
    world.run(int(LONGEST_PAUSE))
    assert world.free == 0


def test_without_the_function_nothing_happens() -> None:
    """As on other systems."""
    world = World()
    world.keeper = MemoryKeeper(None, clock=lambda: world.now)
    world.run(100)


def test_this_system_has_both() -> None:
    """Linux with glibc: the process holds something, and trimming does no harm."""
    trim = find_trim()
    if trim:
        trim(0)
    assert resident() >= 0
