"""The client over TLS: whom it trusts, what it says of all others, and one connection that two threads use at once."""

from __future__ import annotations

import contextlib
import hashlib
import random
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from client.net.tls import TlsConnection, Trust, Untrusted

from ...support.bystanders import ServerProcess, server_process
from ...support.peers import PATIENCE, need
from ...support.tls import PATIENT, VERSIONS, Certificate
from ..test_pipe import client, close_input, post, read_error, read_line, write_line

Talk = Callable[[ssl.SSLSocket], None]


def fingerprint(certificate: Certificate) -> str:
    """Return the SHA-256 of a certificate in hexadecimal digits."""
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate.cert.read_text())).hexdigest()


@contextlib.contextmanager
def listening(answer: Callable[[socket.socket], None], address: str = "127.0.0.1") -> Iterator[int]:
    """A server that answers one connection. Yield its port."""
    with socket.create_server((address, 0)) as listener:
        listener.settimeout(PATIENCE)

        def serve() -> None:
            connection, _ = listener.accept()
            connection.settimeout(PATIENCE)
            with connection, contextlib.suppress(OSError):  # the client has hung up
                answer(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


def speaking(
    cert: Path, key: Path, talk: Talk, version: ssl.TLSVersion | None = None
) -> Callable[[socket.socket], None]:
    """Return how a server speaks TLS, with a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    if version:
        context.minimum_version = context.maximum_version = version

    def answer(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secret:
            talk(secret)

    return answer


@pytest.fixture
def server(certificate: Certificate) -> Iterator[ServerProcess]:
    """Our own server with TLS."""
    with server_process("--idle-timeout", "0", *certificate.flags(), before=PATIENT) as server:
        yield server


@pytest.mark.parametrize("trust", ["--cafile", "--fingerprint", "--insecure"])
def test_it_talks_to_whom_it_trusts(server: ServerProcess, certificate: Certificate, trust: str) -> None:
    """Each way of trusting a certificate that signs itself. To trust anybody is said to be a risk."""
    value = {"--cafile": str(certificate.cert), "--fingerprint": fingerprint(certificate).upper()}
    flags = [trust, value[trust]] if trust in value else [trust]
    with client(server.port, "--name", "小明", "--tls", *flags) as process:
        write_line(process, "大家好")
        assert "✓ 小明:大家好\n" in iter(lambda: read_line(process), "")
        close_input(process)
        assert process.wait(PATIENCE) == 0
        assert ("没有验证服务器的证书" in read_error(process)) == (trust == "--insecure")


@pytest.mark.parametrize("flags", [(), ("--keep-alive",)])
def test_a_stranger_is_told_nothing(server: ServerProcess, certificate: Certificate, flags: tuple[str, ...]) -> None:
    """A certificate that nobody trusted has signed ends the client, also one that would wait for ever."""
    run = post("secret\n", server.port, "--tls", *flags)
    assert run.returncode == 1
    assert "chatroom: 127.0.0.1 port" in run.stderr
    assert "证书不受信任" in run.stderr
    assert "连接不上" not in run.stderr


def test_another_fingerprint(server: ServerProcess, certificate: Certificate) -> None:
    """Both are shown."""
    run = post("secret\n", server.port, "--fingerprint", "ab" * 32)
    assert run.returncode == 1
    assert f"应为 {'ab' * 32}，实为 {fingerprint(certificate)}" in run.stderr


def connected(port: int, host: str = "127.0.0.1") -> socket.socket:
    """Return a connection on which nothing was said."""
    return socket.create_connection((host, port), PATIENCE)


def refused(port: int, trust: Trust, host: str = "127.0.0.1") -> str:
    """Return why a server is not trusted."""
    with connected(port, host) as connection, pytest.raises(Untrusted) as error:
        TlsConnection(trust, host).shake_hands(connection)
    return str(error.value)


def wait_for_end(secret: ssl.SSLSocket) -> None:
    """Say nothing, until the client has gone."""
    secret.recv(1)


def test_a_certificate_for_somebody_else(certificate: Certificate) -> None:
    """It names this address."""
    answer = speaking(certificate.cert, certificate.key, wait_for_end)
    with listening(answer, "127.0.0.2") as port:
        assert refused(port, Trust(str(certificate.cert)), "127.0.0.2") == "证书不是发给这个地址的"


def test_a_certificate_of_yesterday(tmp_path: Path) -> None:
    """It has ended, and is trusted otherwise."""
    cert, key, request = (tmp_path / name for name in ("cert", "key", "request"))
    openssl, names = need("openssl"), tmp_path / "names"
    names.write_text("subjectAltName=IP:127.0.0.1\n")
    new = [openssl, "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=x"]
    for command in (
        [*new, "-keyout", str(key), "-out", str(request)],
        [openssl, "x509", "-req", "-in", str(request), "-signkey", str(key), "-days", "-1", "-out", str(cert)]
        + ["-extfile", str(names)],
    ):
        subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE)
    with listening(speaking(cert, key, wait_for_end)) as port:
        assert refused(port, Trust(str(cert))) == "证书已过期"


def test_a_server_without_tls() -> None:
    """What it says is no TLS."""

    def answer(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"220 welcome\r\n")
        connection.recv(65536)

    with listening(answer) as port, connected(port) as connection, pytest.raises(OSError, match="^服务器不使用 TLS$"):
        TlsConnection(Trust(), "127.0.0.1").shake_hands(connection)


def test_a_server_that_goes_in_the_handshake() -> None:
    """It may be there again later, so that is no reason to give up for ever."""

    def answer(connection: socket.socket) -> None:
        connection.recv(65536)

    with listening(answer) as port, connected(port) as connection, pytest.raises(OSError, match="握手|reset"):
        TlsConnection(Trust(), "127.0.0.1").shake_hands(connection)


def test_our_own_server_without_tls() -> None:
    """It ends the connection when it sees TLS. The client does not talk without."""
    with server_process() as server:
        run = post("secret\n", server.port, "--tls")
    assert run.returncode == 1
    assert "TLS" in run.stderr


def test_a_file_without_certificates(tmp_path: Path) -> None:
    """It is a wrong flag."""
    file = tmp_path / "empty"
    for flags in (("--cafile", str(file)), ("--fingerprint", "12"), ("--insecure", "--fingerprint", "ab" * 32)):
        assert post("", 1, *flags).returncode == 2
    file.touch()
    assert post("", 1, "--cafile", str(file)).returncode == 2


@pytest.mark.parametrize("version", VERSIONS)
def test_two_threads_at_once(certificate: Certificate, version: str) -> None:
    """One sends without a pause, while the other receives the same back. What is said after the end of one side comes, too."""
    size = 4 << 20
    sent = random.Random(7).randbytes(size)

    def echo(secret: ssl.SSLSocket) -> None:
        count = 0
        while count < size:
            data = secret.recv(65536)
            count += len(data)
            secret.sendall(data)
        assert secret.recv(1) == b""
        secret.sendall(b"more")
        secret.unwrap()

    answer = speaking(certificate.cert, certificate.key, echo, VERSIONS[version])
    with listening(answer) as port, connected(port) as connection:
        way = TlsConnection(Trust(str(certificate.cert)), "localhost")
        way.shake_hands(connection)
        heard = bytearray()

        def receive() -> None:
            while data := way.recv(65536):
                heard.extend(data)

        thread = threading.Thread(target=receive)
        thread.start()
        for begin in range(0, size, 10_000):
            way.sendall(sent[begin : begin + 10_000])
        way.shutdown(socket.SHUT_WR)
        thread.join()
    assert heard == sent + b"more"


def test_an_end_without_a_goodbye(certificate: Certificate) -> None:
    """Somebody has cut the connection."""
    answer = speaking(certificate.cert, certificate.key, lambda secret: None)
    with listening(answer) as port, connected(port) as connection:
        way = TlsConnection(Trust(fingerprint=fingerprint(certificate)), "127.0.0.1")
        way.shake_hands(connection)
        with pytest.raises(OSError):
            way.recv(100)
