"""Something in the middle that cuts connections, in a thread of its own. Programs of any kind go through it."""

from __future__ import annotations

import contextlib
import random
import selectors
import socket
import threading

from .attacks import RESET


class Cutter:
    """Passes bytes on between clients and a server, in one thread, until a connection is cut."""

    def __init__(self, server_port: int = 0) -> None:
        """`server_port` may change; the next connection goes there."""
        self.server_port = server_port
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.port: int = self._listener.getsockname()[1]
        self._lock = threading.Lock()
        self._others: dict[socket.socket, socket.socket] = {}
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._ends, self._end = socket.socketpair()
        self._selector.register(self._ends, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def cut(self, chance: random.Random) -> None:
        """Cut a connection."""
        with self._lock:
            if self._others:
                with contextlib.suppress(OSError):  # the other side was quicker
                    chance.choice(list(self._others)).shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End all connections, and the thread."""
        self._end.close()
        self._thread.join()
        for one in (*self._others, self._listener, self._ends):
            one.close()
        self._selector.close()

    def _run(self) -> None:
        while True:
            for key, _ in self._selector.select():
                found = key.fileobj
                assert isinstance(found, socket.socket)
                if found is self._ends:
                    return
                with self._lock:
                    if found is self._listener:
                        self._accept()
                    elif found in self._others:
                        self._pass_on(found)

    def _accept(self) -> None:
        peer, _ = self._listener.accept()
        try:
            server = socket.create_connection(("127.0.0.1", self.server_port))
        except OSError:
            peer.close()
            return
        for one, other in ((peer, server), (server, peer)):
            self._others[one] = other
            self._selector.register(one, selectors.EVENT_READ)

    def _pass_on(self, one: socket.socket) -> None:
        data = b""
        with contextlib.suppress(OSError):
            data = one.recv(65536)
            self._others[one].sendall(data)
        if not data:
            for each in (one, self._others[one]):
                del self._others[each]
                self._selector.unregister(each)
                with contextlib.suppress(OSError):
                    each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                each.close()
