"""A server without sockets and threads, for the simulation: the real room and broadcaster, and models around them.

What is real: the room with its sessions and its memory, the commands, the line reader, the encodings and the fan-out.
What is a model: a connection with its reading handler, and the life of the process.
"""

from __future__ import annotations

from collections import deque
from typing import cast

from server import commands
from server.chat import texts
from server.chat.archive import NoArchive, Restored
from server.chat.entries import Leave, Line, Opening
from server.chat.kinds import Placed
from server.chat.refusals import EndOfTooLong, TooLong
from server.chat.restoring import Departed, open_room
from server.chat.room import Entry
from server.commands.sessions import Resume
from server.log.broadcaster import Broadcaster
from server.log.subscriber import Batch, Subscriber
from server.wire.arrival import Arrival
from server.wire.decoding import decode
from server.wire.encoding import Text
from server.wire.lines import LineEvent, LineReader
from server.wire.sniff import FirstBytes
from server.wire.transport import Transport
from server.wire.user import User
from server.wire.values import Values

from .simulation_deeds import Deed, Watched
from .simulation_disk import Disk
from .simulation_pipe import Pipe

NOW = 1_000_000_000.0  # seconds since 1970; nobody looks at a clock
NOBODY = 0
MAX_LINE = 200  # bytes
COMMANDS = commands.discover()
TEXT, CRLF_TEXT, VALUES = Text("\n", True), Text("\r\n", True), Values()
TOO_LONG = texts.LINE_TOO_LONG.format(MAX_LINE)


class Connection:
    """One connection, and what its handler does. `up` is on its way from the peer."""

    def __init__(self, life: Life, addr: str, number: int, limit: int) -> None:
        self.life = life
        self.addr = addr
        self.pipe = Pipe(limit)
        self.up = bytearray()
        self.up_ends = False  # whether nothing comes behind `up`
        self.is_dead = False  # whether nothing that the peer sends can reach the server any more
        self.is_in = False  # whether the user has come in, or is about to
        self.is_over = False  # whether the handler has put its Leave into the log
        self._user = User(number, addr, Arrival(cast("Transport", None), "", 0), self.pipe, TEXT, VALUES, 0.0)
        self._reader = LineReader(MAX_LINE)
        self._peeked: bytes | None = b""  # None once the handler has looked
        self._is_program = self._is_too_long = False

    @property
    def is_busy(self) -> bool:
        """Whether the handler has something to do."""
        return not self.is_over and (bool(self.up) or self.up_ends or self.pipe.woken)

    def read(self, size: int, patient: bool = True) -> None:
        """Let the handler do one `recv`. Without patience, it does not wait for a first line that comes in pieces."""
        if self.pipe.closed:
            self.end("slow" if self.pipe.overflowed else "lost")
            return
        if self.pipe.waiting > self.pipe.limit // 2 and not self.up_ends:  # Outbox.wait_for_reader
            return
        data = bytes(self.up[:size])
        del self.up[:size]
        if self._peeked is not None:
            first = FirstBytes()
            self._peeked += data
            first.feed(self._peeked)
            if not first.decided and patient and not (self.up_ends and not self.up):
                return
            data, self._peeked = self._peeked, None
            if not first.opens:
                self._come_in(None)
        if data:
            self._take(data)
        elif self.up_ends:
            self.end("lost")

    def end(self, why: str, farewell: str = "") -> None:
        """Let the handler leave, which it does once."""
        if not self.is_over:
            if not self.is_in:
                self._come_in(None)
            self._leave([], Leave(self._user.number, NOW, why, farewell))

    def _take(self, data: bytes) -> None:
        """Do what Handler._read does with what has come."""
        entries: list[Entry] = []
        for line in self._reader.feed(data):
            entry = self._understand(line)
            if not self.is_in and self._come_in(entry):
                continue
            if isinstance(entry, Leave):
                self._leave(entries, entry)
                return
            entries.append(entry)
        if self._reader.crlf and not self._is_program and self._user.encoding is TEXT:
            self._user.encoding = CRLF_TEXT
        self.life.broadcaster.broadcast(entries)
        self.life.collect()

    def _leave(self, entries: list[Entry], leave: Leave) -> None:
        self.life.broadcaster.offline([*entries, leave])
        self.life.collect()
        self.is_over = True

    def _come_in(self, entry: Entry | None) -> bool:
        opening = entry if isinstance(entry, Opening) else None
        self.is_in = True
        self.life.broadcaster.online(self._user, opening)
        self.life.collect()
        return opening is not None

    def _understand(self, line: bytes | LineEvent) -> Entry:
        number = self._user.number
        if line is LineEvent.TOO_LONG:
            self._is_too_long = True
            return TooLong(number, NOW, TOO_LONG)
        if isinstance(line, LineEvent):
            return Leave(number, NOW, "quit" if line is LineEvent.END_OF_FILE else "kicked")
        if self._is_too_long:
            self._is_too_long = False
            return EndOfTooLong(number, NOW, TOO_LONG)
        entry = COMMANDS.parse(number, NOW, decode(line))
        self._is_program = self._is_program or isinstance(entry, Opening)
        return entry


class Life(Subscriber):
    """One life of the server's process, from its start until it is stopped or killed."""

    def __init__(self, disk: Disk | None, start: int, remember: int, replay: int) -> None:
        restored = disk.restored(remember) if disk else Restored()
        if disk:
            disk.start = start
        room = COMMANDS.furnish(open_room(start, disk or NoArchive(), restored, remember, replay))
        self.start = start
        self.restored = {session.digest: session.line for session in restored.sessions}
        self.events: list[Placed] = []  # what happens in this life
        self.deeds: list[Deed] = []  # what users have asked for
        self.owners: dict[str, set[str]] = {}  # from which addresses each session was used, by digest
        self.log: deque[Entry] = deque()
        self.broadcaster = Broadcaster([self], room=room)
        self._disk = disk
        self.broadcaster.broadcast([Departed(NOBODY, NOW, *one) for one in restored.online])
        self.collect()

    def collect(self) -> None:
        """Take from the channel what was put into it, so that nobody has to wait for room."""
        if self.broadcaster.message.qsize():
            self.log.extend(self.broadcaster.message.get_all())

    def apply(self, count: int) -> None:
        """Apply the next entries of the log as one batch."""
        entries = [self.log.popleft() for _ in range(min(count, len(self.log)))]
        if entries:
            self.broadcaster._fan_out([self._watched(entry) for entry in entries])

    def _watched(self, entry: Entry) -> Entry:
        if isinstance(entry, Line) and not isinstance(entry, Resume):  # which goes on as somebody else
            return Watched(entry.number, NOW, entry, self.deeds)
        return entry

    def record(self, batch: Batch) -> None:
        """Take note of a batch, as a history does."""
        events = batch.told.placed()
        self.events += events
        for digest, session in batch.told.sessions.items():
            self.owners.setdefault(digest, set()).add(session.addr)
        if self._disk:
            self._disk.record(batch)
