"""Telling a chat from HTTP and TLS by the first bytes. Pure."""

from __future__ import annotations

import re

# A request line with its version, as no person types it; and a TLS record of the kind handshake, version 3.x.
_OTHER_PROTOCOL = re.compile(rb"[A-Z]{3,7} [^ \r\n]+ HTTP/[0-9]|\x16\x03[\x00-\x04]")


def is_other_protocol(data: bytes) -> bool:
    """Return whether `data`, the first that a peer sends, is not chat but HTTP or TLS."""
    return bool(_OTHER_PROTOCOL.match(data))
