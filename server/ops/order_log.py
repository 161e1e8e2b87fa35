"""Logs what operators have done."""

from __future__ import annotations

import logging

from ..chat.order import Order
from ..log.subscriber import Batch

log = logging.getLogger(__name__)


class OrderLog:
    """Logs each thing that an operator has done. A subscriber."""

    def __init__(self) -> None:
        self.order: Order | None = None  # of the room, once there is one; only the broadcaster's thread looks into it

    def record(self, batch: Batch) -> None:
        """Log what was done in this batch."""
        if self.order and self.order.done:
            for what in self.order.done:
                log.info("%s", what)
            self.order.done.clear()
