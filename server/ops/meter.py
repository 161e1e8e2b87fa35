"""Measures each batch: how many entries it had, how long it took, and which lines were refused.

The broadcaster's thread measures and any thread may read. Each figure has one writer, so no lock is needed; a reader may
see a batch in one figure and not yet in another.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable

from ..chat.entries import Say
from ..chat.events import Done
from ..chat.for_programs import Refused
from ..log.subscriber import Batch

FAN_OUT_BOUNDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)  # seconds
BATCH_BOUNDS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000)  # entries
_TALK = frozenset([Say])  # what nearly all lines are, and what is never refused


class Histogram:
    """Counts values by how large they are."""

    def __init__(self, bounds: tuple[float, ...]) -> None:
        """`bounds` are the upper bounds of the buckets, in rising order. One more bucket has what is larger."""
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def add(self, value: float) -> None:
        """Count a value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.sum += value


class Meter:
    """Measures batches. A subscriber, and the first, so that it does not measure the others."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        """`clock` gives seconds since 1970."""
        self.users = 0  # online after the last batch
        self.fan_out = Histogram(FAN_OUT_BOUNDS)  # from when a batch was taken until everyone has been handed theirs
        self.entries = Histogram(BATCH_BOUNDS)  # of each batch
        self.refused: Counter[str] = Counter()  # lines that could not be done, by code
        self._clock = clock

    def record(self, batch: Batch) -> None:
        """Measure a batch."""
        self.fan_out.add(max(0.0, self._clock() - batch.taken))  # the system's clock may have been set back
        self.entries.add(len(batch.entries))
        self.users = len(batch.users)
        if not _TALK.issuperset(map(type, batch.entries)):
            self._count_refusals(batch)

    def _count_refusals(self, batch: Batch) -> None:
        """Count lines that could not be done, by what their authors were told.

        Those of programs are counted by what is remembered, because a program that resumes is told old ones again.
        """
        copies = batch.told.copies
        authors = {entry.number for entry in batch.entries if type(entry) not in _TALK} & copies.keys()
        refused = [
            event
            for author in authors
            for piece in copies[author].pieces()
            for _, _, event in piece.insertions
            if type(event) is Done and event.code
        ]
        self.refused.update(done.code for done in refused if done.number is None)
        if any(done.number is not None for done in refused):
            self.refused.update(event.code for event in batch.told.placed() if isinstance(event, Refused))
