"""TLS for one connection, without its socket: plain bytes become encrypted ones, and back.

OpenSSL must never work on one connection in two threads at once. So an SSLObject, which reads from one piece of memory
and writes to another, stands behind one lock, and nobody waits for a peer under that lock.

Whoever sends is promised this: what was reported as not sent is given again, and nothing comes before it. TLS cannot
take back what it has encrypted. So encrypted bytes that the kernel does not take are kept, and it is remembered how
many plain bytes they stand for. These were reported as not sent, and are passed over when they are given again.

Lock rule: the lock is innermost. Under it there are calls of OpenSSL for a few records, and sends that do not wait.
"""

from __future__ import annotations

import contextlib
import ssl
import threading
from collections.abc import Callable

CHUNK = 16 * 1024  # bytes that are encrypted before they are sent
RECORD = 4 * 1024  # bytes of one record; a MemoryBIO keeps the size of the largest, and each connection has two of them
MOST_UNSENT = 64 * 1024  # bytes of answers that reading may cause while the peer takes nothing


class Tls:
    """The server's side of the encryption of one connection. Any thread may call any method. All raise OSError."""

    __slots__ = (
        "_has_more",
        "_incoming",
        "_lock",
        "_object",
        "_outgoing",
        "_owed",
        "_send",
        "_take",
        "_unsent",
        "_write",
    )

    def __init__(self, context: ssl.SSLContext, send: Callable[[bytes], int]) -> None:
        """`send` sends what the kernel takes without waiting, and returns how many bytes that were."""
        self._send = send
        self._lock = threading.Lock()
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._object = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._write, self._take = self._object.write, self._outgoing.read
        self._has_more = False  # whether it is worth while to read
        self._unsent = b""  # encrypted bytes that the kernel has not taken yet
        self._owed = 0  # plain bytes that are encrypted, were reported as not sent, and will be given again

    def shake_hands(self) -> bool:
        """Go on with the handshake, as far as what has come allows. Return whether it is done."""
        with self._lock:
            try:
                self._object.do_handshake()
            except ssl.SSLWantReadError:
                return False
            finally:
                self._flush()  # also if it has failed: the peer is told why
            return True

    def try_send(self, data: bytes | memoryview) -> int:
        """Encrypt and send what the kernel takes without waiting. Return how many bytes of `data` have gone out.

        If these are not all, the next call must begin with the others.
        """
        with self._lock:
            if self._unsent or self._owed or not 0 < len(data) <= RECORD:
                return self._try_send_much(data)
            self._write(data)
            encrypted = self._take()
            sent = self._send(encrypted)
            if sent == len(encrypted):  # nearly every time
                return len(data)
            self._unsent, self._owed = encrypted[sent:], len(data)
            return 0

    def receive(self, data: bytes) -> None:
        """Take what has come from the network.

        The network's end is nothing for OpenSSL, which would take it for an attack, and send no more. The peer's own
        end is its goodbye.
        """
        with self._lock:
            self._incoming.write(data)
            self._has_more = True

    def read(self, size: int) -> bytes | None:
        """Return up to `size` plain bytes, or nothing after the peer's goodbye.

        Return None if more has to come first.
        """
        with self._lock:
            if not self._has_more:
                return None
            data = None
            try:
                data = self._object.read(size)
            except ssl.SSLWantReadError:
                self._has_more = False
            finally:
                # Reading may have caused answers: an alert, or new keys.
                if not self._flush() and len(self._unsent) > MOST_UNSENT:
                    raise ConnectionAbortedError("the peer causes answers and does not take them")
            return data

    def say_goodbye(self) -> bool:
        """Tell the peer that nothing more will come. Return whether that has gone out."""
        with self._lock:
            # OpenSSL waits for the peer's own goodbye, or fails because the peer still talks. Ours is written all the
            # same.
            with contextlib.suppress(ssl.SSLError):
                self._object.unwrap()
            return self._flush()

    def flush(self) -> bool:
        """Send encrypted bytes without waiting. Return whether none are left."""
        with self._lock:
            return self._flush()

    def _try_send_much(self, data: bytes | memoryview) -> int:
        """Do the same where something waits, or for more than one record."""
        if not self._flush():
            return 0
        done = min(self._owed, len(data))
        self._owed -= done
        while done < len(data):
            chunk = memoryview(data)[done : done + CHUNK]
            for start in range(0, len(chunk), RECORD):
                self._write(chunk[start : start + RECORD])
                self._unsent += self._take()
            if not self._flush():
                self._owed = len(chunk)
                break
            done += len(chunk)
        return done

    def _flush(self) -> bool:
        if self._outgoing.pending:
            self._unsent += self._take()
        if self._unsent:
            self._unsent = self._unsent[self._send(self._unsent) :]
        return not self._unsent
