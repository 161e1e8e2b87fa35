"""Every figure that the owner of a server may change, with its default."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one server. Go: Server.Ip, Server.Port"""

    ip: str = "127.0.0.1"
    port: int = 6666  # 0 picks a free one
    idle_timeout: float = 10.0  # seconds without a line after which a user is kicked; 0 means never
    warn: float = 0.0  # seconds before that at which a user who reads text is reminded; 0 means never
    receipt: bool = True  # whether each line is answered by `I'm live`
    max_users: int = 10_000  # maximum connections; 0 means no configured limit
    max_per_ip: int = 64  # maximum connections per IPv4 address or IPv6 /64; loopback is exempt; 0 means no limit
    trust_loopback: bool = True  # whether loopback is exempt from the limits for one address
    rate: float = 10.0  # lines a second from one user after a burst; loopback is exempt; 0 means no limit
    burst: int = 40  # lines
    max_renames: int = 5  # renames of one user in rename_period; loopback is exempt; 0 means no limit
    rename_period: float = 20.0  # seconds
    max_line: int = 4096  # bytes of a line, without its end
    outbox_limit: int = 256 * 1024  # bytes that may wait for one user
    memory: int = 128 * 1024 * 1024  # bytes that may wait for all users together; what they share is not counted
    hold: float = 60.0  # seconds that a session waits for its program to come back
    remember: int = 10_000  # events that are kept in memory
    replay: int = 0  # lines of talk that a newcomer is shown
    hide_addr: bool = False  # whether a short tag is shown in place of addresses
    linger: float = 1.0  # seconds that a peer has to take its last words, and to say goodbye in its turn
    tls: str = ""  # the file of the certificate; without one, nobody comes in with TLS
    tls_key: str = ""  # the file of its key; empty if that is the same
    tls_only: bool = False  # whether other machines have to come in with TLS
    proxies: tuple[Network, ...] = ()  # whose connections begin with a header of the PROXY protocol
