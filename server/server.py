"""How the server starts and stops, and what all connections share.

The threads, each with its owner, who ends it:

- "accept", one a door, of its Door: `serve_forever`, ended by `Door.shut`
- "broadcaster", one, of ChatServer: `Broadcaster.listen_message`, ended by `stop`, last
- "watchdog", one, of ChatServer, none without an idle limit: `Watchdog.run`, ended by `stop`
- "handler ADDR", one a connection, of its Door: `Door.process_request_thread`, ends with its connection
- "writer ADDR", one a connection that fell behind, of its Outbox: `Outbox.listen_message`, ends once that is closed

The first three must not die. If one does, it is logged, and the owner of the server is told.
"""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
from collections.abc import Callable, Sequence

from . import __version__, commands
from .chat import texts
from .chat.archive import Archive, NoArchive, Restored
from .chat.entries import Close
from .chat.events import Bye
from .chat.restoring import Departed, open_room
from .chat.room import NOBODY
from .door import Door, Guard, make_entrance
from .handler import Handler
from .limits.allowance import Allowances
from .limits.connections import ConnectionLimiter
from .limits.descriptors import within_file_limit
from .limits.holds import Holds
from .limits.rates import RateLimits
from .limits.reminders import Reminders
from .limits.watchdog import Watchdog
from .log.broadcaster import Broadcaster
from .log.subscriber import Subscriber
from .ops.memory import MemoryKeeper, find_trim
from .settings import Settings
from .threads.channel import Closed
from .threads.supervisor import Supervisor
from .wire.addresses import format_address, is_trusted
from .wire.aliases import Aliases
from .wire.arrival import Arrival
from .wire.certificates import Certificates
from .wire.encoding import Encoding, Text
from .wire.first_look import glance
from .wire.outbox import Outbox
from .wire.transport import Transport
from .wire.user import User
from .wire.values import Values

STACK_SIZE = 256 * 1024  # bytes; the default of 8 MiB counts against limits when there are thousands of threads
TOO_SLOW = f"{texts.TOO_SLOW}\n".encode()
_NOTHING, _NEW = NoArchive(), Restored()


class ChatServer(Door):
    """The server, and its first door. Call `start` and `stop` once each, or use it as a context manager. Go: Server"""

    def __init__(
        self,
        settings: Settings,
        subscribers: Sequence[Subscriber] = (),
        on_failure: Callable[[], None] = lambda: None,
        archive: Archive = _NOTHING,
        restored: Restored = _NEW,
    ) -> None:
        """Listen on the address, without accepting anybody yet. Go: net.Listen

        Raises OSError or UnicodeError if the address cannot be had, and CertificateError if the certificate cannot be
        used. `on_failure` is called when the server should be stopped because of a bug, in the thread that had
        it. `archive` and `restored` are what a history knows of the time before.
        """
        self.settings = settings
        self.max_users = within_file_limit(settings.max_users)
        self.commands = commands.discover()
        self.text: Encoding = Text("\n", settings.receipt)
        self.crlf_text: Encoding = Text("\r\n", settings.receipt)
        self.values: Encoding = Values(__version__, settings.hold, settings.idle_timeout)
        room = open_room(time.time_ns() // 1000, archive, restored, settings.remember, settings.replay)
        self.commands.furnish(room)
        self._were_online = restored.online
        self.broadcaster = Broadcaster(subscribers, settings.memory, room)
        self.watchdog = Watchdog(settings.idle_timeout, self.broadcaster.users)
        self.supervisor = Supervisor(on_failure)
        self.stopping = threading.Event()
        self.page = ""
        limiter = ConnectionLimiter(self.max_users, settings.max_per_ip, settings.trust_loopback)
        self.certificates = Certificates(settings.tls, settings.tls_key) if settings.tls else None
        entrance = make_entrance(settings, self.certificates, lambda host: self.rates_of(host).work)
        self.guard = Guard(entrance, limiter, self.supervisor, self.stopping)
        self.doors: list[Door] = [self]  # others may be added before the start
        self._allowances = Allowances(settings)
        self._aliases = Aliases()
        self._memory = MemoryKeeper(find_trim())
        self._holds = Holds(settings.hold, self.broadcaster.held, self.broadcaster.offline)
        self._reminders = Reminders(settings.idle_timeout, settings.warn, self.broadcaster, self.watchdog.now)
        self._numbers = itertools.count(NOBODY + 1)
        self._broadcast = self.supervisor.thread("broadcaster", self.broadcaster.listen_message)
        self._watch = self.supervisor.thread("watchdog", self.watchdog.run)
        super().__init__(settings.ip, settings.port, Handler, self.guard)

    def start(self) -> None:
        """Let people in. Go: Server.Start"""
        threading.stack_size(STACK_SIZE)
        self._broadcast.start()
        now = time.time()
        self.broadcaster.broadcast([Departed(NOBODY, now, *one) for one in self._were_online])
        if self.settings.idle_timeout:
            self._watch.start()
        for door in self.doors:
            door.open()

    def stop(self) -> None:
        """Tell everyone, let them have what is still queued, and end every thread and connection.

        Takes a second or two if some peer does not take its last words.
        """
        self.stopping.set()
        for door in self.doors:
            door.shut()
        with contextlib.suppress(Closed):  # the broadcaster has died: nobody can be told
            self.broadcaster.broadcast([Close(NOBODY, time.time())])
        deadline = time.monotonic() + self.settings.linger
        for door in self.doors:
            door.join_handlers(deadline)
        for door in self.doors:
            door.hang_up()
        self.watchdog.stop()
        if self.settings.idle_timeout:
            self._watch.join()
        self.broadcaster.close()
        self._broadcast.join()

    def __enter__(self) -> ChatServer:  # noqa: PYI034 (typing.Self is 3.11)
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def new_user(self, arrival: Arrival) -> User:
        """Return a user for a new connection. Everyone will see their address, or an alias for it.

        Go: NewUser
        """
        settings, host = self.settings, arrival.host
        addr = self._aliases.alias(host) if settings.hide_addr else format_address(host, arrival.port)
        outbox = Outbox(arrival.transport, addr, settings.outbox_limit, TOO_SLOW, self.broadcaster.backlog)
        number, now = next(self._numbers), self.watchdog.now()
        return User(number, addr, arrival, outbox, self.text, self.values, now)

    def rates_of(self, host: str) -> RateLimits:
        """Return the rate limits of a new connection from `host`."""
        trusted = is_trusted(host, self.settings.trust_loopback)
        return RateLimits(self.settings, None if trusted else self._allowances.of(host))

    def service_actions(self) -> None:
        """Do what is to be done now and then.

        `serve_forever` calls this in the accept thread, which disturbs nobody.
        """
        self._memory.look()
        with contextlib.suppress(Closed):  # the broadcaster has died of a bug, and the server is stopping
            self._holds.look()
            self._reminders.look()

    def refuse(self, transport: Transport, bye: Bye) -> None:
        """Tell a peer that cannot come in why, without waiting. Raises OSError."""
        transport.try_send((self.values if glance(transport).opens else self.text).encode(bye))
