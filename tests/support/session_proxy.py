"""Programs that talk over real sockets, through a proxy that cuts their connections at random. One thread drives it all.

Nothing here waits for time to pass: whatever happens next is something that comes from a socket.
"""

from __future__ import annotations

import contextlib
import random
import selectors
import socket
from collections import deque
from collections.abc import Callable, Sequence

from .attacks import RESET
from .session_peer import Heard, SessionPeer

STALL = 30.0  # seconds without anything from any socket after which a run has failed
RECV = 64 * 1024
MOST_FORGOTTEN = 12  # connections of which the server does not know yet that they are gone
RECENT = 400  # events
AHEAD = 3  # lines that a talker sends before it has the first one's receipt


class Loop:
    """Calls back whoever can read or write."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()

    def watch(self, connection: socket.socket, read: Callable[[], None]) -> None:
        """Call `read` whenever something comes."""
        connection.setblocking(False)
        self._selector.register(connection, selectors.EVENT_READ, read)

    def close(self, connection: socket.socket, reset: bool = False) -> None:
        """Close a connection, if it is still open."""
        if connection.fileno() < 0:
            return
        with contextlib.suppress(KeyError):  # nobody watches it any more
            self._selector.unregister(connection)
        if reset:
            with contextlib.suppress(OSError):  # the other side was quicker
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        connection.close()

    def ignore(self, connection: socket.socket) -> None:
        """Read nothing more from a connection, and keep it open."""
        self._selector.unregister(connection)

    def run(self, until: Callable[[], bool]) -> None:
        """Go on until something is true. Fail if nothing comes any more before."""
        while not until():
            ready = self._selector.select(STALL)
            assert ready, "nothing comes any more"
            for key, _ in ready:
                if key.fd in self._selector.get_map():  # else somebody has closed it just now
                    key.data()

    def end(self) -> None:
        """Close all that is open."""
        for key in list(self._selector.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]
        self._selector.close()


class Proxy:
    """Stands between the talkers and the server, and cuts each connection after some bytes."""

    def __init__(self, loop: Loop, port: int, chance: random.Random, life: int) -> None:
        """`port` is the server's. A connection lives for about `life` bytes."""
        self.life = life  # 0 means that no more connections are cut
        self.cuts = 0
        self._loop = loop
        self._server = port
        self._chance = chance
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self._forgotten: deque[socket.socket] = deque()
        loop.watch(self._listener, self._accept)

    def stop_cutting(self) -> None:
        """Let all connections live from now on, and end those that are only open at the server."""
        self.life = 0
        while self._forgotten:
            self._forgotten.popleft().close()

    def forget(self, server: socket.socket) -> None:
        """Keep a connection to the server open although the peer is gone."""
        self._loop.ignore(server)
        self._forgotten.append(server)
        if len(self._forgotten) > MOST_FORGOTTEN:
            self._forgotten.popleft().close()

    def _accept(self) -> None:
        peer, _ = self._listener.accept()
        try:
            server = socket.create_connection(("127.0.0.1", self._server))
        except OSError:  # it was killed just now
            peer.close()
            return
        Pair(self._loop, self, peer, server, self._chance)


class Pair:
    """One connection through the proxy."""

    def __init__(
        self, loop: Loop, proxy: Proxy, peer: socket.socket, server: socket.socket, chance: random.Random
    ) -> None:
        self._loop = loop
        self._proxy = proxy
        self._chance = chance
        self._peer, self._server = peer, server
        self._left = int(chance.expovariate(1 / proxy.life)) if proxy.life else 0
        loop.watch(peer, lambda: self._forward(peer, server))
        loop.watch(server, lambda: self._forward(server, peer))

    def _forward(self, source: socket.socket, sink: socket.socket) -> None:
        """Take what has come, and pass it on. The last bytes of a connection's life may get lost."""
        try:
            data = source.recv(RECV)
        except OSError:
            data = b""
        is_cut = bool(data) and bool(self._proxy.life) and len(data) >= self._left
        try:
            sink.settimeout(STALL)  # whoever reads does so as fast as we do, so this does not wait
            sink.sendall(data[: max(0, self._left)] if is_cut else data)
            sink.setblocking(False)
        except OSError:
            is_cut = True
        self._left -= len(data)
        if is_cut:
            self._proxy.cuts += 1
            self._cut()
        elif not data:  # one side has ended
            self._loop.close(self._peer)
            self._loop.close(self._server)

    def _cut(self) -> None:
        """End the connection: for both sides, or for the peer alone, while the server does not hear of it."""
        self._loop.close(self._peer, reset=self._chance.random() < 0.5)
        if self._chance.random() < 0.3 and self._server.fileno() >= 0:
            self._proxy.forget(self._server)
        else:
            self._loop.close(self._server, reset=self._chance.random() < 0.5)


class Talker:
    """A program with a socket. It types its lines one after the other, and comes back whenever it is cut off."""

    def __init__(self, loop: Loop, port: int, name: str, lines: Sequence[str]) -> None:
        self.peer = SessionPeer(name)
        self._loop = loop
        self._port = port
        self._lines = deque(lines)
        self._socket: socket.socket | None = None
        self._connect()

    @property
    def is_done(self) -> bool:
        """Whether all lines are typed, and dealt with."""
        return not self._lines and self.peer.is_quiet and self.peer.greeted

    @property
    def left(self) -> int:
        """How many lines have still to be typed."""
        return len(self._lines)

    def type(self, line: str) -> None:
        """Type one line more."""
        self._send(self.peer.type(line))

    def has_heard(self, texts: Sequence[str]) -> bool:
        """Return whether it has heard all of some texts. Each must have come among the last that it has heard."""
        recent = {item.value.get("text") for item in self.peer.transcript[-RECENT:] if isinstance(item, Heard)}
        return recent.issuperset(texts)

    def _connect(self) -> None:
        self._socket = socket.create_connection(("127.0.0.1", self._port))  # the proxy, which always accepts
        self._loop.watch(self._socket, self._read)
        self._send(self.peer.connect())

    def _read(self) -> None:
        assert self._socket
        try:
            data = self._socket.recv(RECV)
        except OSError:
            data = b""
        if not data:
            self._loop.close(self._socket)
            self.peer.disconnect()
            self._connect()
            return
        self._send(self.peer.receive(data))
        while self._lines and self.peer.greeted and self.peer.unanswered < AHEAD:
            self.type(self._lines.popleft())

    def _send(self, data: bytes) -> None:
        if data and self._socket:
            with contextlib.suppress(OSError):  # it was cut, which the next read tells
                self._socket.sendall(data)
