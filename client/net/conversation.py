"""What the server says, on whatever connection there is at present, and what the client does about it by itself. Pure."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from enum import Enum, auto

from ..rules import RECEIPT, REFUSALS, UNKNOWN_COMMAND, WHO, WHO_ANYWHERE, private_word, shorten
from .attempts import Attempts, ReconnectPolicy
from .hearing import Hearing
from .naming import Naming
from .outgoing import Line, Outgoing
from .silence import CALM, UNTOLD, Silence
from .values import BadServer, ServerUnavailable, Value

UNSURE, UNSENT = "可能没有送达", "没有送达"
NAMED = 3  # lines that a note names, of which the others are counted
_ARRIVAL = re.compile(r"(\[(.+)\]\2:)已上线")


class State(Enum):
    """How far a connection has come."""

    OFFLINE = auto()
    CONNECTING = auto()
    GREETING = auto()  # it stands, and the server has not answered yet
    VALUES = auto()
    PLAIN = auto()  # the server knows no values


class Conversation:
    """What is said and heard. What is to be shown gathers in `shown`.

    `name` is the one to ask for, if any. `server` is how messages call the server. `plain`: do not ask it for values.
    `curious`: somebody reads. Keep a list of who is online, and remind them of the idle limit.
    """

    def __init__(
        self, policy: ReconnectPolicy, name: str = "", *, server: str = "", plain: bool = False, curious: bool = False
    ) -> None:
        self.state = State.OFFLINE
        self.outgoing = Outgoing()
        self.hearing = Hearing()
        self.shown = self.hearing.shown
        self.refused = False  # whether a line was
        self.failed = False  # whether a line was not sent, or nobody knows what became of it
        self.is_plain = plain  # whether the server is known to know no values
        self._policy = policy
        self._server = server
        self._attempts = Attempts(policy, server)
        self._naming = Naming(name)
        self._silence = Silence(policy, curious=curious)
        self._curious = curious
        self._token = ""
        self._first = ""  # the first line of the connection
        self._prefix = ""  # of what we say on a server without values; nobody else can have it
        self._greeted_at = math.inf  # when it has said its first line of text
        self._bye: Value | None = None
        self._catching_up: Line | None = None  # when its receipt comes, what was missed has been heard
        self._room = ""  # to which we have to go back before anything typed is said
        self._going_back: Line | None = None  # by which we do
        self._asking: Line | None = None  # until its receipt comes, nobody knows who has which name
        self._has_no_accounts = False  # the server takes a line with a password for talk
        self._finishing = self._quitting = False

    @property
    def is_in(self) -> bool:
        """Whether the server has let us in."""
        return self.state in (State.VALUES, State.PLAIN)

    def _take(self, value: Value, now: float) -> None:
        if self._bye:
            raise BadServer("something behind its goodbye")
        if value.type == "bye":
            self._bye = value
        elif value.type == "hello":
            self._take_hello(value)
        elif self.state is not State.VALUES:
            raise BadServer("values before its greeting")
        else:
            cause = self.outgoing.find(value.line)
            is_hidden = cause is not None and cause.hidden
            if value.type == "users" and cause and cause.text.split() == WHO_ANYWHERE.split():
                value = replace(value, type="everyone")
            is_new = self.hearing.take(value, missed=self._catching_up is not None, hidden=is_hidden)
            if is_new and cause:
                cause.heard = True
            if is_new and value.type == "renamed" and self.hearing.is_own(value):
                self._naming.take(value.name)
            if value.type == "gap" or (is_new and value.type == "entered" and value.line):
                self._ask_who()
            if value.type == "done":
                self._take_receipt(value, now)

    def _take_hello(self, hello: Value) -> None:
        if self.state is State.VALUES:
            self.hearing.name = hello.name  # it answers a `/json` that somebody has typed
            return
        is_first, is_new, resumes = not self._attempts.has_been_in, hello.session != self._token, bool(self._token)
        self._token = hello.session
        if is_new:
            if resumes:
                self.hearing.note("服务器不记得这次会话，重新开始")
            self._report(UNSURE, self.outgoing.lose_session(hello.line))
        elif lost := self.outgoing.resume(hello.line):
            self.failed = True
            self.hearing.note(f"{UNSENT}：以前的 {lost} 条，服务器丢失了")
        self._report(UNSENT, self.outgoing.unsent)
        self.outgoing.unsent.clear()
        self._naming.greet(hello.name, is_new=is_new)
        room = self._room or (self.hearing.room if is_new else "")
        self.hearing.greet(hello, is_first=is_first, is_new=is_new)
        self._room = room if room != self.hearing.room else ""
        self._enter(State.VALUES, hello.idle)
        self._ask_who()
        if self._room:
            self._going_back = Line(f"/join {self._room}", hidden=True)
            self.outgoing.add(self._going_back)
        if resumes:
            self._claim_name()
            self._catching_up = Line("", hidden=True)
            self.outgoing.add(self._catching_up)

    def _ask_who(self) -> None:
        """Ask who is in our room, if we do not know."""
        if self._curious and not self.hearing.people.known:
            self._asking = Line(WHO, hidden=True)
            self.outgoing.add(self._asking)

    def _take_receipt(self, done: Value, now: float) -> None:
        if not done.line:  # it tells what became of the first line of the connection
            if done.code.startswith("name_"):
                self._refuse_name(done, now)
        elif (line := self.outgoing.receipt(done.line, done.code)) is None:
            return
        elif line is self._asking:
            self._asking = None
        elif line is self._catching_up:
            self._catching_up = None
            self.hearing.caught_up()
        elif line is self._going_back:
            if done.code:
                self.hearing.note(f"没能回到房间 {self._room}：{done.text}")
                self._report(UNSENT, self.outgoing.take_back())
            self._room = ""
        elif line is self._naming.claim:
            self._naming.claim = None
            if done.code:
                self._refuse_name(done, now)
            else:
                self._naming.take(self._naming.wanted)
        elif done.code and not line.hidden:
            self._refuse(line, done.text or done.code)
        elif not line.hidden:
            self._attempts.failures = 0
            if done.text:
                self._show_own(line)
                self.shown.append(Value("notice", done.text))

    def _show_own(self, line: Line) -> None:
        """Show a private word that is kept for its receiver: of that the server sends no copy."""
        name, text = (line.to.name, line.text) if line.to else private_word(line.text)
        if name and not line.heard:
            self.shown.append(Value("whisper", text, to=name, line=line.number))

    def _refuse_name(self, done: Value, now: float) -> None:
        if self._policy.patience < math.inf and not self._naming.was_had:
            raise ServerUnavailable(f"{self._naming.wanted}: {done.text}")
        if said := self._naming.refuse(done, now):
            self.hearing.note(said)

    def _claim_name(self) -> None:
        if claim := self._naming.make_claim():
            self.outgoing.add(claim)

    def _take_text(self, line: str, now: float) -> None:
        """Take what a server says before it has answered in values, if it ever does."""
        if self._greeted_at == math.inf:
            self._greeted_at = now
            arrival = _ARRIVAL.fullmatch(line)
            self._prefix = arrival[1] if arrival else ""
        if line in REFUSALS:
            self._bye = Value("bye", line, code=REFUSALS[line])
        elif line in (RECEIPT, UNKNOWN_COMMAND, self._first, self._prefix + self._first):
            self._go_plain()  # it took our question for talk, or does not know it
        else:
            self.shown.append(Value("raw", line))

    def _go_plain(self) -> None:
        self.is_plain = self._has_no_accounts = True
        self.hearing.note("这个服务器没有会话：它说什么就显示什么，不保证送达")
        self._enter(State.PLAIN)
        if self._naming.wanted:
            self.outgoing.add(Line(f"rename {self._naming.wanted}", hidden=True))

    def _enter(self, state: State, idle: float = 0.0) -> None:
        if self._attempts.has_been_in:
            self.hearing.note("已重新连接")
        self.state = state
        self._silence.enter(idle, CALM if state is State.VALUES else UNTOLD)
        self._attempts.let_in()

    def _refuse(self, line: Line, why: str) -> None:
        self.refused = line.dealt_with = True
        self.shown.append(Value("refused", shorten(line.text), to=line.to.name if line.to else "", why=why))

    def _report(self, what: str, lines: list[Line]) -> None:
        """Say of some lines what has become of them."""
        self.failed = self.failed or bool(lines)
        for line in lines[:NAMED]:
            self.hearing.note(f"{what}：{shorten(line.text)}")
        if len(lines) > NAMED:
            self.hearing.note(f"{what}：还有 {len(lines) - NAMED} 条")
