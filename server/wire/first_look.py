"""The look at what a peer sends first, before anybody hears of it."""

from __future__ import annotations

import contextlib
import threading
import time

from .sniff import FirstBytes, elsewhere
from .transport import Transport

FIRST_LOOK = 0.02  # seconds for a web browser to give itself away; people are slower, and do not notice the wait
LONGEST_LOOK = 1.0  # seconds, if what has come so far may become a request, or a program's first line
MOST_PEEKED = 64 * 1024  # bytes


def look(transport: Transport, stopping: threading.Event) -> FirstBytes:
    """Return what the first bytes say.

    A web browser should be seen by nobody, and a program comes in in its own way.
    """
    end = time.monotonic() + LONGEST_LOOK
    first = FirstBytes()
    try:
        data = transport.peek(MOST_PEEKED, FIRST_LOOK)
        while data:
            first = FirstBytes()
            first.feed(data)
            if first.decided or time.monotonic() > end or stopping.wait(FIRST_LOOK):
                break
            data = transport.peek(MOST_PEEKED, 0)  # what has come is still there, so that polling would not wait
    except OSError:  # reset by the peer
        first.foreign = True
    return first


def refer(first: FirstBytes, transport: Transport, page: str, seconds: float) -> None:
    """Tell a web browser where the chat's page is, if there is one, and give it some seconds to read that."""
    if first.http and page:
        with contextlib.suppress(OSError):  # it has gone
            transport.try_send(elsewhere(page))
        transport.stop_sending()
        transport.see_out(seconds)


def glance(transport: Transport) -> FirstBytes:
    """Return what those bytes say that have come so far. Does not wait. Raises OSError if the peer is gone."""
    first = FirstBytes()
    first.feed(transport.peek(MOST_PEEKED, 0))
    return first
