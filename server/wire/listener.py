"""The listening socket: how connections are waited for and accepted."""

from __future__ import annotations

import errno
import socket
import socketserver
import threading

from .addresses import host_of

ACCEPT_PAUSE = 0.2  # seconds to wait for a descriptor to come free


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
        found = socket.getaddrinfo(ip, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        self.address_family = found[0][0]
        self._pause = stopping.wait
        super().__init__((ip, port), handler)

    @property
    def port(self) -> int:
        """The port on which the server listens."""
        port: int = self.server_address[1]
        return port

    def get_request(self) -> tuple[socket.socket, object]:
        """Accept. Where there is no descriptor left, wait a little, or the accept loop would spin."""
        try:
            request, address = super().get_request()
            return request, (host_of(address), *address[1:])
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE):
                self._pause(ACCEPT_PAUSE)
            raise

    def server_bind(self) -> None:
        """Bind. Connections inherit TCP_NODELAY, and an IPv6 socket takes IPv4 too."""
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.address_family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()
