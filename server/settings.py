"""How a server behaves: every figure that its owner may change, with its default."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one server."""

    ip: str = "127.0.0.1"
    port: int = 6666  # 0 picks a free one
    idle_timeout: float = 10.0  # seconds without a line after which a user is kicked; 0 is never
    receipt: bool = True  # whether each line is answered with protocol.RECEIPT
    outbox_limit: int = 256 * 1024  # bytes that may wait for one user
    linger: float = 1.0  # seconds that a peer has to take its last words, and to say goodbye in its turn
