"""One user's way out. It never blocks the caller, keeps the order, and is bounded in bytes.

The contract, for everybody who puts something in:

1. `put` and `close` do not wait for the peer.
2. What is put first is sent first. Once something waits, everything waits behind it.
3. One thread at a time sends: the caller of `put` while nothing waits, else the writer.
4. A peer that falls too far behind is told, gets nothing more, and its reader is woken to leave. Only `drop` ends a
   connection without a word.

Most connections never need the writer, so its thread is started when something first has to wait. What waits is not
copied: users who are sent the same object share it, however much of it each has got.

Lock rule: under an outbox's lock there is one send that does not wait, one put into an unbounded channel, the lock of
the backlog, a shutdown of the socket, and once the start of the writer, which waits for nobody but the scheduler. It
guards every attribute that changes, except `last_words`, which is set in one step.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable

from ..threads.channel import Channel
from .backlog import Backlog, Lag
from .pieces import Data, Part, pieces, size_of
from .transport import Transport


class Outbox:
    """What waits for one connection. Go: User.C and the writes to User.conn"""

    def __init__(self, transport: Transport, addr: str, limit: int, last_words: bytes, backlog: Backlog) -> None:
        """`last_words` are for a peer that is dropped because it is slow and more than `limit` bytes wait for it."""
        self.closed = False
        self.overflowed = False
        self.lag = Lag(limit, backlog, transport.unacknowledged)
        self._transport = transport
        self._try_send = transport.try_send
        self._addr = addr
        self.last_words = last_words
        self._lock = threading.Lock()
        self._channel: Channel[Part] = Channel()
        self._writer: threading.Thread | None = None
        self._given_up = False
        # Held until all is sent, or nothing more can be sent. It takes a tenth of the memory of an Event.
        self._ended = threading.Lock()
        self._ended.acquire()

    def put(self, data: bytes, shared: bool = False) -> None:
        """Send `data`: at once if nothing waits, else later. Never blocks; any thread. Dropped if closed.

        `shared` says that others are sent the same object, so that it costs no memory of its own when it waits.
        """
        with self._lock:
            if self.lag.waiting or self.closed:
                if self._may_put():
                    self._enqueue(data, shared)
                return
            try:
                sent = self._try_send(data)
            except OSError:  # the peer is gone; its reader finds out by itself
                self._close()
                return
            if sent != len(data):
                self._enqueue(memoryview(data)[sent:], shared)

    def put_parts(self, parts: Iterable[Part]) -> None:
        """Send several parts as one, and leave that to the writer: they are large, or have still to be made."""
        waiting = list(parts)  # some are made here, which takes its time
        with self._lock:
            if self._may_put():
                for data, shared in waiting:
                    self._enqueue(data, shared)

    def close(self) -> None:
        """Take nothing more. What waits is still sent, then the peer sees the end. Never blocks; any thread."""
        with self._lock:
            self._close()

    def drop(self) -> None:
        """End the connection at once if something waits for this peer alone, which frees it. Never blocks; any thread.

        Also after `close`: whoever has left may not read what they were sent before.
        """
        with self._lock:
            if self.lag.private:  # so the writer has not ended, and the socket is still open
                self._given_up = self.overflowed = True
                self.lag.give_up()
                self._close()
                self._transport.hang_up()

    def interrupt(self) -> None:
        """Wake the handler, which has to leave. What waits can still be sent. Never blocks; any thread."""
        with self._lock:
            self.lag.resume(interrupt=True)
        self._transport.stop_reading()

    def wait_for_reader(self) -> None:
        """Wait until the peer has taken most of what waits, or the handler has to leave. For the handler's thread.

        Whoever does not read what they are sent is not read from either.
        """
        if self.lag.waiting:
            with self._lock:
                pause = None if self.closed else self.lag.pause()
            if pause:
                pause.acquire()

    def join(self, timeout: float) -> bool:
        """Wait until all is sent or the peer is gone, after `close`. Return False if `timeout` seconds were too few."""
        if not self._ended.acquire(timeout=timeout):
            return False
        self._ended.release()  # this may be asked again
        if self._writer:
            self._writer.join()
        return True

    def listen_message(self) -> None:
        """Send what waits, until the outbox is closed and empty. This is the writer thread's whole life.

        Go: User.ListenMessage
        """
        try:
            while batch := self._channel.get_all():
                for data, waited, private in pieces(batch):
                    if self._given_up:
                        break
                    self._transport.send_all(data)
                    with self._lock:
                        self.lag.sent(waited, private, len(data))
            self._transport.stop_sending()
        except OSError:  # the peer is gone, or somebody hung up on it
            self.close()
        except Exception:  # a bug. What waits is lost: the peer must see the end, and not go on behind a gap
            self.close()
            self._transport.hang_up()
            raise
        finally:
            with self._lock:
                self.lag.sent(self.lag.waiting, self.lag.private, 0)
            self._ended.release()

    def _may_put(self) -> bool:
        if self.lag.waiting and not self.closed and self.lag.is_too_slow():
            self.overflowed = True
            self._enqueue(self.last_words, shared=True)
            self._close()
            self._transport.stop_reading()
        return not self.closed

    def _enqueue(self, data: Data, shared: bool) -> None:
        if self.closed:  # by the part before this one, for want of a thread
            return
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
        self.lag.add(size_of(data), shared)
        self._channel.put((data, shared))

    def _close(self) -> None:
        if self.closed:
            return
        self.closed = True
        self._channel.close()
        self.lag.resume()
        if self._writer is None:
            self._transport.stop_sending()
            self._ended.release()
