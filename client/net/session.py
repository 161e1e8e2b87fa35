"""The owner of the conversation with a server, over all connections: what is sent, what is shown, when to connect.

Pure: it knows no socket, no thread and no terminal, and is told the time. It takes up its session on each new
connection. `Outgoing` knows which lines are sent again, `Attempts` when to connect, `Hearing` what was heard, and `Silence`
when to send a heartbeat.

1. What is typed waits until the server has answered the first line.
2. What was missed is heard before anything typed is sent. If that does not tell who is online, `who` is asked, and its answer
   is heard before a private word to a person is sent. So this goes to whom it was meant for.
3. Nothing that was typed is said under another name than the one that was asked for.
4. Nothing that was typed is said in another room than the one we were in: after a lost session we go back there first.
5. A server that does not answer with values is spoken to as by a telnet, and nothing is promised.
"""

from __future__ import annotations

import math

from ..rules import QUIET, RECEIPT, Kind, canonical, clean, may_hold_password
from .attempts import REMOVED_BY_OPERATOR
from .conversation import UNSENT, Conversation, State
from .outgoing import Line, Outgoing
from .values import MAX_LINE, BadServer, ServerUnavailable, Value, parse

# Bytes ahead of their receipts: less than any kernel holds, so that sending never waits. Without values nothing bounds it.
WINDOW = 16 * 1024
LONGEST_TYPED = 64 * 1024  # bytes; our server ends the connection of whoever sends a longer line
UNANSWERED = 10.0  # seconds after its first line of text, within which a server has to answer in values
UNCONFIRMED = "没有等到确认"
ENDS_SESSION = ("quit", *REMOVED_BY_OPERATOR)  # the goodbyes that end the session


class Session(Conversation):
    """A conversation over any number of connections. What is to be sent is returned."""

    @property
    def is_busy(self) -> bool:
        """Whether there is a connection, or should be one."""
        return self.state is not State.OFFLINE or self._should_connect

    @property
    def wants_end(self) -> bool:
        """Whether our side of the connection is to be ended: behind a goodbye, and where nobody may know `/quit`."""
        return self._bye is not None or (self._finishing and self.state is State.PLAIN)

    @property
    def _is_silent(self) -> bool:
        """Whether nothing is on its way. Any line is a heartbeat itself, and so a frozen server gets no heap of them."""
        return self.is_in and not (self._finishing or self._bye or self.outgoing.sent)

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
        silent_until = min(self._silence.heartbeat_at(), self._silence.reminder_at())
        return min(self._naming.claim_at, silent_until if self._is_silent else math.inf)

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
        self._attempts.connected_at = now
        self._silence.sent_at = now
        self.state = State.GREETING
        if self.is_plain:
            self._enter(State.PLAIN)
        return self._flush(now)

    def received(self, data: bytes, now: float) -> bytes:
        """Take one line of the server, without its end. Return what is to be sent. Raise BadServer."""
        if len(data) > MAX_LINE:
            raise BadServer(f"a line of more than {MAX_LINE // 1024} KiB")
        line = data.decode("utf-8", "replace").removesuffix("\r")
        if self.state is State.VALUES or (self.state is State.GREETING and line.startswith("{")):
            if value := parse(line):
                self._take(value, now)
        elif self.state is State.GREETING:
            self._take_text(clean(line), now)
        elif line != RECEIPT:
            self.shown.append(Value("raw", clean(line)))
        return self._flush(now)

    def key(self, now: float) -> None:
        """Take note that somebody has pressed a key."""
        self._silence.key_at = now

    def ask(self, line: Line, now: float) -> bytes:
        """Have a line sent; a hidden one, whose answer the user need not see, now or never. Return what is to be sent."""
        if not (line.to or self.is_plain):
            line.text = canonical(line.text)
        if len(line.text.encode("utf-8", "replace")) > LONGEST_TYPED:
            self._refuse(line, "消息过长")
        elif "\n" in line.text:  # the server would take what follows for lines of their own, and perhaps for commands
            line.text = line.text.replace("\n", "⏎")
            self._refuse(line, "只能是一行")
        elif line.text.startswith("/resume") and line.kind is Kind.VALUES:
            self._refuse(line, "这个命令供程序使用")
        elif line.text.strip(" ") == QUIET and not line.to:
            self.hearing.be_quiet()
            line.dealt_with = True
        elif self.state is State.VALUES or not line.hidden:
            self.outgoing.add(line)
            if self.state is State.OFFLINE:
                self._attempts.hurry(now)
        return self._flush(now)

    def awaits(self, line: Line) -> bool:
        """Return whether the answer to a line may still come. A refusal may come after the connection was lost."""
        may_come = self._catching_up is not None or self.outgoing.has(line)
        return may_come and not (line.dealt_with or self.is_plain)

    def finish(self, now: float) -> bytes:
        """Leave as soon as all that waits is sent and taken. Return what is to be sent now."""
        self._finishing = True
        return self._flush(now)

    def act(self, now: float) -> bytes:
        """Do what is due. Return what is to be sent."""
        if self.state is State.GREETING and now >= self._greeted_at + UNANSWERED:
            self._go_plain()
        if self._is_silent and now >= self._silence.heartbeat_at():
            self.outgoing.add(Line("", hidden=True))
        if self.state is State.VALUES and now >= self._naming.claim_at:
            self._claim_name()
        if self._is_silent and (reminder := self._silence.remind(now)):
            self.hearing.note(reminder)
        return self._flush(now)

    def lost(self, why: str, now: float, *, is_final: bool = False) -> None:
        """Take note that the connection has ended, or never began, perhaps for good. Raise ServerUnavailable."""
        was_in, bye, self._bye = self.is_in, self._bye, None
        self.state, self._catching_up = State.OFFLINE, None
        if self._asking:
            self._asking, self.hearing.people.known = None, False  # half of the answer may have come
        self._naming.lose()
        self.outgoing.drop_hidden()
        if is_final:
            raise ServerUnavailable(f"{self._server}: {why}")
        if self._quitting or (self._finishing and self.is_plain and was_in):
            self._quitting = True
            return
        if bye and bye.code in ENDS_SESSION:
            self._token = ""
        if bye and bye.code in REMOVED_BY_OPERATOR:
            self.report_unsent()
            self.outgoing = Outgoing()
        busy = bool(self.outgoing.unsettled)
        if said := self._attempts.lost(why, bye, now, was_in=was_in, busy=busy, is_away=self._silence.is_away(now)):
            self.hearing.note(said)

    def report_unsent(self) -> None:
        """Say which lines were not sent or not confirmed, for nobody waits for them any more."""
        self._report(UNCONFIRMED, [line for line in self.outgoing.sent if not (line.hidden or line.heard)])
        self._report(UNSENT, [line for line in self.outgoing.waiting if not line.hidden])

    def _flush(self, now: float) -> bytes:
        """Return what may be sent now."""
        counted = self.state is State.VALUES
        data = b"".join(self.outgoing.send(line, counted=counted) for line in iter(self._next, None))
        is_over = self._finishing and counted and not (self._quitting or self._bye)
        if is_over and not (self.outgoing.unsettled or self._catching_up):
            self._quitting = True
            data += self.outgoing.send(Line("/quit", hidden=True), counted=True)
        if data:
            self._silence.sent_at = now
        return data

    def _next(self) -> Line | None:
        """Take the next line that may be sent out of those that wait."""
        if not self.is_in or self._bye or self._quitting:
            return None
        while self.outgoing.ahead < WINDOW and (line := self.outgoing.take(self._may_send)):
            why = "该用户不在线" if line.to and line.to.is_gone else ""
            if self._has_no_accounts and line.kind in (Kind.SECRET, Kind.BAD) and may_hold_password(line.text):
                why = "这个服务器没有账号"
            if not why:
                return line
            self.outgoing.unsettled -= 1
            self._refuse(line, why)
        return None

    def _may_send(self, line: Line) -> bool:
        if line.hidden or self.state is State.PLAIN:
            return True
        if self._catching_up or (line.to and self._asking):
            return False
        return line.kind in (Kind.RENAME, Kind.SECRET) or (self._naming.is_had and not self._room)
