"""SECURITY.md: its tables name tests that exist, and the encryption works with the configuration that stands there."""

from __future__ import annotations

import ipaddress
import re
import socket
import ssl
import subprocess
from pathlib import Path

from ..support.peers import PATIENCE, need, running, spawn
from ..support.tls import SecretPeer
from .test_protocol import references, resolve, tables_in

TEXT = (Path(__file__).parents[2] / "SECURITY.md").read_text(encoding="utf-8")


def test_each_row_has_tests_that_exist() -> None:
    """As on the page of the protocol."""
    tables = tables_in(TEXT)
    assert {table.header[-1] for table in tables} == {"tests"}
    assert [row for table in tables for row in table.rows if not references(row[-1])] == []
    assert [reference for reference in references(TEXT) if len(resolve(*reference)) != 1] == []


def test_chat_through_stunnel(tmp_path: Path) -> None:
    """With the certificate and the configuration that stand there, two users talk, each with the real address."""
    stunnel, openssl = need("stunnel4"), need("openssl")
    key, cert, both = tmp_path / "key.pem", tmp_path / "cert.pem", tmp_path / "chat.pem"
    make = next(line for line in TEXT.splitlines() if line.startswith("    openssl req")).split()[1:]
    make = [{"key.pem": str(key), "cert.pem": str(cert)}.get(word, word) for word in make]
    subprocess.run([openssl, *make], check=True, capture_output=True, timeout=PATIENCE)
    both.write_text(key.read_text() + cert.read_text())
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    found = re.search(r"```ini\n(.*?)```", TEXT, re.DOTALL)
    assert found
    context = ssl.create_default_context(cafile=str(cert))
    with running(proxies=(ipaddress.ip_network("127.0.0.1"),)) as server:
        config = found[1].replace("6697", f"127.0.0.1:{port}").replace("127.0.0.1:6666", f"127.0.0.1:{server.port}")
        (tmp_path / "chat.conf").write_text(config.replace("/etc/stunnel/chat.pem", str(both)))
        with spawn([stunnel, str(tmp_path / "chat.conf")]) as process:
            assert process.stderr
            while "Configuration successful" not in (line := process.stderr.readline()):
                assert line, "stunnel has ended"
            one = SecretPeer(port, context, "chat.example")
            one.ask("")
            two = SecretPeer(port, context, "chat.example")
            assert two.ask("加密") == [f"{two.prefix}已上线", f"{two.prefix}加密"]
            assert one.lines(2) == [f"{two.prefix}已上线", f"{two.prefix}加密"]
            one.close()
            two.close()
            process.terminate()
            process.stderr.read()
