"""One user's way out. It never blocks the caller, keeps the order, and is bounded in bytes.

The contract, for everybody who puts something in:

1. `put` and `close` do not wait for the peer.
2. What is put first is sent first. Once something waits, everything waits behind it.
3. One thread at a time sends: the caller of `put` while nothing waits, else the writer.
4. A peer that lets more than the limit wait is told, gets nothing more, and its reader is woken to leave.

Most connections never need the writer, so its thread is started when something first has to wait.

Lock rule: an outbox's lock is the innermost. Under it there is one send that does not wait, one put into an unbounded
channel, and once the start of the writer, which waits for nobody but the scheduler. It guards `_waiting`, `_writer` and
every change of `closed`.
"""

from __future__ import annotations

import threading

from ..threads.channel import Channel
from .transport import Transport


class Outbox:
    """What waits for one connection. Go: User.C and the writes to User.conn"""

    def __init__(self, transport: Transport, addr: str, limit: int, last_words: bytes) -> None:
        """`last_words` are for a peer that is dropped because more than `limit` bytes wait for it."""
        self.closed = False
        self.overflowed = False
        self._transport = transport
        self._try_send = transport.try_send
        self._addr = addr
        self._limit = limit
        self._last_words = last_words
        self._lock = threading.Lock()
        self._waiting = 0  # bytes that were put and are not yet sent
        self._channel: Channel[bytes] = Channel()
        self._writer: threading.Thread | None = None
        # Held until all is sent, or nothing more can be sent. It does what an Event does, in a tenth of the memory.
        self._ended = threading.Lock()
        self._ended.acquire()

    @property
    def waiting(self) -> int:
        """How many bytes wait for the peer at the moment."""
        return self._waiting

    def put(self, data: bytes) -> None:
        """Send `data`: at once if nothing waits, else later. Never blocks; any thread. Dropped if closed."""
        with self._lock:
            if self.closed:
                return
            if not self._waiting:
                try:
                    sent = self._try_send(data)
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
        """Wait until all is sent or the peer is gone, after `close`. Return False if `timeout` seconds were too few."""
        if not self._ended.acquire(timeout=timeout):
            return False
        if self._writer:
            self._writer.join()
        return True

    def listen_message(self) -> None:
        """Send what waits, until the outbox is closed and empty. This is the writer thread's whole life.

        Go: User.ListenMessage
        """
        try:
            while batch := self._channel.get_all():
                data = b"".join(batch)
                self._transport.send_all(data)
                with self._lock:
                    self._waiting -= len(data)
            self._transport.stop_sending()
        except OSError:  # the peer is gone, or somebody hung up on it
            self.close()
        finally:
            self._ended.release()

    def _drop(self) -> None:
        self.overflowed = True
        self._enqueue(self._last_words)
        self._close()
        self._transport.stop_reading()

    def _enqueue(self, data: bytes) -> None:
        if self._writer is None:
            writer = threading.Thread(target=self.listen_message, name=f"writer {self._addr}")
            try:
                writer.start()
            except RuntimeError:  # the system has no more threads: this peer cannot be served
                self.overflowed = True
                self._close()
                self._transport.stop_reading()
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
            self._transport.stop_sending()
            self._ended.release()
