"""The ops port: metrics and health over HTTP, for programs on this machine alone.

The threads, each with its owner, who ends it:

- "ops", one, of OpsServer: `serve_forever`, ended by `stop`
- "ops ADDR", one a connection, of OpsServer: ends with its connection, which may take a few seconds at most
"""

from __future__ import annotations

import contextlib
import logging
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from ..wire.addresses import format_address
from ..wire.listener import Listener
from ..wire.transport import Transport
from .requests import END, MOST_BYTES, Page, respond

log = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"
MOST_CONNECTIONS = 8  # more are closed at once
PATIENCE = 3.0  # seconds that a connection may take from its first byte to its last
RECV_SIZE = 4 * 1024  # bytes


class OpsServer(Listener):
    """Answers requests for a few pages. Call `start` and `stop` once each, or use it as a context manager."""

    request_queue_size = 16

    def __init__(self, port: int, pages: Mapping[str, Callable[[], Page]], patience: float = PATIENCE) -> None:
        """Listen, without accepting anybody yet. Raises OSError if the port cannot be had.

        `pages` make what is shown under each path; any thread may call them.
        """
        self._pages = pages
        self._patience = patience
        self._stopping = threading.Event()
        self._accept = threading.Thread(target=lambda: self.serve_forever(0.1), name="ops")
        super().__init__(LOOPBACK, port, socketserver.BaseRequestHandler, self._stopping)

    def start(self) -> None:
        """Begin to answer."""
        self._accept.start()

    def stop(self) -> None:
        """End every thread and connection."""
        self._stopping.set()
        self.shut_down(self._accept)
        self.hang_up()

    def __enter__(self) -> OpsServer:  # noqa: PYI034 (typing.Self is 3.11)
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Give a connection its thread, unless there are too many connections, or threads."""
        is_full = len(self.connections) >= MOST_CONNECTIONS
        if is_full or not self.start_thread(request, client_address, name=f"ops {format_address(*client_address[:2])}"):
            self.shutdown_request(request)

    def finish_request(self, request: socket.socket, client_address: Any) -> None:  # type: ignore[override]
        """Answer one request."""
        transport, deadline = Transport(request), time.monotonic() + self._patience
        asked = _read(transport, deadline)
        if not asked:
            return
        with contextlib.suppress(OSError):  # the peer is gone
            # Every page is small, and the kernel takes all of it at once from a connection that has sent nothing yet.
            transport.try_send(respond(asked, self.port, self._pages))
        transport.stop_sending()
        transport.see_out(deadline - time.monotonic())

    def handle_error(self, request: object, client_address: object) -> None:
        """Log a bug. The OSError of a peer that has gone never comes here."""
        log.exception("the answer to %s failed", client_address)


def _read(transport: Transport, deadline: float) -> bytes:
    """Return a request up to its end, or more bytes than a request may have. Return nothing if it comes too late."""
    asked = b""
    while END not in asked and len(asked) <= MOST_BYTES:
        left = deadline - time.monotonic()
        data = transport.recv(RECV_SIZE, left) if left > 0 else b""
        if not data:
            return b""
        asked += data
    return asked
