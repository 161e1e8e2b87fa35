"""Whoever wants to know what happens: the seam for counters, logs, traces and histories."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ..chat.room import Entry
from ..chat.told import Told
from ..wire.user import User


@dataclass(frozen=True, slots=True)
class Batch:
    """What the broadcaster took from the log at once, and what came of it. Nobody changes it."""

    entries: Sequence[Entry]
    told: Told
    users: Mapping[int, User]  # whoever is online here after the batch, by number; valid during `record` only
    taken: float  # when it was taken from the log, in seconds since 1970
    rooms: Mapping[str, Mapping[int, User]] = field(default_factory=dict)  # the same users by room; valid as long


class Subscriber(Protocol):
    """Gets every batch, after it has been handed to the users."""

    def record(self, batch: Batch) -> None:
        """Take note of a batch. Runs in the broadcaster's thread, without any lock, and must not block.

        Whoever needs time, such as a disk, puts the batch into a channel and has a thread of its own. One channel and
        one thread for every subscriber would cost all users a switch of threads at each line.
        """
