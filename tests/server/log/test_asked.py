"""What a handler's thread knows of what was sent, over a real connection."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

from server.chat.looks import Nothing
from server.chat.room import Entry, Room
from server.log.asked import Asking
from server.threads.channel import Channel
from server.wire.arrival import Arrival
from server.wire.transport import Transport

from ...support.peers import PATIENCE
from ...support.pretend import pretend_user


class Here:
    """Applies what is put into the log at once."""

    def __init__(self) -> None:
        self.room = Room()

    def add(self, entry: Entry) -> None:
        self.room.apply([entry])

    def flush(self) -> None:
        pass


@contextmanager
def asking() -> Iterator[tuple[Asking, Transport, socket.socket]]:
    """Yield the way into the log of somebody who is connected, with both ends of the connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as theirs:
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        theirs.connect(listener.getsockname())
        ours, _ = listener.accept()
        with ours:
            transport = Transport(ours)
            user = pretend_user(1, "a:1")
            user.transport, user.origin = transport, Arrival(transport, "127.0.0.1", 1)
            yield Asking(user, Here(), Channel()), transport, theirs


def send_all_that_is_taken(transport: Transport) -> int:
    """Send until the kernel takes no more. Return how many bytes that were."""
    total = 0
    while sent := transport.try_send(b"x" * 65536):
        total += sent
    return total


def wait_for(way: Asking) -> None:
    """Wait until all has arrived."""
    end = time.monotonic() + PATIENCE
    while not way.has_arrived():
        assert time.monotonic() < end


def test_what_was_sent_has_arrived_although_more_is_on_its_way() -> None:
    """As in a busy room, where something is always on its way."""
    with asking() as (way, transport, _):
        transport.try_send(b"words")
        way.ask(Nothing(1, 0.0))
        send_all_that_is_taken(transport)
        wait_for(way)
        assert transport.unacknowledged()


def test_what_was_not_taken_has_not_arrived() -> None:
    """Not before the peer has read what stands in front of it."""
    with asking() as (way, transport, theirs):
        total = send_all_that_is_taken(transport)
        way.ask(Nothing(1, 0.0))
        assert not way.has_arrived()
        while total:
            total -= len(theirs.recv(min(65536, total)))
        wait_for(way)
