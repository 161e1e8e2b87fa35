"""Real clients in pipes, through a proxy that cuts their connections, while the server is killed and started again.

`CLIENT_RESTARTS=10` makes more of it.
"""

from __future__ import annotations

import contextlib
import os
import random
import re
import selectors
import signal
import socket
import subprocess
import threading
from collections import Counter
from pathlib import Path

from ..support.attacks import RESET
from ..support.kept import export, keeping_server
from .test_pipe import client, close_input, write_line

RESTARTS = int(os.environ.get("CLIENT_RESTARTS", "3"))
CLIENTS = 20
BETWEEN = 10  # lines of each client between two ends of the server


class Proxy:
    """Passes bytes on between clients and a server, in one thread, until a connection is cut."""

    def __init__(self) -> None:
        self.server_port = 0
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


def test_each_line_is_said_once(tmp_path: Path) -> None:
    """Whatever is cut or killed. Each client marks its lines as taken, and reads what the others say."""
    chance = random.Random(7)
    file = tmp_path / "chat.db"
    proxy = Proxy()
    stack = contextlib.ExitStack()

    def start() -> subprocess.Popen[str]:
        server = stack.enter_context(keeping_server(file, "--idle-timeout", "0"))
        proxy.server_port = server.port
        return server.process

    with stack:
        stack.callback(proxy.close)
        server = start()
        names = [f"n{number}" for number in range(CLIENTS)]
        clients = [stack.enter_context(client(proxy.port, "--keep-alive", "--name", name)) for name in names]
        outputs: list[str] = [""] * CLIENTS
        readers = []
        for number, process in enumerate(clients):

            def read(number: int = number, process: subprocess.Popen[str] = process) -> None:
                assert process.stdout
                outputs[number] = process.stdout.read()

            def ignore(process: subprocess.Popen[str] = process) -> None:
                assert process.stderr
                process.stderr.read()

            readers += [threading.Thread(target=read), threading.Thread(target=ignore)]
        for thread in readers:
            thread.start()
        count = 0
        for _ in range(RESTARTS):
            for _ in range(BETWEEN):
                count += 1
                for name, process in zip(names, clients, strict=True):
                    write_line(process, f"{name}.{count}.")
                proxy.cut(chance)
            server.send_signal(chance.choice((signal.SIGKILL, signal.SIGTERM)))
            server.wait()
            server = start()
        for process in clients:
            close_input(process)
        statuses = [process.wait(120) for process in clients]
        for thread in readers:
            thread.join()
        server.terminate()
        server.wait()
    said = Counter(re.findall(r"\]n\d+:(n\d+\.\d+\.)$", "\n".join(export(file, "text")), re.MULTILINE))
    assert said == Counter(f"{name}.{number}." for name in names for number in range(1, count + 1))
    assert statuses == [0] * CLIENTS
    for name, output in zip(names, outputs, strict=True):
        own = set(re.findall(rf"^✓ {name}:({name}\.\d+\.)$", output, re.MULTILINE))
        assert own == {f"{name}.{number}." for number in range(1, count + 1)}
