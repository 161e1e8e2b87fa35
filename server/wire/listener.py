"""The listening socket: how connections are waited for and accepted, and how their threads begin and end."""

from __future__ import annotations

import errno
import socket
import socketserver
import threading
from typing import Any

from .addresses import host_of
from .transport import Transport

ACCEPT_PAUSE = 0.2  # seconds to wait for a descriptor, or for memory, to come free
EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)  # what accept(2) says where there is none


class Listener(socketserver.ThreadingTCPServer):
    """A server that listens on IPv4 or IPv6, and can bear it when there are no more descriptors. Go: net.Listen"""

    allow_reuse_address = True
    request_queue_size = 1024  # with the default of 5, a burst of newcomers would wait for seconds
    block_on_close = False  # socketserver's own list of threads keeps those that never started

    def __init__(
        self, ip: str, port: int, handler: type[socketserver.BaseRequestHandler], stopping: threading.Event
    ) -> None:
        """Listen, without accepting anybody yet. Raises OSError or UnicodeError if the address cannot be had.

        `handler` is the class whose objects deal with connections. `stopping` ends every pause.
        """
        # The connections that are being handled. The accept thread puts them in; each thread takes itself out.
        self.connections: dict[threading.Thread, Transport] = {}
        found = socket.getaddrinfo(ip, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        self.address_family = found[0][0]
        self._pause = stopping.wait
        super().__init__((ip, port), handler)

    @property
    def port(self) -> int:
        """The port on which the server listens."""
        port: int = self.server_address[1]
        return port

    def start_thread(self, request: socket.socket, client_address: Any, name: str) -> bool:
        """Give a connection its thread. Return False if the system has no more threads."""
        thread = threading.Thread(target=self.process_request_thread, args=(request, client_address), name=name)
        self.connections[thread] = Transport(request)  # before it starts, or `hang_up` could miss it
        try:
            thread.start()
        except RuntimeError:
            del self.connections[thread]
            return False
        return True

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Run the whole life of a connection's thread."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            del self.connections[threading.current_thread()]

    def shut_down(self, accept: threading.Thread) -> None:
        """End the accept loop, which runs in the thread `accept`. Whoever is in stays."""
        self.shutdown()
        accept.join()
        self.server_close()

    def hang_up(self) -> None:
        """End all connections, and wait for their threads."""
        for thread, transport in list(self.connections.items()):
            transport.hang_up()
            thread.join()

    def get_request(self) -> tuple[socket.socket, object]:
        """Accept. Where the system has no descriptor or memory left, wait a little, or the accept loop would spin."""
        try:
            request, address = super().get_request()
            return request, (host_of(address), *address[1:])
        except OSError as error:
            if error.errno in EXHAUSTED:
                self._pause(ACCEPT_PAUSE)
            raise

    def server_bind(self) -> None:
        """Bind. Connections inherit TCP_NODELAY, and an IPv6 socket takes IPv4 too."""
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.address_family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()
