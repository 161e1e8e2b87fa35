"""Who a user is: an address, a name, a way out, and when they last gave a sign of life."""

from __future__ import annotations

from . import protocol
from .limits import Bucket
from .outbox import Outbox

# Whom a text is for, None being everyone, and the text in bytes, with its line ends. No text: it is the last they get.
Delivery = tuple["User | None", "bytes | None"]


class User:
    """One who is connected. Go: User

    The room's map lock guards name and tag: only the user's own handler thread changes them, under the lock, so
    that thread alone may read them without. The other attributes are single values that one thread writes.
    """

    __slots__ = ("addr", "crlf", "kicked", "last_seen", "name", "outbox", "renames", "said", "tag")

    def __init__(self, addr: str, outbox: Outbox, now: float) -> None:
        self.addr = addr
        self.outbox = outbox
        self.crlf = False  # wants lines to end in CR LF; written by the handler
        self.last_seen = now  # seconds on the watchdog's clock, when the last line came; written by the handler
        self.kicked = False  # written by the watchdog
        self.renames: Bucket | None = None  # how often the name may still be changed; None is always
        self.said: list[Delivery] = []  # what is not yet handed to the broadcaster; of the handler alone
        self.rename(addr)

    def rename(self, name: str) -> None:
        """Take NAME. The caller holds the map lock, or is the only one who knows this user."""
        self.name = name
        self.tag = protocol.tag(self.addr, name)
