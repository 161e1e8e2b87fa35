"""The way to one peer's socket over TLS. It has the methods and the rules of the plain way, in `transport.py`.

All waiting is done here, without the lock of `tls.py`.
"""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import time
from collections.abc import Callable

from .tls import Tls
from .transport import Transport

CIPHERTEXT = 4 * 1024  # bytes that are taken from the kernel at once


class TlsTransport(Transport):
    """A TLS connection. `shake_hands` comes first."""

    is_encrypted = True

    def __init__(
        self, connection: socket.socket, context: ssl.SSLContext, pay: Callable[[float], None] = lambda seconds: None
    ) -> None:
        """`pay` is called by the reader when what came was nothing to return: with seconds of processor time.

        It may wait.
        """
        super().__init__(connection)
        self._tls = Tls(context, self.try_send)
        self.try_send = self._tls.try_send
        self._pay = pay
        self._peeked = b""  # plain bytes that were looked at, and not taken
        self._has_stopped = False  # whether nothing more is sent
        self._owes_goodbye = False  # whether the kernel had no room for the goodbye

    def shake_hands(self, timeout: float) -> None:
        """Agree with the peer on keys, in at most `timeout` seconds. Raises OSError."""
        end = time.monotonic() + timeout
        while True:
            began = time.thread_time()
            is_done, is_sent = self._tls.shake_hands(), self._tls.flush()
            self._pay(time.thread_time() - began)
            if is_done and is_sent:
                return
            ready = self._wait_until((0 if is_done else select.POLLIN) | (0 if is_sent else select.POLLOUT), end)
            if not ready:
                raise TimeoutError("the handshake takes too long")
            if not is_done and ready != select.POLLOUT and not self._receive():
                raise ConnectionAbortedError("the peer has gone")

    def peek(self, size: int, timeout: float) -> bytes:
        """Wait up to `timeout` seconds for the first bytes, and return up to `size` of them without taking them.

        Return nothing if none have come. Raises OSError if the peer is gone.
        """
        if not self._peeked:
            self._peeked = self._read(size, time.monotonic() + timeout)
        with contextlib.suppress(OSError):  # what has come before the peer was gone counts
            while 0 < len(self._peeked) < size and (more := self._read(size - len(self._peeked), time.monotonic())):
                self._peeked += more
        return self._peeked[:size]

    def recv(self, size: int, timeout: float | None = None) -> bytes:
        """Wait for bytes and take up to `size` of them. Return nothing at the end, or when the peer is gone.

        With a `timeout` in seconds, return nothing when it is over. OpenSSL cannot read when nothing more is sent, so
        then there is nothing, either.
        """
        if self._peeked:
            data, self._peeked = self._peeked[:size], self._peeked[size:]
            return data
        try:
            return self._read(size, None if timeout is None else time.monotonic() + timeout)
        except OSError:  # reset by the peer, or not TLS
            return b""

    def send_all(self, data: bytes | memoryview) -> None:
        """Send all of `data`, and wait as long as that takes. Raises OSError."""
        rest = memoryview(data)
        while rest := rest[self.try_send(rest) :]:
            self._wait(select.POLLOUT, None)

    def stop_sending(self) -> None:
        """Let the peer see the end, after all that has been sent.

        TLS has a goodbye of its own. If the kernel has no room for it, the reader is woken, and `see_out` sends it.
        """
        self._has_stopped = True
        with contextlib.suppress(OSError):  # the peer is gone
            if not self._tls.say_goodbye():
                self._owes_goodbye = True
                self.stop_reading()
                return
        super().stop_sending()

    def see_out(self, seconds: float) -> None:
        """Let a peer that was sent its last words close first, for which it has some seconds."""
        end = time.monotonic() + seconds
        with contextlib.suppress(OSError):  # the peer is gone
            while self._owes_goodbye and self._wait_until(select.POLLOUT, end):
                self._owes_goodbye = not self._tls.flush()
        super().stop_sending()
        Transport(self._socket).see_out(end - time.monotonic())  # nobody needs to decrypt what is thrown away

    def _read(self, size: int, end: float | None) -> bytes:
        """Return up to `size` plain bytes. Return nothing at the end, or when the time is over. Raises OSError."""
        data = self._tls.read(size)
        while data is None:
            if end is not None and not self._wait_until(select.POLLIN, end):
                return b""
            began = time.thread_time()
            data = self._tls.read(size) if self._receive() and not self._has_stopped else b""
            if data is None:
                self._pay(time.thread_time() - began)
                if end is not None and time.monotonic() > end:
                    return b""
        return data

    def _receive(self) -> bool:
        """Take what has come from the kernel, or wait for it. Return whether that was not the end."""
        data = self._socket.recv(CIPHERTEXT)
        self._tls.receive(data)
        return bool(data)

    def _wait_until(self, events: int, end: float | None) -> int:
        """Wait until the socket is ready for one of `events`, or has failed. Return 0 when the time is over."""
        return self._wait(events, None if end is None else max(0.0, end - time.monotonic()))
