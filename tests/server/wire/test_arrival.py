"""On which ways nobody can read along."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from server.wire.arrival import Arrival
from server.wire.tls_transport import TlsTransport
from server.wire.transport import Transport


@pytest.mark.parametrize(
    ("host", "is_encrypted", "is_private"),
    [
        ("127.0.0.1", False, True),
        ("::1", False, True),
        ("10.0.0.1", False, False),
        ("fe80::1%eth0", False, False),
        ("10.0.0.1", True, True),
    ],
)
def test_this_machine_and_tls_are_private(host: str, is_encrypted: bool, is_private: bool) -> None:
    """Any other way is not, however near it is."""
    transport = cast(Transport, SimpleNamespace(is_encrypted=is_encrypted))
    assert Arrival(transport, host, 1).is_private == is_private


def test_only_tls_is_encrypted() -> None:
    assert TlsTransport.is_encrypted
    assert not Transport.is_encrypted
