"""What the server logs and counts about its users."""

from __future__ import annotations

import logging
from collections import Counter

from ..chat.entries import Line
from ..chat.events import Left
from ..log.subscriber import Batch

log = logging.getLogger(__name__)


class Journal:
    """Logs who was disconnected and why, and counts lines, deliveries and departures. A subscriber."""

    def __init__(self) -> None:
        self.lines = 0  # that users have sent
        self.deliveries = 0  # of one event to one user, receipts not counted
        self.departures: Counter[str] = Counter()  # users who have left while the server ran, by why

    def record(self, batch: Batch) -> None:
        """Count what is in the batch, and log whoever did not leave by themselves."""
        self.lines += sum(isinstance(entry, Line) for entry in batch.entries)
        parts, copies = batch.told.parts, batch.told.copies.values()
        for room, events in parts.items():
            self.deliveries += len(events) * len(batch.rooms.get(room, ()))
        for piece in (piece for copy in copies for piece in copy.pieces()):
            if piece.end is not None:
                self.deliveries += piece.end  # whoever has left is not among the users of the room any more
            self.deliveries -= piece.start
        if any(copy.end is not None for copy in copies):
            for event in (event for events in parts.values() for event in events):
                if isinstance(event, Left):
                    self.departures[event.why] += 1
                    self._log_leaving(event)

    def summary(self) -> str:
        """Return what was counted, as one line."""
        return f"{self.lines} lines, {self.deliveries} deliveries"

    def _log_leaving(self, event: Left) -> None:
        if event.why == "idle":
            log.info("%s 中断连接", event.name)
        elif event.why == "slow":
            log.info("%s dropped: too much waits unread", event.name)
