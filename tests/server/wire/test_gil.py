"""Which sends keep the GIL, by value and on real sockets."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from server.wire.gil import BUSY, GROUP, LONGEST, SHORTEST, GilPolicy, find_send

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    ours, peer = socket.socketpair()
    yield ours, peer
    ours.close()
    peer.close()


def test_everything_arrives_in_order_whichever_way_it_is_sent(pair: Pair) -> None:
    """Bytes and parts of them, with and without the GIL."""
    policy, sent = GilPolicy(), b""
    for number in range(100):
        data = b"%03d" % number
        assert policy.try_send(pair[0], data if number % 3 else memoryview(data)) == 3
        sent += data
    assert pair[1].recv(1000) == sent


def test_where_others_are_busy_the_runs_are_longer() -> None:
    """Up to a bound, and shorter again when they are not."""
    policy = GilPolicy()
    runs = [policy.run]
    for seconds in [BUSY * 2] * 6 + [BUSY / 2] * 6:
        policy.note(seconds)
        runs.append(policy.run)
    assert runs == [0, 16, 32, 64, 128, LONGEST, LONGEST, 128, 64, 32, 16, 0, 0]


def test_a_few_who_are_left_over_do_not_show_that_nobody_is_busy() -> None:
    """Serving them takes little time in any case. A group that is alone, and every full one, is judged."""
    policy = GilPolicy()
    noted: list[float] = []
    policy.note = noted.append  # type: ignore[method-assign, assignment]
    sizes = {count: [len(group) for group in policy.groups(range(count))] for count in (0, 1, GROUP, 2 * GROUP + 1)}
    assert sizes == {0: [], 1: [1], GROUP: [GROUP], 2 * GROUP + 1: [GROUP, GROUP, 1]}
    assert len(noted) == 4


def test_a_run_keeps_the_gil_and_then_one_send_releases_it(pair: Pair) -> None:
    """So that the handlers can read. In quiet times each send does."""
    if not find_send():
        pytest.skip("this system's send cannot be called with the GIL kept")
    policy = GilPolicy()
    kept: list[bool] = []
    keep_and_send = policy._keep_and_send

    def spy(descriptor: int, data: bytes) -> int:
        kept[-1] = True
        return keep_and_send(descriptor, data)

    policy._keep_and_send = spy  # type: ignore[method-assign]
    for number in range(3 + 2 * SHORTEST):
        if number == 2:
            policy.note(BUSY * 2)
        kept.append(False)
        policy.try_send(pair[0], b"x")
    assert kept == [False] * 3 + [True] * SHORTEST + [False] + [True] * (SHORTEST - 1)


@pytest.mark.parametrize("waited", [0.0, 1.0])
def test_a_full_peer_takes_nothing_and_one_that_is_gone_is_an_error(pair: Pair, waited: float) -> None:
    """Both ways of sending say so in the same way."""
    policy = GilPolicy()
    policy.note(waited)
    while policy.try_send(pair[0], b"x" * 65536):
        pass
    assert policy.try_send(pair[0], b"x") == 0
    pair[1].close()
    with pytest.raises(OSError):
        policy.try_send(pair[0], b"x")


def test_a_closed_connection_is_an_error(pair: Pair) -> None:
    """Its old descriptor is never used again."""
    pair[0].close()
    policy = GilPolicy()
    policy.note(BUSY * 2)
    policy._left = SHORTEST
    with pytest.raises(OSError):
        policy.try_send(pair[0], b"x")
