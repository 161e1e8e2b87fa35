"""The streams that are open, and how what somebody posts finds its way into the log."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from ..chat import texts
from ..chat.entries import Opening
from ..chat.numbered import Numbered
from ..chat.refusals import Refuse
from ..chat.room import Entry
from ..chat.sessions import digest_of
from ..commands.help import Quit
from ..commands.sessions import Resume
from ..inlet import Host, Inlet


class Stream:
    """A stream of events, and whoever reads it. What they say comes over other connections."""

    def __init__(self, host: Host, inlet: Inlet) -> None:
        self.inlet = inlet
        self._host = host
        # Held by whoever uses the inlet, who may have to wait meanwhile. Lock rule: it is taken before any other lock.
        self.lock = threading.Lock()

    def enter(self, opening: Opening) -> None:
        """Let its reader in. Raises Closed. The caller holds the lock."""
        self._host.broadcaster.online(self.inlet.user, opening)

    def leave(self) -> None:
        """Let its reader leave, whatever a post still waits for. Raises Closed. What that post says afterwards does nothing."""
        self._host.broadcaster.offline([self.inlet.leave_entry()])

    def say(self, token: str, lines: Sequence[bytes], first: int) -> bool:
        """Put lines of the session `token` into the log. Return False if the stream has ended. Raises Closed.

        `first` is the number that the session has to give to the first of them; 0 is any.
        """
        digest, user = digest_of(token), self.inlet.user
        with self.lock:
            user.outbox.wait_for_reader()
            for place, line in enumerate(lines):
                if user.outbox.closed:
                    return False
                self.inlet.take(len(line))
                self.inlet.way.line = first and first + place
                entry = self._understand(line)
                self.inlet.add(Numbered(entry.number, entry.time, digest, self.inlet.way.line, entry))
                if isinstance(entry, Quit):
                    break
            self.inlet.flush()
            if isinstance(entry, Quit):
                user.outbox.interrupt()  # the stream's own handler waits for that
        return True

    def _understand(self, line: bytes) -> Entry:
        number, now, max_line = self.inlet.user.number, time.time(), self._host.settings.max_line
        if len(line) > max_line:
            return Refuse(number, now, texts.LINE_TOO_LONG.format(max_line), "too_long")
        entry = self.inlet.understand(line)
        if isinstance(entry, Resume):  # another session is another stream
            return Refuse(number, now, texts.UNKNOWN_COMMAND, "unknown_command")
        return entry


class Streams:
    """The open streams by the tokens of their sessions. Any thread may call any method. Lock rule: its lock is innermost."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_token: dict[str, Stream] = {}

    def of(self, token: str) -> Stream | None:
        """Return the stream of a session."""
        with self._lock:
            return self._by_token.get(token)

    @contextmanager
    def open(self, stream: Stream, opening: Opening, tokens: Sequence[str]) -> Iterator[None]:
        """Let the reader of a stream in, who speaks with one of the tokens until the end of the block. Raises Closed.

        Any other stream loses these tokens. What is posted with them waits until its author is in.
        """
        try:
            with stream.lock:
                with self._lock:
                    self._by_token.update(dict.fromkeys(tokens, stream))
                stream.enter(opening)
            yield
        finally:
            with self._lock:
                for token in tokens:
                    if self._by_token.get(token) is stream:
                        del self._by_token[token]
