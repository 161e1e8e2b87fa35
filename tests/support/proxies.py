"""Real proxies in front of a server."""

from __future__ import annotations

import contextlib
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

from .bystanders import ServerProcess
from .peers import PATIENCE, Peer, need, spawn

# With a check, haproxy looks every 50 ms whether the server is there.
HAPROXY = """
global
    log stderr format raw local0
defaults
    mode tcp
    timeout connect 30s
    timeout client 1h
    timeout server 1h
listen chat
    bind 127.0.0.1:{port} {bind}
    server chat 127.0.0.1:{target} {send} check inter 50ms
"""


def free_port() -> int:
    """Return a port for a proxy to listen on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def connect(port: int) -> Peer:
    """Connect to a proxy as soon as it listens. No message tells when that is."""
    while True:
        with contextlib.suppress(ConnectionRefusedError):
            return Peer(port)


@contextlib.contextmanager
def proxy(command: list[str]) -> Iterator[None]:
    """Run a proxy, which never outlives the test."""
    with spawn(command, stdout=subprocess.DEVNULL) as process:
        try:
            yield
        finally:
            process.terminate()
            process.communicate(timeout=PATIENCE)


@contextlib.contextmanager
def haproxy(folder: Path, server: ServerProcess, send: str, bind: str = "") -> Iterator[int]:
    """Run haproxy in front of a server. Yield its port."""
    port = free_port()
    config = folder / "haproxy.cfg"
    config.write_text(HAPROXY.format(port=port, target=server.port, send=send, bind=bind))
    with proxy([need("haproxy"), "-f", str(config), "-db"]):
        yield port
