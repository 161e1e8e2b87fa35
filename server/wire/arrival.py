"""Somebody who has reached one of our ports: from where, and over what way."""

from __future__ import annotations

from dataclasses import dataclass

from .addresses import is_loopback
from .transport import Transport


@dataclass(frozen=True, slots=True)
class Arrival:
    """A connection before anybody has come in over it. `host` and `port` are the peer's."""

    transport: Transport
    host: str
    port: int

    @property
    def is_private(self) -> bool:
        """Whether nobody on the way can read along. A proxy that does not say who comes counts as whoever comes."""
        return self.transport.is_encrypted or is_loopback(self.host)
