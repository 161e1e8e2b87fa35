"""The way to the server, through however many connections: when to connect, and what to send then.

For the main thread. Times are in seconds of time.monotonic().
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from . import replies
from .backoff import Backoff
from .connection import Connection
from .conversation import Conversation
from .events import Connected, Events, Lost, Received
from .shown import Shown

STABLE = 5.0  # seconds after which a connection that is lost counts as one that worked


class Gone(Exception):
    """The server is not there, or has gone, and nobody wants to wait for it."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How hard to hold on to the server.

    keep_alive: seconds after which silence is broken by a sign of life, 0 for never. comes_back: at once, instead of
    when there is something to say. patient: however long it takes. needed: without it there is nothing left to do.
    """

    keep_alive: float = 0.0
    comes_back: bool = False
    patient: bool = False
    needed: bool = False


class Link:
    """Keeps a conversation going. What is heard goes to SHOW, what has happened to TELL."""

    def __init__(
        self,
        server: tuple[str, int],
        manner: Manner,
        conversation: Conversation,
        events: Events,
        show: Callable[[list[Shown]], None],
        tell: Callable[[str], None],
    ) -> None:
        self._server = server
        self._manner = manner
        self._conversation = conversation
        self._events = events
        self._show = show
        self._tell = tell
        self._connection: Connection | None = None
        self._backoff = Backoff()
        self._connect_at = 0.0
        self._connected_at = 0.0
        self._alive_at = 0.0
        self._claims = Backoff()  # of our name
        self._claim_at: float | None = None  # None unless it is refused
        self._welcome = False  # on this connection the server has said something that is no refusal
        self._been_here = False  # on any it has
        self._finishing = False
        self._finished = False  # on this connection
        self.unsure = False  # whether there was a line of which nobody knows

    @property
    def busy(self) -> bool:
        """Whether there is a connection, or should be."""
        return self._conversation.connected or self._wanted

    @property
    def _wanted(self) -> bool:
        return (self._manner.comes_back and not self._finishing) or bool(self._conversation.unsent)

    def connect(self) -> None:
        """Try to get to the server now."""
        self._connection = Connection(*self._server, self._events)

    def send(self, line: str, now: float) -> None:
        """Send LINE as soon as possible; if we are away, that is a reason to try at once."""
        self._conversation.say(line)
        if not self._conversation.name_refused:
            self._claim_at = None
        self._connect_at = now
        self.act(now)

    def finish(self, now: float) -> None:
        """Send all that waits, and nothing more."""
        self._finishing = True
        if self._connection:
            self._connection.go_on()  # Ctrl-C may have come while a piece was dealt with
        self.act(now)

    def due(self) -> float:
        """When act() should be called even if nothing happens; infinite for never."""
        times = [math.inf]
        if not self._connection and self._wanted:
            times.append(self._connect_at)
        if self._conversation.connected:
            times += [self._alive_at] if self._manner.keep_alive else []
            times += [self._claim_at] if self._claim_at is not None else []
        return min(times)

    def act(self, now: float) -> None:
        """Do what is due."""
        conversation = self._conversation
        if not self._connection and self._wanted and now >= self._connect_at:
            self.connect()
        if not self._connection or not conversation.connected:
            return
        if self._claim_at is not None and now >= self._claim_at:
            self._claim_at = None
            conversation.claim_name()
        if self._manner.keep_alive and now >= self._alive_at:
            self._alive_at = now + self._manner.keep_alive
            conversation.sign_of_life()
        while following := conversation.next_line():
            line, shown = following
            self._connection.send(line)
            self._alive_at = now + self._manner.keep_alive
            self._show(shown)
        if self._finishing and not self._finished and not conversation.unsent:
            self._finished = True
            self._connection.finish()

    def handle(self, event: Connected | Received | Lost, now: float) -> None:
        """Take in what has happened to the connection. Raises Gone."""
        assert self._connection
        match event:
            case Connected(addr):
                self._conversation.connect(addr)
                self._connected_at = now
                self._alive_at = now + self._manner.keep_alive
                self._claim_at = None
            case Received(lines):
                self._receive(lines, now)
                self._connection.go_on()
            case Lost(why):
                self._lose(why, now)

    def _receive(self, lines: list[str], now: float) -> None:
        conversation = self._conversation
        waiting = conversation.waiting
        shown = [each for line in lines for each in conversation.receive(line)]
        if not self._welcome and (shown or not conversation.ending):
            if self._been_here:
                self._tell("已重新连接")
            self._welcome = self._been_here = True
        self._show(shown)
        if conversation.waiting < waiting:
            self._backoff.reset()
        if conversation.named:
            self._claims.reset()
        elif conversation.name_refused and self._claim_at is None:
            self._name_refused(conversation.name_refused, now)

    def _name_refused(self, why: str, now: float) -> None:
        name = self._conversation.name
        if not self._manner.patient and not self._conversation.had_name:
            raise Gone(f"{name}: {why}")
        delay = self._claims.next()
        # Perhaps it is our own last connection, of which the server has not heard the end.
        self._claim_at = math.inf if why.startswith(replies.NAME_BAD) else now + delay
        if not self._claims.at_its_longest:
            self._tell(f"{name}：{why}；输入 rename 新名字 换一个")

    def _lose(self, why: str, now: float) -> None:
        loss = self._conversation.lose(at_our_end=self._finished and not why)
        why = loss.why or why or "连接中断"
        welcome = self._welcome
        self._connection = None
        self._welcome = self._finished = False
        host, port = self._server
        if not self._been_here:
            raise Gone(f"no server at {host} port {port}: {why}")
        for line in loss.unsure:
            self.unsure = True
            self._tell(f"可能没有送达：{line}")
        if self._finishing and not self._wanted:
            return
        if self._manner.needed or (not self._manner.patient and (loss.unsure or not welcome)):
            raise Gone(f"lost the server at {host} port {port}: {why}")
        if welcome and now - self._connected_at > STABLE:
            self._backoff.reset()
        delay = self._backoff.next()
        self._connect_at = now + delay
        if welcome:
            self._tell(f"{why}；{'正在重新连接' if self._wanted else '输入下一行时自动重新连接'}")
        elif not self._backoff.at_its_longest:
            self._tell(f"连接不上 {host} port {port}（{why}），{delay:.0f} 秒后重试")
