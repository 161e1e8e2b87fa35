"""The owner of the conversation with a server, over all connections: what is sent, what is shown, when to connect.

Pure: it knows no socket, no thread and no terminal, and is told the time. It takes up its session on each new
connection. `Outgoing` knows which lines are sent again, `Attempts` when to connect, and `Hearing` what was heard.
"""

from __future__ import annotations

import math

from ..rules import Kind
from .attempts import EXPELS, ServerUnavailable
from .conversation import UNSENT, Conversation, State
from .outgoing import Line
from .people import Person

LONGEST_TYPED = 64 * 1024  # bytes; our server ends the connection of whoever sends a longer line
UNANSWERED = 10.0  # seconds after its first line of text, within which a server has to answer in values
UNCONFIRMED = "没有等到确认"
ENDS = ("quit", *EXPELS)  # the goodbyes that end the session
# Heartbeats, in seconds.
SHARE = 0.4  # of the server's idle limit
CALM = 30.0  # for a server without an idle limit
NOTICE, LONGEST_NOTICE = 0.2, 30.0  # before the idle limit, as a share of it, and in seconds
USUAL_IDLE = 10.0  # the idle limit of a server that does not say what it has


class Session(Conversation):
    """A conversation over any number of connections. What is to be sent is returned."""

    _reminded: float | None = None  # when the silence began of which the user was reminded last

    @property
    def is_busy(self) -> bool:
        """Whether there is a connection, or should be one."""
        return self.state is not State.OFFLINE or self._should_connect

    @property
    def wants_end(self) -> bool:
        """Whether our side of the connection is to be ended: a server without values may know no `/quit`."""
        return self._finishing and self.state is State.PLAIN

    @property
    def _should_connect(self) -> bool:
        busy = bool(self.outgoing.unsettled)
        is_over = self._quitting or (self._finishing and self._attempts.has_been_in and not busy)
        return not is_over and (busy or self._attempts.are_wanted)

    def wants_connection(self, now: float) -> bool:
        """Return whether it is time for a new connection."""
        return self.state is State.OFFLINE and self._should_connect and now >= self._attempts.at

    def due(self) -> float:
        """Return when `act` or `connect` has something to do; infinite for never."""
        match self.state:
            case State.OFFLINE:
                return self._attempts.at if self._should_connect else math.inf
            case State.GREETING:
                return self._greeted_at + UNANSWERED
            case State.CONNECTING:
                return math.inf
        return min(self._heartbeat_at(), self._naming.claim_at, self._reminder_at())

    def connect(self, now: float) -> bytes:
        """Begin a new connection. Return what is sent first on it."""
        if not self._attempts.has_been_in:
            self.key(now)
        self._attempts.begin(now)
        self.state, self._bye = State.CONNECTING, None
        self._prefix, self._greeted_at = "", math.inf
        name = self._naming.wanted
        if self.is_plain:
            self._first = f"rename {name}" if name else ""
        elif self._token:
            self._first = f"/resume {self._token} {self.hearing.at}"
        else:
            self._first = f"/json {name}" if name else "/json"
        return f"{self._first}\n".encode() if self._first else b""

    def connected(self, now: float) -> bytes:
        """Take note that the connection stands. Return what is to be sent."""
        self._attempts.stands(now)
        self._sent_at = now
        self.state = State.GREETING
        if self.is_plain:
            self._enter(State.PLAIN)
        return self._flush(now)

    def key(self, now: float) -> None:
        """Take note that somebody has pressed a key."""
        self._key_at = now

    def say(self, line: str, now: float, to: Person | None = None) -> bytes:
        """Have a line sent, to everyone or to one alone, now or later. Return what is to be sent now."""
        return self.ask(Line(line, to), now)

    def ask(self, line: Line, now: float) -> bytes:
        """Have a line sent; a hidden one, whose answer the user need not see, now or never. Return what is to be sent."""
        if len(line.text.encode("utf-8", "replace")) > LONGEST_TYPED:
            self._refuse(line, "消息过长")
        elif line.text.startswith("/resume") and line.kind is Kind.VALUES:
            self._refuse(line, "这个命令供程序使用")
        elif self.state is State.VALUES or not line.hidden:
            self.outgoing.add(line)
            if self.state is State.OFFLINE:
                self._attempts.hurry(now)
        return self._flush(now)

    def finish(self, now: float) -> bytes:
        """Leave as soon as all that waits is sent and taken. Return what is to be sent now."""
        self._finishing = True
        return self._flush(now)

    def act(self, now: float) -> bytes:
        """Do what is due. Return what is to be sent."""
        if self.state is State.GREETING and now >= self._greeted_at + UNANSWERED:
            self._go_plain()
        if self.is_in and now >= self._heartbeat_at():
            self.outgoing.add(Line("", hidden=True))
        if self.state is State.VALUES and now >= self._naming.claim_at:
            self._claim_name()
        if self.is_in and now >= self._reminder_at():
            self._reminded = self._sent_at
            left = self._sent_at + self._idle - now
            self.hearing.note(f"再过 {math.ceil(left)} 秒没有输入，连接就会中断；按一下回车就可以留下")
        return self._flush(now)

    def lost(self, why: str, now: float, *, is_final: bool = False) -> None:
        """Take note that the connection has ended, or never began, perhaps for good. Raise ServerUnavailable."""
        was_in, bye, self._bye = self.is_in, self._bye, None
        self.state, self._catching_up = State.OFFLINE, None
        self._naming.lose()
        self.outgoing.drop_hidden()
        if is_final:
            raise ServerUnavailable(f"{self._server}: {why}")
        if self._quitting or (self._finishing and self.is_plain and was_in):
            self._quitting = True
            return
        if bye and bye.code in ENDS:
            self._token = ""
        if bye and bye.code in EXPELS:
            self._give_up(UNCONFIRMED, self.outgoing.give_up())
        busy = bool(self.outgoing.unsettled)
        if said := self._attempts.lost(why, bye, now, was_in=was_in, busy=busy, is_away=self._is_away(now)):
            self.hearing.note(said)

    def leave(self) -> None:
        """Say which lines were not sent or not confirmed, for nobody waits for them any more."""
        self._give_up(UNCONFIRMED, [line for line in self.outgoing.sent if not line.hidden])
        self._give_up(UNSENT, [line for line in self.outgoing.waiting if not line.hidden])

    def _is_away(self, now: float) -> bool:
        """Return whether the user has been away for so long that the server's idle limit is welcome."""
        return self._key_at + self._policy.away_after <= now

    def _reminder_at(self) -> float:
        """Return when to say, once in each silence, that the server's idle limit comes near, if somebody reads that."""
        if not (self._curious and self._idle) or self._sent_at == self._reminded or self.outgoing.sent:
            return math.inf
        if self._heartbeat_at() < math.inf:  # it will not be silent
            return math.inf
        return self._sent_at + self._idle - min(LONGEST_NOTICE, NOTICE * self._idle)

    def _heartbeat_at(self) -> float:
        """Return when silence is to be broken, to stay in the room. What is on its way is a heartbeat itself."""
        is_for_ever = self._policy.away_after == math.inf
        if self._finishing or self.outgoing.sent or self._is_away(self._sent_at) or not (self._idle or is_for_ever):
            return math.inf
        idle = USUAL_IDLE if self.state is State.PLAIN else self._idle
        return self._sent_at + min(self._policy.heartbeat, SHARE * idle or CALM)
