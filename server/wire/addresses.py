"""Addresses of peers: how they are written, which are this machine's, and which count as one place."""

from __future__ import annotations

import ipaddress


def format_address(host: str, port: int) -> str:
    """Return `host:port`, or `[v6]:port`. IPv4 that came in over IPv6 is shown as IPv4."""
    address = _parse(host)
    return f"[{address}]:{port}" if isinstance(address, ipaddress.IPv6Address) else f"{address}:{port}"


def is_loopback(host: str) -> bool:
    """Return whether `host`, an address, is this machine."""
    return _parse(host).is_loopback


def network_of(host: str) -> str:
    """Return what counts as one place: an IPv4 address, or the /64 that a subscriber of IPv6 is given."""
    address = _parse(host)
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.IPv6Network((address, 64), strict=False))
    return str(address)


def _parse(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    address = ipaddress.ip_address(host.partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
