"""A connection's way into the log, without a socket."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import cast

from server.chat.looks import Nothing
from server.chat.room import Entry
from server.inlet import Host, Inlet
from server.limits.rates import RateLimits
from server.wire.arrival import Arrival
from server.wire.transport import Transport

from ..support.pretend import pretend_user


def test_a_line_weighs_in_the_put_that_has_it() -> None:
    """Also if its author has to wait for it, and what was read before is put in meanwhile."""
    puts: list[tuple[int, int]] = []

    def broadcast(entries: list[Entry], size: int) -> None:
        if entries:
            puts.append((len(entries), size))

    backlog = SimpleNamespace(is_congested=lambda: False)
    broadcaster = SimpleNamespace(broadcast=broadcast, backlog=backlog, message=None)
    watchdog = SimpleNamespace(now=lambda: 0.0)
    host = SimpleNamespace(broadcaster=broadcaster, watchdog=watchdog, stopping=threading.Event())
    user = pretend_user(1, "a:1")
    user.origin = Arrival(cast(Transport, SimpleNamespace(is_encrypted=False)), "127.0.0.1", 1)
    inlet = Inlet(cast(Host, host), user, cast(RateLimits, SimpleNamespace(line=lambda size: 1e-9)))
    for size in (10, 200, 3000):
        inlet.take(size)
        inlet.add(Nothing(1, 0.0))
    inlet.flush()
    assert puts == [(1, 10), (1, 200), (1, 3000)]
