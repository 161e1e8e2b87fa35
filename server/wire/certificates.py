"""The certificate that the server shows, and how another takes its place."""

from __future__ import annotations

import ssl


class CertificateError(Exception):
    """A certificate cannot be used, for the reason given."""


class Certificates:
    """The present certificate. Any thread may read `context`; one thread calls `reload`."""

    def __init__(self, certificate: str, key: str = "") -> None:
        """Both are names of files; without a `key`, its file is that of the certificate. Raises CertificateError."""
        self._certificate = certificate
        self._key = key or certificate
        self.context = self._load()  # for new connections

    def reload(self) -> None:
        """Take the certificate and the key as they are in their files now.

        Raises CertificateError; then nothing changes. There is a new context each time. OpenSSL must not be given
        another certificate while a context is in use.
        """
        self.context = self._load()

    def _load(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.num_tickets = 0  # nobody resumes a TLS session here, and each ticket costs memory and time
        context.options |= ssl.OP_NO_RENEGOTIATION
        try:
            # A key that wants a password cannot be used. Without one, OpenSSL would ask for it on the terminal.
            context.load_cert_chain(self._certificate, self._key, password="")
        except (OSError, ValueError) as error:
            raise CertificateError(f"cannot use the certificate {self._describe()}: {_reason(error)}") from error
        return context

    def _describe(self) -> str:
        same = self._key == self._certificate
        return self._certificate if same else f"{self._certificate} with the key {self._key}"


def _reason(error: Exception) -> str:
    """Return what is wrong, for whoever has made the files."""
    if isinstance(error, ssl.SSLError):
        if error.reason == "KEY_VALUES_MISMATCH":
            return "the key belongs to another certificate"
        return f"PEM format is needed, and a key without a password{f' ({error.reason})' if error.reason else ''}"
    return (error.strerror if isinstance(error, OSError) else "") or str(error)
