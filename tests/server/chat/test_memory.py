"""The memory, by value: places, what is kept, and what is forgotten."""

from __future__ import annotations

import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.chat.events import Joined, Said
from server.chat.kinds import Placed
from server.chat.memory import TALK, Memory
from server.wire.values import Values


def said(text: str) -> Said:
    return Said(0.0, "x", "x:1", text)


def fill(memory: Memory, count: int, text: str = "x") -> list[Placed]:
    """Append events, and forget after each what is too much."""
    events: list[Placed] = []
    for _ in range(count):
        events.append(said(text))
        memory.extend(events[-1:])
        memory.trim()
    return events


def test_places_grow_by_one() -> None:
    """They begin where the log goes on."""
    memory = Memory(1000)
    assert (memory.end, memory.stands) == (1000, 1000)
    assert [event.at for event in fill(memory, 3)] == [1001, 1002, 1003]
    assert (memory.end, memory.stands) == (1003, 1003)


@given(st.integers(0, 50), st.integers(0, 200), st.integers(0, 200))
def test_what_is_kept_is_the_end_without_a_gap(most: int, count: int, after: int) -> None:
    """At least as many as asked for, if there are so many, and not many more."""
    memory = Memory(0, most)
    events = fill(memory, count)
    kept = memory.since(0)
    assert kept == events[count - len(kept) :]
    assert min(most, count) <= len(kept) <= most + most // 8
    assert memory.forgotten == count - len(kept)
    assert memory.since(after) == [event for event in kept if event.at > after]
    assert memory.last_before(after) == max([memory.forgotten, *(event.at for event in kept if event.at <= after)])


@pytest.mark.parametrize("text", ["x" * 4000, '"' * 4000, "x", "汉" * 1300, "汉", "😀" * 1000])
def test_long_lines_are_kept_by_their_bytes(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """However many lines may be kept, their bytes are bounded, with those of their JSON, which programs make necessary."""
    most, values = 4 * 1024 * 1024, Values()
    monkeypatch.setattr("server.chat.memory.MOST_BYTES", most)
    memory = Memory(0, 10_000)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        while not memory.forgotten:
            event = Said(time.time(), "x", "x:1", f"{text}{memory.end}")
            memory.extend([event])
            values.encode(event)
            memory.trim()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most // 2 < after - before <= most


def test_the_last_talk_is_always_kept() -> None:
    """Whoever comes and goes does not count for it."""
    memory = Memory(0, 1)
    talk = fill(memory, TALK + 10)
    for _ in range(100):
        memory.extend([Joined(0.0, "x", "x:1")])
    memory.trim()
    assert list(memory.talk) == talk[-TALK:]
    assert len(memory.since(0)) == 1


def test_a_memory_of_nothing_keeps_nothing() -> None:
    """Not even the last talk."""
    memory = Memory(0, 0)
    fill(memory, 10)
    assert (list(memory.talk), memory.since(0), memory.stands) == ([], [], 10)


def test_the_log_goes_on_behind_what_was_restored() -> None:
    """What a history has kept has smaller places, with a hole before the new ones, in which nothing ever is."""
    memory = Memory(1000)
    old = [said("1"), said("2")]
    old[0].at, old[1].at = 7, 9
    memory.restore(old, 5, old)
    assert (memory.forgotten, memory.stands, memory.end) == (5, 9, 1000)
    (new,) = fill(memory, 1)
    assert memory.since(7) == [old[1], new]
    assert [memory.last_before(place) for place in (6, 7, 8, 500, 1001)] == [5, 7, 7, 9, 1001]
