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


def test_everything_arrives_in_order_whichever_way_it_is_sent(pair: Pair) -> None:
    """Bytes and parts of them, with and without the interpreter."""
    turns, sent = Turns(), b""
    for number in range(100):
        data = b"%03d" % number
        assert turns.try_send(pair[0], data if number % 3 else memoryview(data)) == 3
        sent += data
    assert pair[1].recv(1000) == sent


def test_where_others_are_busy_the_runs_are_longer() -> None:
    """Up to a bound, and shorter again when they are not."""
    turns = Turns()
    runs = [turns.run]
    for seconds in [BUSY * 2] * 6 + [BUSY / 2] * 6:
        turns.note(seconds)
        runs.append(turns.run)
    assert runs == [0, 16, 32, 64, 128, LONGEST, LONGEST, 128, 64, 32, 16, 0, 0]


def test_a_run_keeps_the_interpreter_and_then_one_send_gives_it_away(pair: Pair) -> None:
    """So that the handlers can read. In quiet times each send does."""
    if not find_send():
        pytest.skip("this system's send cannot be called with the interpreter kept")
    turns = Turns()
    kept: list[bool] = []
    keep_and_send = turns._keep_and_send

    def spy(descriptor: int, data: bytes) -> int:
        kept[-1] = True
        return keep_and_send(descriptor, data)

    turns._keep_and_send = spy  # type: ignore[method-assign]
    for number in range(3 + 2 * SHORTEST):
        if number == 2:
            turns.note(BUSY * 2)
        kept.append(False)
        turns.try_send(pair[0], b"x")
    assert kept == [False] * 3 + [True] * SHORTEST + [False] + [True] * (SHORTEST - 1)


@pytest.mark.parametrize("waited", [0.0, 1.0])
def test_a_full_peer_takes_nothing_and_one_that_is_gone_is_an_error(pair: Pair, waited: float) -> None:
    """Both ways of sending say so in the same way."""
    turns = Turns()
    turns.note(waited)
    while turns.try_send(pair[0], b"x" * 65536):
        pass
    assert turns.try_send(pair[0], b"x") == 0
    pair[1].close()
    with pytest.raises(OSError):
        turns.try_send(pair[0], b"x")


def test_a_closed_connection_is_an_error(pair: Pair) -> None:
    """Its old descriptor is never used again."""
    pair[0].close()
    turns = Turns()
    turns.note(BUSY * 2)
    turns._left = SHORTEST
    with pytest.raises(OSError):
        turns.try_send(pair[0], b"x")
