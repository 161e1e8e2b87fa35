"""Which sends keep the interpreter, by value and on real sockets."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from server.wire.turns import BUSY, LONGEST, SHORTEST, Turns, find_send

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    ours, peer = socket.socketpair()
    yield ours, peer
    ours.close()
    peer.close()


class Clock:
    """A clock that goes on by a step each time it is asked."""

    now, step = 0.0, 0.0

    def __call__(self) -> float:
        self.now += self.step
        return self.now


def test_everything_arrives_in_order_whichever_way_it_is_sent(pair: Pair) -> None:
    """Bytes and parts of them, with and without the interpreter."""
    turns, sent = Turns(), b""
    for number in range(100):
        data = b"%03d" % number
        assert turns.try_send(pair[0], data if number % 3 else memoryview(data)) == 3
        sent += data
    assert pair[1].recv(1000) == sent


def test_where_others_are_busy_the_runs_are_longer() -> None:
    """Up to a bound, and short again when they are not."""
    clock = Clock()
    turns = Turns(clock)
    runs = []
    for step in [BUSY * 2] * 6 + [BUSY / 2] * 6:
        clock.step = step
        turns._next_run(step)
        runs.append(turns.run)
    assert runs == [32, 64, 128, LONGEST, LONGEST, LONGEST, 128, 64, 32, SHORTEST, SHORTEST, SHORTEST]


def test_after_a_run_one_send_gives_the_interpreter_away(pair: Pair) -> None:
    """So that the handlers can read."""
    clock = Clock()
    turns = Turns(clock)
    clock.step = 1.0
    for _ in range(SHORTEST + 1):
        turns.try_send(pair[0], b"x")
    assert clock.now == (2.0 if find_send() else 2.0 * (SHORTEST + 1))


@pytest.mark.parametrize("before", [0, SHORTEST])
def test_a_full_peer_takes_nothing_and_one_that_is_gone_is_an_error(pair: Pair, before: int) -> None:
    """Both ways of sending say so in the same way."""
    turns = Turns()
    for _ in range(before):
        turns.try_send(pair[0], b"x")
    while turns.try_send(pair[0], b"x" * 65536):
        pass
    assert turns.try_send(pair[0], b"x") == 0
    pair[1].close()
    with pytest.raises(OSError):
        turns.try_send(pair[0], b"x")


def test_a_closed_connection_is_an_error(pair: Pair) -> None:
    """Its old descriptor is never used again."""
    pair[0].close()
    with pytest.raises(OSError):
        Turns().try_send(pair[0], b"x")
