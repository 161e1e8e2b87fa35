"""The PROXY protocol, versions 1 and 2: with its header a proxy says for whom it has connected. Pure.

It is defined in https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt.
"""

from __future__ import annotations

import ipaddress
import re
import struct
from dataclasses import dataclass

MOST = 4096  # bytes of a header; version 2 may add what nobody here needs, such as a certificate's name

_LONGEST_1 = 107  # bytes of a header of version 1, as its authors have counted
_BEGIN_1, _BEGIN_2 = b"PROXY ", b"\r\n\r\n\0\r\nQUIT\n"
_TCP = re.compile(rb"PROXY TCP([46]) ([0-9A-Fa-f.:]+) ([0-9A-Fa-f.:]+) (\d{1,5}) (\d{1,5})\r\n")
_FIXED_2 = 16  # bytes of a header of version 2 in front of what differs
_ADDRESSES_2 = {0x11: ("!4s4sHH", ipaddress.IPv4Address), 0x21: ("!16s16sHH", ipaddress.IPv6Address)}


class BadHeader(Exception):
    """What has come is no header of the PROXY protocol."""


@dataclass(frozen=True, slots=True)
class Header:
    """A header. Without a host, the proxy has connected for itself, or does not know for whom."""

    size: int  # bytes
    host: str = ""
    port: int = 0


def parse(data: bytes) -> Header | None:
    """Return the header with which `data` begins. Return None if more has to come first. Raises BadHeader."""
    if _may_begin(data, _BEGIN_1):
        return _parse_1(data)
    if _may_begin(data, _BEGIN_2):
        return _parse_2(data)
    raise BadHeader("there is no header")


def _may_begin(data: bytes, begin: bytes) -> bool:
    return data.startswith(begin) or begin.startswith(data)


def _parse_1(data: bytes) -> Header | None:
    end = data.find(b"\n", 0, _LONGEST_1) + 1
    if not end:
        if len(data) >= _LONGEST_1:
            raise BadHeader("its line does not end")
        return None
    if re.match(rb"PROXY UNKNOWN[ \r]", data) and data[:end].endswith(b"\r\n"):
        return Header(end)
    found = _TCP.fullmatch(data[:end])
    if not found:
        raise BadHeader("its line cannot be read")
    version, host, _, port, _ = found.groups()
    return _header(end, int(version), host.decode(), int(port))


def _parse_2(data: bytes) -> Header | None:
    if len(data) < _FIXED_2:
        return None
    command, kind, length = struct.unpack_from("!BBH", data, len(_BEGIN_2))
    size = _FIXED_2 + length
    if command not in (0x20, 0x21):
        raise BadHeader("its version or its command is unknown")
    if size > MOST:
        raise BadHeader("it is too long")
    if len(data) < size:
        return None
    if command == 0x20 or kind not in _ADDRESSES_2:  # for itself, or for what has no address of the Internet
        return Header(size)
    form, family = _ADDRESSES_2[kind]
    if length < struct.calcsize(form):
        raise BadHeader("it is too short for its addresses")
    host, _, port, _ = struct.unpack_from(form, data, _FIXED_2)
    return Header(size, str(family(host)), port)


def _header(size: int, version: int, host: str, port: int) -> Header:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        raise BadHeader("it has no address") from None
    if address.version != version or port > 65535:
        raise BadHeader("its address cannot be")
    return Header(size, str(address), port)
