"""Real proxies in front of the server: stunnel and haproxy, which end TLS, or do not, and say who has come."""

from __future__ import annotations

import contextlib
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..support.bystanders import ServerProcess, server_process
from ..support.peers import PATIENCE, Peer, need, spawn
from ..support.tls import Certificate, SecretPeer

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
STUNNEL = """
foreground = yes
pid =
[chat]
accept = 127.0.0.1:{port}
connect = 127.0.0.1:{target}
cert = {both}
protocol = proxy
"""
PATIENT = "from server.wire import entrance\nentrance.FIRST_BYTE = 2.0"  # the machine may be busy


def free_port() -> int:
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


def both(folder: Path, certificate: Certificate) -> Path:
    """Return a file with the certificate and its key."""
    (folder / "both.pem").write_text(certificate.key.read_text() + certificate.cert.read_text())
    return folder / "both.pem"


def check_talk(one: Peer, two: Peer) -> None:
    """Two people talk through a proxy: each is seen under the address from which it has come to the proxy, and nobody else."""
    assert two.ask("who") == [f"{two.prefix}已上线", f"{one.prefix}在线", f"{two.prefix}在线"]
    two.say("hi")
    assert one.lines(2) == [f"{two.prefix}已上线", f"{two.prefix}hi"]
    one.close()
    assert two.until(f"{one.prefix}下线") == [f"{two.prefix}hi", "I'm live"]
    two.close()


@pytest.mark.parametrize("send", ["send-proxy", "send-proxy-v2"])
def test_haproxy(tmp_path: Path, send: str) -> None:
    """It says who has come, and its checks are seen by nobody."""
    with (
        server_process("--idle-timeout", "0", "--proxy-from", "127.0.0.1") as server,
        haproxy(tmp_path, server, send) as port,
    ):
        one = connect(port)
        one.ask("")
        two = connect(port)
        check_talk(one, two)


@pytest.mark.parametrize("send", ["send-proxy", "send-proxy-v2"])
def test_tls_through_haproxy(tmp_path: Path, certificate: Certificate, send: str) -> None:
    """TLS ends at our server, or at haproxy: the addresses are the same."""
    flags = ("--idle-timeout", "0", "--proxy-from", "127.0.0.1", *certificate.flags())
    with server_process(*flags, before=PATIENT) as server:
        for bind in ("", f"ssl crt {both(tmp_path, certificate)}"):
            with haproxy(tmp_path, server, send, bind) as port:
                one = SecretPeer.over(connect(port), certificate.trust())
                one.ask("")
                two = SecretPeer.over(connect(port), certificate.trust())
                check_talk(one, two)


def test_stunnel(tmp_path: Path, certificate: Certificate) -> None:
    """It ends TLS, and says who has come in version 1."""
    with server_process("--idle-timeout", "0", "--proxy-from", "127.0.0.1") as server:
        port = free_port()
        config = STUNNEL.format(port=port, target=server.port, both=both(tmp_path, certificate))
        (tmp_path / "stunnel.conf").write_text(config)
        with proxy([need("stunnel4"), str(tmp_path / "stunnel.conf")]):
            one = SecretPeer.over(connect(port), certificate.trust())
            one.ask("")
            two = SecretPeer.over(connect(port), certificate.trust())
            check_talk(one, two)
