"""One connection, as the rest of the server sees it."""

from __future__ import annotations

from ..chat import texts
from ..chat.events import Bye
from .arrival import Arrival
from .encoding import Encoding
from .outbox import Outbox


class User:
    """Somebody who is connected here. The room knows the same person as a Member, by number. Go: User, NewUser

    Each attribute that changes is a single value, which is written in one step, so it needs no lock. Where two threads
    write `last_seen`, they write about the same time.
    """

    __slots__ = ("addr", "encoding", "kicked", "last_seen", "number", "origin", "outbox", "room", "transport", "values")

    def __init__(
        self, number: int, addr: str, arrival: Arrival, outbox: Outbox, encoding: Encoding, values: Encoding, now: float
    ) -> None:
        self.number = number  # of this connection; no other ever has the same
        self.addr = addr
        self.origin = arrival  # from where it comes, also where others are shown something else
        self.transport = arrival.transport
        self.outbox = outbox
        # How events become bytes. The handler writes it while the user reads text, the broadcaster from then on.
        self.encoding = encoding
        self.values = values  # the encoding from then on
        self.last_seen = now  # seconds on the watchdog's clock, when the last line came; written by whoever has read it
        self.kicked = False  # written by the watchdog
        self.room: str | None = None  # where they are once they are in, as far as the broadcaster has told them

    def switch_to_values(self) -> None:
        """From here on, tell the user values, also as the last words. Only the broadcaster calls this."""
        self.encoding = self.values
        self.outbox.last_words = self.values.encode(Bye("slow", texts.TOO_SLOW))
