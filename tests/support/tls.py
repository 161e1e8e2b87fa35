"""Certificates for tests, and peers that come in with TLS."""

from __future__ import annotations

import contextlib
import random
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.wire.certificates import Certificates

from .peers import PATIENCE, Peer, need

PATIENT = "from server.wire import entrance\nentrance.FIRST_BYTE = 2.0"  # the machine may be busy
HOST = "localhost"
NAMES = "subjectAltName=DNS:localhost,IP:127.0.0.1"
VERSIONS = {"TLS 1.2": ssl.TLSVersion.TLSv1_2, "TLS 1.3": ssl.TLSVersion.TLSv1_3}


class Certificate:
    """A certificate that signs itself, and its key, in files."""

    def __init__(
        self, folder: Path, name: str = "chat", kind: str = "ec -pkeyopt ec_paramgen_curve:prime256v1"
    ) -> None:
        """`kind` is that of the key: another is `rsa:2048`, which is slower."""
        self.cert, self.key = folder / f"{name}.pem", folder / f"{name}.key"
        command = [need("openssl"), "req", "-x509", "-newkey", *kind.split()]
        command += ["-nodes", "-days", "2", "-subj", f"/CN={name}", "-addext", NAMES]
        command += ["-keyout", str(self.key), "-out", str(self.cert)]
        subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE)

    def flags(self) -> list[str]:
        """Return the flags of a server that shows it."""
        return ["--tls", str(self.cert), "--tls-key", str(self.key)]

    def certificates(self) -> Certificates:
        """Return what a server shows."""
        return Certificates(str(self.cert), str(self.key))

    def trust(self, version: ssl.TLSVersion | None = None) -> ssl.SSLContext:
        """Return what a client trusts that knows this certificate and no other."""
        context = ssl.create_default_context(cafile=str(self.cert))
        if version:
            context.minimum_version = context.maximum_version = version
        return context


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """A certificate for all tests."""
    return Certificate(tmp_path_factory.mktemp("certificate"))


class SecretPeer(Peer):
    """A user who comes in with TLS. An end without a goodbye is an error."""

    socket: ssl.SSLSocket

    def __init__(self, port: int, context: ssl.SSLContext, host: str = HOST) -> None:
        super().__init__(port)
        self._shake_hands(context, host)

    @classmethod
    def over(cls, peer: Peer, context: ssl.SSLContext) -> SecretPeer:
        """Return a user who goes on with TLS on a peer's connection."""
        user = cls.__new__(cls)
        user.__dict__.update(peer.__dict__)
        user._shake_hands(context, HOST)
        return user

    def shown(self) -> bytes:
        """Return the certificate that the server has shown."""
        return self.socket.getpeercert(binary_form=True) or b""

    def _shake_hands(self, context: ssl.SSLContext, host: str) -> None:
        try:
            self.socket = context.wrap_socket(self.socket, server_hostname=host, suppress_ragged_eofs=False)
        except OSError:
            self.socket.close()
            raise


class Client:
    """The other side of a TLS connection, without a socket: it is fed what comes, in pieces of any size."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self._incoming, self.outgoing, server_hostname=HOST)
        self.heard = b""
        self.has_ended = False  # whether the server has said goodbye
        self.has_shaken_hands = False

    def feed(self, data: bytes) -> None:
        """Take what the server has sent. Raises OSError."""
        self._incoming.write(data)
        with contextlib.suppress(ssl.SSLWantReadError):
            if not self.has_shaken_hands:
                self.tls.do_handshake()
                self.has_shaken_hands = True
            while data := self.tls.read(65536):
                self.heard += data
            self.has_ended = True


def cuts(data: bytes, source: random.Random, longest: int) -> Iterator[bytes]:
    """Yield `data` in pieces of random sizes."""
    while data:
        size = source.randint(1, longest)
        yield data[:size]
        data = data[size:]
