"""From an accepted socket to whoever has arrived over it."""

from __future__ import annotations

import socket
import threading
from typing import Any

from .arrival import Arrival
from .transport import Transport


class Entrance:
    """The way in that all doors of a server share. Any thread may call any method."""

    def is_proxy(self, host: str) -> bool:
        """Return whether connections from `host` come for somebody else, and say for whom."""
        return False

    def arrive(self, connection: socket.socket, address: Any, stopping: threading.Event) -> Arrival | None:
        """Return who has arrived. Return None if nobody has: the connection is to be closed.

        Runs in the connection's own thread, and may wait for the peer. `stopping` ends every wait.
        """
        return Arrival(Transport(connection), *address[:2])
