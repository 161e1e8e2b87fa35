"""The web door: the port for browsers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from ..chat.events import Bye
from ..door import Door, Guard
from ..inlet import Host
from ..wire.encoding import Encoding
from ..wire.transport import Transport
from .event_stream import EventStream
from .handler import WebHandler
from .page import Page
from .reader import Limits
from .streams import Streams
from .visitors import Visitors


class Chat(Host, Protocol):
    """What the web door needs of the server: what every connection needs, and what all doors share."""

    guard: Guard

    @property
    def values(self) -> Encoding:
        """How programs are told things."""


class WebServer(Door):
    """A door through which browsers come. It opens and shuts with the others of its server."""

    def __init__(self, chat: Chat, port: int, names: Iterable[str] = (), limits: Limits | None = None) -> None:
        """Listen beside the server `chat`, on its address. Raises OSError if the port cannot be had.

        `names` are those by which this server may be called besides its addresses.
        """
        self.host = chat
        self.limits = limits or Limits()
        self.visitors = Visitors(names)
        self.page = Page()
        self.streams = Streams()
        self.events: Encoding = EventStream(chat.values)
        # The connections that wait for a request. Each handler puts its own in and takes it out.
        self.idle: set[Transport] = set()
        super().__init__(chat.settings.ip, port, WebHandler, chat.guard)

    def shut(self) -> None:
        """Let nobody in any more, and wait for no more requests."""
        super().shut()
        for transport in self.idle.copy():
            transport.stop_reading()

    def refuse(self, transport: Transport, bye: Bye) -> None:
        """Tell a browser that cannot come in why, without waiting. Raises OSError."""
        body = f"{bye.text}\n".encode()
        head = "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\nRetry-After: 5\r\n"
        transport.try_send(f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
