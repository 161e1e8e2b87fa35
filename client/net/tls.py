"""TLS: which server is trusted, and a connection that two threads may use. Knows nothing of lines."""

from __future__ import annotations

import contextlib
import hashlib
import socket
import ssl
import threading
from dataclasses import dataclass

RECV_SIZE = 16 * 1024  # bytes
NO_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE")  # what other protocols look like
# By OpenSSL's number of what it has against a certificate.
REASONS = {
    9: "证书尚未生效",
    10: "证书已过期",
    **dict.fromkeys((62, 64), "证书不是发给这个地址的"),
}


class Untrusted(Exception):
    """The server is not the one that the user wants, or cannot prove it. Nothing has been told to it."""


@dataclass(frozen=True, slots=True)
class Trust:
    """Which server is trusted: by default one whose certificate comes from whoever the system trusts."""

    cafile: str | None = None  # whom to trust in place of those
    fingerprint: str | None = None  # SHA-256 of the one certificate that is trusted, whoever has signed it
    insecure: bool = False  # any

    def context(self) -> ssl.SSLContext:
        """Return what OpenSSL has to know. Raise OSError if the file cannot be read."""
        context = ssl.create_default_context(cafile=self.cafile)
        if self.fingerprint or self.insecure:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context

    def check(self, certificate: bytes) -> None:
        """Raise Untrusted if a certificate is not the one that is pinned."""
        found = hashlib.sha256(certificate).hexdigest()
        if self.fingerprint and found != self.fingerprint:
            raise Untrusted(f"证书指纹不符，可能有人冒充服务器；应为 {self.fingerprint}，实为 {found}")


class TlsConnection:
    """The way to the server over TLS. One thread sends while another receives, each as on a socket.

    OpenSSL's object must never be used by both at once, so it stands between two buffers under a lock. What waits for
    the network does so without that lock. Only the thread that sends writes to the socket, so the order is right; what
    OpenSSL has to answer while it receives goes with the next that is sent.
    """

    def __init__(self, trust: Trust, host: str) -> None:
        """Prepare to connect: this takes a while, and a server does not wait long for the first byte."""
        self._trust = trust
        self._lock = threading.Lock()
        self._is_ending = False
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = trust.context().wrap_bio(self._incoming, self._outgoing, server_hostname=host)

    def shake_hands(self, connection: socket.socket) -> None:
        """Agree with the server on keys. Raise Untrusted or OSError."""
        self._socket = connection
        try:
            while not self._has_shaken_hands():
                self._receive()
        except ssl.SSLCertVerificationError as error:
            raise Untrusted(REASONS.get(error.verify_code, f"证书不受信任：{error.verify_message}")) from None
        except ssl.SSLError as error:  # perhaps it is only too busy, or about to end
            is_cut = isinstance(error, ssl.SSLEOFError)
            why = "服务器不使用 TLS" if error.reason in NO_TLS else f"TLS 握手失败：{error.reason}"
            raise ConnectionError("服务器中断了 TLS 握手" if is_cut else why) from None
        self._trust.check(self._tls.getpeercert(binary_form=True) or b"")

    def recv(self, size: int) -> bytes:
        """Wait for bytes. Return nothing at the end. Raise OSError."""
        while True:
            with self._lock, contextlib.suppress(ssl.SSLWantReadError):
                try:
                    return self._tls.read(size)
                except ssl.SSLZeroReturnError:  # both sides have said goodbye
                    return b""
            self._say_goodbye()
            self._receive()

    def sendall(self, data: bytes) -> None:
        """Send bytes. Raise OSError."""
        with self._lock:
            self._tls.write(data)
            sealed = self._outgoing.read()
        self._socket.sendall(sealed)

    def shutdown(self, how: int) -> None:
        """Say goodbye; nothing more is sent behind it. What the server still says can be received. Raise OSError."""
        with self._lock:
            self._is_ending = True
        self._say_goodbye()

    def _say_goodbye(self) -> None:
        """Say goodbye if it is time. OpenSSL cannot say it while something that has come is not read yet."""
        with self._lock:
            if not self._is_ending or self._incoming.pending or self._tls.pending():
                return
            self._is_ending = False
            with contextlib.suppress(ssl.SSLWantReadError):  # the server's own goodbye may come later
                self._tls.unwrap()
            sealed = self._outgoing.read()
        self._socket.sendall(sealed)
        self._socket.shutdown(socket.SHUT_WR)

    def _has_shaken_hands(self) -> bool:
        """Do what can be done before more comes, and send what is to be said, also what we have against the server."""
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        else:
            return True
        finally:
            with contextlib.suppress(OSError):  # the server was quicker
                self._socket.sendall(self._outgoing.read())

    def _receive(self) -> None:
        """Wait for what comes from the network, and have OpenSSL read it next."""
        data = self._socket.recv(RECV_SIZE)
        with self._lock:
            if data:
                self._incoming.write(data)
            else:
                self._incoming.write_eof()
