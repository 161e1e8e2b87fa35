"""Addresses, by value."""

from __future__ import annotations

import pytest

from server.wire.addresses import format_address, host_of, is_loopback, network_of
from server.wire.aliases import Aliases


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "127.0.0.1:80"),
        ("::1", "[::1]:80"),
        ("2001:DB8:0:0::1", "[2001:db8::1]:80"),
        ("fe80::1%eth0", "[fe80::1%eth0]:80"),
        ("FE80:0::1%3", "[fe80::1%3]:80"),
        ("::ffff:10.0.0.1", "10.0.0.1:80"),
        ("::ffff:a00:1%2", "10.0.0.1:80"),
    ],
)
def test_an_address_is_formatted(host: str, address: str) -> None:
    """The forms are `host:port` and `[v6]:port`. IPv4 inside IPv6 is written as IPv4."""
    assert format_address(host, 80) == address


@pytest.mark.parametrize(
    ("host", "network", "loopback"),
    [
        ("127.0.0.1", "127.0.0.1", True),
        ("127.8.8.8", "127.8.8.8", True),
        ("::1", "::/64", True),
        ("::ffff:127.0.0.1", "127.0.0.1", True),
        ("192.168.1.5", "192.168.1.5", False),
        ("fe80::1%eth0", "fe80::%eth0/64", False),
        ("fe80::2%eth0", "fe80::%eth0/64", False),
        ("fe80::1%eth1", "fe80::%eth1/64", False),
        ("::1%lo", "::%lo/64", True),
        ("::ffff:127.0.0.1%2", "127.0.0.1", True),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", False),
    ],
)
def test_which_addresses_are_one_network(host: str, network: str, loopback: bool) -> None:
    """A network is one IPv4 address, or the /64 of an IPv6 address."""
    assert (network_of(host), is_loopback(host)) == (network, loopback)


def test_the_zone_of_a_peer_is_a_part_of_its_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python gives the zone of IPv6 as a number beside the host. One that has gone meanwhile stays a number."""
    monkeypatch.setattr("socket.if_indextoname", {1: "lo", 2: "eth0"}.__getitem__)
    assert host_of(("fe80::1", 80, 0, 2)) == "fe80::1%eth0"
    assert host_of(("fe80::1%eth0", 80, 0, 2)) == "fe80::1%eth0"
    assert host_of(("::1", 80, 0, 0)) == "::1"
    assert host_of(("127.0.0.1", 80)) == "127.0.0.1"

    def fail(index: int) -> str:
        raise OSError

    monkeypatch.setattr("socket.if_indextoname", fail)
    assert host_of(("fe80::1", 80, 0, 2)) == "fe80::1%2"


def test_an_alias_tells_hosts_apart_and_shows_none() -> None:
    """The first half belongs to the host as long as the server runs, the second to the connection."""
    aliases = Aliases()
    one, other, third = aliases.alias("10.0.0.1"), aliases.alias("10.0.0.2"), aliases.alias("10.0.0.1")
    assert [alias.partition("#")[2] for alias in (one, other, third)] == ["1", "2", "3"]
    assert one.partition("#")[0] == third.partition("#")[0] != other.partition("#")[0]
    assert Aliases().alias("10.0.0.1").partition("#")[0] != one.partition("#")[0]
