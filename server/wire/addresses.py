"""Addresses of peers: how they are written, which are this machine's, and which count as one place.

A host of IPv6 may have a zone, as in `fe80::1%eth0`: a link has its own fe80 addresses, so each zone is another place.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable
from typing import Any

from ..settings import Network


def host_of(address: tuple[Any, ...]) -> str:
    """Return the host in an address of `socket`, with its zone if it has one."""
    host, zone = str(address[0]), address[3] if len(address) > 3 else 0
    if not zone or "%" in host:
        return host
    try:
        return f"{host}%{socket.if_indextoname(zone)}"
    except OSError:  # the link is gone already
        return f"{host}%{zone}"


def address_towards(host: str) -> str:
    """Return this machine's address on the way to a host. To itself, it is the same. Raises OSError if there is none."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Connecting a datagram socket sends nothing. It only looks up which of our addresses would be used.
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect((host, 9))
        return host_of(probe.getsockname())


def format_address(host: str, port: int) -> str:
    """Return `host:port`, or `[v6]:port`, with the zone. IPv4 that came in over IPv6 is shown as IPv4."""
    address = _parse(host)
    return f"[{address}]:{port}" if isinstance(address, ipaddress.IPv6Address) else f"{address}:{port}"


def is_loopback(host: str) -> bool:
    """Return whether `host`, an address, is this machine."""
    return _parse(host.partition("%")[0]).is_loopback


def is_trusted(host: str, trust_loopback: bool) -> bool:
    """Return whether whoever comes from `host` is on this machine, and is exempt from limits for that."""
    return trust_loopback and is_loopback(host)


def is_in(host: str, networks: Iterable[Network]) -> bool:
    """Return whether `host`, an address, is in one of some networks."""
    address = _parse(host.partition("%")[0])
    return any(address in network for network in networks)


def network_of(host: str) -> str:
    """Return what counts as one place: an IPv4 address, or the /64 of a zone that a subscriber of IPv6 is given."""
    address = _parse(host)
    if isinstance(address, ipaddress.IPv6Address):
        network = ipaddress.IPv6Network((int(address), 64), strict=False).network_address
        return f"{network}%{address.scope_id}/64" if address.scope_id else f"{network}/64"
    return str(address)


def _parse(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    address = ipaddress.ip_address(host)
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
