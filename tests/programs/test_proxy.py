"""Real proxies in front of the server: stunnel and haproxy, which end TLS, or do not, and say who has come."""

from __future__ import annotations

from pathlib import Path

import pytest

from ..support.bystanders import server_process
from ..support.peers import Peer, need
from ..support.proxies import connect, free_port, haproxy, proxy
from ..support.tls import PATIENT, Certificate, SecretPeer

STUNNEL = """
foreground = yes
pid =
[chat]
accept = 127.0.0.1:{port}
connect = 127.0.0.1:{target}
cert = {both}
protocol = proxy
"""


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
