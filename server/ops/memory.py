"""Giving memory back to the system after a peak. The C library keeps what was freed, unless it is asked."""

from __future__ import annotations

import contextlib
import ctypes
import time
from collections.abc import Callable
from pathlib import Path

FIRST_PAUSE = 10.0  # seconds between two looks
LONGEST_PAUSE = 80.0
LITTLE = 0.9  # what is left of the memory when asking for it was hardly worth it
M_MMAP_THRESHOLD = -3  # from <malloc.h>
LARGE = 4 * 1024 * 1024  # bytes

_PAGES = Path("/proc/self/statm")


def resident() -> int:
    """Return how many pages of memory this process holds, or 0 where that cannot be known."""
    try:
        return int(_PAGES.read_text().split()[1])
    except OSError:  # not Linux
        return 0


def find_trim() -> Callable[[int], int] | None:
    """Return the C library's malloc_trim, if it has one. It runs without the interpreter's lock."""
    try:
        trim: Callable[[int], int] = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError):  # another C library than glibc
        return None
    return trim


def give_large_blocks_back() -> None:
    """Let the C library give blocks of some MiB back as soon as they are freed, as a hash of a password needs them.

    Otherwise it keeps one in each of the arenas that it gives to threads: some hundred MiB. Does nothing without glibc.
    """
    with contextlib.suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, LARGE)


class MemoryKeeper:
    """Asks the C library now and then for what is free. One thread uses it: the one that accepts connections."""

    def __init__(
        self,
        trim: Callable[[int], int] | None,
        measure: Callable[[], int] = resident,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._trim = trim
        self._measure = measure
        self._clock = clock
        self._pause = FIRST_PAUSE
        self._next = clock() + FIRST_PAUSE

    def look(self) -> None:
        """Give back what is free, if it is time. Where there was little to give, the next time is later."""
        if self._trim is None or self._clock() < self._next:
            return
        before = self._measure()
        self._trim(0)
        worth_it = self._measure() < before * LITTLE
        self._pause = FIRST_PAUSE if worth_it else min(2 * self._pause, LONGEST_PAUSE)
        self._next = self._clock() + self._pause
