"""Buckets, the gate and addresses, by value."""

from __future__ import annotations

import pytest

from server.limits import Bucket, Gate, is_loopback, network_of


class Clock:
    """A clock that stands still until it is told."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_is_free_and_the_rest_is_paced() -> None:
    """Each on credit waits for its own."""
    bucket = Bucket(burst=3, rate=10, clock=Clock())
    assert [bucket.take() for _ in range(5)] == pytest.approx([0, 0, 0, 0.1, 0.2])


def test_a_bucket_fills_again_but_not_over() -> None:
    """As much as the time that went by, up to the burst."""
    clock = Clock()
    bucket = Bucket(burst=2, rate=1, clock=clock)
    assert [bucket.try_take() for _ in range(3)] == [True, True, False]
    clock.now += 1.0
    assert [bucket.try_take() for _ in range(2)] == [True, False]
    clock.now += 1000.0
    assert [bucket.try_take() for _ in range(3)] == [True, True, False]


def test_the_gate_counts_all() -> None:
    """Loopback too, and who leaves makes room."""
    gate = Gate(max_users=2, max_per_ip=0)
    assert gate.enter("127.0.0.1")
    assert not gate.is_full()
    assert gate.enter("10.0.0.1")
    assert gate.is_full()
    gate.leave("127.0.0.1")
    assert not gate.is_full()


def test_the_gate_counts_each_network() -> None:
    """Others are not touched, and loopback may do as it likes."""
    gate = Gate(max_users=0, max_per_ip=1)
    assert gate.enter("10.0.0.1")
    assert not gate.enter("10.0.0.1")
    assert not gate.enter("::ffff:10.0.0.1")
    assert gate.enter("10.0.0.2")
    assert gate.enter("2001:db8::1")
    assert not gate.enter("2001:db8::2")
    assert gate.enter("2001:db8:0:1::1")
    assert [gate.enter("127.0.0.1") for _ in range(3)] == [True] * 3
    gate.leave("10.0.0.1")
    assert gate.enter("10.0.0.1")
    assert not gate.is_full()


@pytest.mark.parametrize(
    ("host", "network", "loopback"),
    [
        ("127.0.0.1", "127.0.0.1", True),
        ("127.8.8.8", "127.8.8.8", True),
        ("::1", "::/64", True),
        ("::ffff:127.0.0.1", "127.0.0.1", True),
        ("192.168.1.5", "192.168.1.5", False),
        ("fe80::1%eth0", "fe80::/64", False),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", False),
    ],
)
def test_what_is_one_place(host: str, network: str, loopback: bool) -> None:
    """An IPv4 address, an IPv6 /64."""
    assert (network_of(host), is_loopback(host)) == (network, loopback)
