"""One user's way out: never blocks the caller, keeps the order, is bounded in bytes.

A contract in four points, for everybody who puts something in:

1. put() and close() do not wait for the peer.
2. What is put first is sent first. Once something waits, everything waits behind it.
3. One thread at a time writes to the socket: the caller of put() while nothing waits, else the writer.
4. A peer that lets more than the limit wait is told, gets no more, and its reader is woken to leave.

The writer is a thread that most connections never need, so it is started when something first has to wait.

Lock rule: an outbox's lock is the innermost. Under it: one send that does not wait, one put into an unbounded
channel, and once the start of the writer, which waits for nobody but the scheduler. It guards _waiting, _writer and
the change of closed.
"""

from __future__ import annotations

import contextlib
import socket
import threading

from .channel import Channel

_DONTWAIT = int(socket.MSG_DONTWAIT)


class Outbox:
    """What waits for one connection. Go: User.C and the writes to User.conn."""

    def __init__(self, connection: socket.socket, addr: str, limit: int, last_words: bytes) -> None:
        """LAST_WORDS are for a peer that is dropped because more than LIMIT bytes wait for it."""
        self.closed = False
        self.overflowed = False
        self._connection = connection
        self._send = connection.send
        self._addr = addr
        self._limit = limit
        self._last_words = last_words
        self._lock = threading.Lock()
        self._waiting = 0  # bytes put and not yet sent, when put() could not send them at once
        self._channel: Channel[bytes] = Channel()
        self._writer: threading.Thread | None = None
        self._ended = threading.Lock()  # held until all is sent, or will never be
        self._ended.acquire()

    def put(self, data: bytes) -> None:
        """Send DATA, at once if nothing waits, else later. Never blocks; any thread. Dropped if closed."""
        with self._lock:
            if self.closed:
                return
            if not self._waiting:
                try:
                    sent = self._send(data, _DONTWAIT)
                except BlockingIOError:
                    sent = 0
                except OSError:  # the peer is gone; its reader finds out by itself
                    self._close()
                    return
                if sent == len(data):
                    return
                data = data[sent:]
            elif self._waiting > self._limit:
                self._drop()
                return
            self._enqueue(data)

    def close(self) -> None:
        """Take nothing more. What waits is still sent, then the peer sees the end. Never blocks; any thread."""
        with self._lock:
            self._close()

    def join(self, timeout: float) -> bool:
        """Wait for up to TIMEOUT seconds until it is closed and empty, or the peer is gone; False if time is up."""
        if not self._ended.acquire(timeout=timeout):
            return False
        if self._writer:
            self._writer.join()
        return True

    def listen_message(self) -> None:
        """Send what waits, until the outbox is closed and empty: the writer thread's whole life.

        Go: User.ListenMessage
        """
        try:
            while batch := self._channel.get_all():
                data = b"".join(batch)
                self._connection.sendall(data)
                with self._lock:
                    self._waiting -= len(data)
            self._connection.shutdown(socket.SHUT_WR)
        except OSError:  # the peer is gone, or somebody hung up on it
            self.close()
        finally:
            self._ended.release()

    def wake_reader(self) -> None:
        """Let whoever reads from this connection see its end, while what waits can still be sent."""
        with contextlib.suppress(OSError):  # the peer is gone
            self._connection.shutdown(socket.SHUT_RD)

    def _drop(self) -> None:
        self.overflowed = True
        self._enqueue(self._last_words)
        self._close()
        self.wake_reader()

    def _enqueue(self, data: bytes) -> None:
        if self._writer is None:
            writer = threading.Thread(target=self.listen_message, name=f"writer {self._addr}")
            try:
                writer.start()
            except RuntimeError:  # the system has no more threads: this peer cannot be served
                self.overflowed = True
                self._close()
                self.wake_reader()
                return
            self._writer = writer
        self._waiting += len(data)
        self._channel.put(data)

    def _close(self) -> None:
        if self.closed:
            return
        self.closed = True
        self._channel.close()
        if self._writer is None:
            with contextlib.suppress(OSError):  # the peer is gone
                self._connection.shutdown(socket.SHUT_WR)
            self._ended.release()
