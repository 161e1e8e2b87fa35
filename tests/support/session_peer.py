"""A well-written program at the other end of a connection: it keeps its session, so that nothing is lost or said twice.

Pure: it knows no socket, no thread and no clock. Bytes come in and go out. These are the rules that it keeps:

1. It numbers its lines as the server does. The first line after `hello` has the number `line` + 1.
2. It sends a line once on a connection. After `/resume`, `hello` tells which lines were taken: it sends the others again.
3. It keeps lines after their receipts, too. A server that was killed may have taken fewer lines than it gave receipts for.
4. Its place is the `at` of the last event that it has heard. The `at` of `hello` counts only for a first `/json`: after
   `/resume`, that place lies behind what has been missed and has not come yet.
5. On a `gap`, it drops all events behind `after`, and what was said there is not said.
6. If its session is lost, nobody knows whether a line without a receipt was taken. It never guesses: it gives the line back.
"""

from __future__ import annotations

import enum
import json
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

QUIT = "/quit"


class State(enum.Enum):
    """What has become of a line."""

    WAITING = enum.auto()  # not sent, or to be sent again
    SENT = enum.auto()
    TAKEN = enum.auto()
    REFUSED = enum.auto()
    UNSURE = enum.auto()  # its session was lost before its receipt, or what it has caused, was heard
    LOST = enum.auto()  # it was taken, but both its session and what it has caused were lost


@dataclass(slots=True, eq=False)
class Line:
    """A line that somebody has typed."""

    text: str
    state: State = State.WAITING
    session: str = ""  # in which it was sent
    number: int = 0  # in that session
    code: str = ""  # why it was refused
    heard: int = 0  # how many events it has caused, as far as they were heard
    receipts: list[tuple[str, int]] = field(default_factory=list)  # the code of each, and `heard` when it came


class When(NamedTuple):
    """When something was heard: how many connections had been greeted, and how far its session was."""

    connection: int = 0
    line: int = 0  # the number of the last that was sent
    taken: int = 0  # the number of the last of which it was known that it was taken


NEVER = When()


@dataclass(slots=True)
class Heard:
    """An event that was heard. For something of the past, `at` is the last place that was heard before."""

    at: int
    value: dict[str, Any]  # the object
    own: Line | None = None  # the line that has caused it, if that is our own
    when: When = NEVER


@dataclass(slots=True)
class Hole:
    """A gap that was reported. `place` is where the program was, and `dropped` is what it had heard behind the gap.

    If its session was lost as well, the server has not looked whether it has heard what was lost in a kill.
    """

    after: int
    place: int
    dropped: list[Heard]
    is_stranger: bool = False  # whether the session was lost
    when: When = NEVER


class SessionPeer:
    """One program, over all of its connections."""

    def __init__(self, name: str = "") -> None:
        """It asks for a name when it comes in for the first time, if one is given."""
        self.session = ""
        self.sessions: list[tuple[str, int]] = []  # all that it has had, and its place when each of them began
        self.name = name
        self.place = 0
        self.greeted = False  # whether `hello` has come on this connection
        self.bye = ""  # the code of the last `bye`, if that was the last object
        self.finished = False  # whether it has quit
        self.typed: list[Line] = []
        self.transcript: list[Heard | Hole] = []
        self.hellos: list[dict[str, Any]] = []  # the first of each connection
        # Objects without a place, and the last place before each, or 0 where a gap lies before it.
        self.answers: list[tuple[int, dict[str, Any]]] = []
        self.notices: list[Heard] = []  # what is for reading only, such as what was said before
        self.faults: list[str] = []  # what the server should not have told
        self._waiting: deque[Line] = deque()
        self._sent: deque[Line] = deque()  # lines without a receipt
        self._by_number: dict[int, Line] = {}  # all lines that were sent in this session
        self._taken = 0  # the number of the last line of which the server has told that it was taken
        self._partial = b""
        self._is_stranger = False  # whether its session was lost before this connection

    @property
    def is_quiet(self) -> bool:
        """Whether every line was sent, and has got a receipt or was given back."""
        return not self.unanswered

    @property
    def unanswered(self) -> int:
        """How many lines have no receipt."""
        return len(self._waiting) + len(self._sent)

    def type(self, text: str) -> bytes:
        """Take a line that somebody has typed. Return what is to be sent now."""
        line = Line(text)
        self.typed.append(line)
        self._waiting.append(line)
        return self._send()

    def connect(self) -> bytes:
        """Begin a new connection. Return its first line."""
        self.greeted, self.bye, self._partial = False, "", b""
        if self.session:
            return f"/resume {self.session} {self.place}\n".encode()
        return f"/json {self.name}\n".encode() if self.name else b"/json\n"

    def receive(self, data: bytes) -> bytes:
        """Take what has come. Return what is to be sent now."""
        *lines, self._partial = (self._partial + data).split(b"\n")
        for line in lines:
            if line.startswith(b"{"):
                self._take(json.loads(line))
            elif self.greeted:
                self.faults.append(f"no object: {line!r}")
            # Whatever comes before `hello` was said to a user who reads text, if the first line came late.
        return self._send()

    def disconnect(self) -> None:
        """End the connection. What has no receipt is sent again on the next one, unless it was taken."""
        self.greeted = False

    @property
    def when(self) -> When:
        """When something is heard that is heard now."""
        return When(len(self.hellos), self._sent[-1].number if self._sent else self._taken, self._taken)

    @property
    def unsure(self) -> int:
        """The place up to which it may have heard what was lost, and has not been told so."""
        holes = [item for item in self.transcript if isinstance(item, Hole)]
        return max((hole.place for hole in holes if hole.is_stranger), default=0)

    def heard(self) -> Iterator[Heard]:
        """Yield every event that was heard, in order."""
        return (item for item in self.transcript if isinstance(item, Heard))

    def _send(self) -> bytes:
        if not self.greeted or self.bye:
            return b""
        sent = b""
        while self._waiting:
            line = self._waiting.popleft()
            line.state, line.session = State.SENT, self.session
            line.number = self._sent[-1].number + 1 if self._sent else self._taken + 1
            self._by_number[line.number] = line
            self._sent.append(line)
            sent += f"{line.text}\n".encode()
        return sent

    def _take(self, value: dict[str, Any]) -> None:
        if self.bye:
            self.faults.append(f"an object after bye: {value}")
        match value:
            case {"type": "hello"}:
                if not self.greeted:  # else it answers a line like any other
                    self.greeted = True
                    self.hellos.append(value)
                    self._greet(value["session"], value["line"], int(value["at"]))
            case {"type": "gap"}:
                self._drop(int(value["after"]))
            case {"type": "bye"}:
                self.bye = value["code"]
                self.finished = self.finished or self.bye == "quit"
            case {"at": at}:
                self._hear(int(at), value)
            case {"type": "done", "line": number}:
                self._receipt(number, value.get("code", ""), value)
            case {"type": "notice"}:
                self.notices.append(Heard(self.place, value, when=self.when))
            case _:
                is_behind = bool(self.transcript) and isinstance(self.transcript[-1], Hole)
                self.answers.append((0 if is_behind else self.place, value))

    def _greet(self, session: str, taken: int, place: int) -> None:
        """Go on with the session, or begin with a new one."""
        if self.transcript and isinstance(self.transcript[-1], Hole):
            self.transcript.pop()  # nothing came behind it, so it is reported again if it is still there
        self._is_stranger = bool(self.session) and session != self.session
        if session == self.session:
            self._go_on(taken)
            return
        for line in self._by_number.values():
            self.finished = self.finished or line.text == QUIT  # nothing else ends a session on purpose
            if not line.receipts:
                line.state = State.TAKEN if line.heard else State.UNSURE
        if not self.session:
            self.place = place
        elif self.name:
            self._waiting.appendleft(Line(f"/json {self.name}"))  # the name has belonged to the session
        self.session, self._taken = session, taken
        self.sessions.append((session, self.place))
        self._sent.clear()
        self._by_number.clear()

    def _go_on(self, taken: int) -> None:
        """Have the lines sent again that were not taken."""
        again = [self._by_number.pop(number) for number in sorted(self._by_number) if number > taken]
        while self._sent and self._sent[0].number <= taken:
            line = self._sent.popleft()
            line.state = State.TAKEN
            self.finished = self.finished or line.text == QUIT
        for line in reversed(again):
            line.state, line.heard, line.code = State.WAITING, 0, ""
            line.receipts.clear()
            self._waiting.appendleft(line)
        self._sent.clear()
        self._taken = taken

    def _drop(self, after: int) -> None:
        """Forget what lies behind a gap. Nobody knows it any more, or it was never said."""
        dropped: list[Heard] = []
        while self.transcript:
            last = self.transcript[-1]
            if isinstance(last, Hole) and last.after >= after:
                dropped += last.dropped
            elif isinstance(last, Heard) and last.at > after:
                dropped.append(last)
            else:
                break
            self.transcript.pop()
        for heard in dropped:
            if heard.own and heard.own.session != self.session and heard.own.state is State.TAKEN:
                heard.own.state = State.LOST
        self.transcript.append(Hole(after, self.place, dropped, self._is_stranger, self.when))
        self.place = after

    def _hear(self, place: int, value: dict[str, Any]) -> None:
        heard = Heard(place, value, when=self.when)
        if "line" in value:
            heard.own = self._by_number.get(value["line"])
            if heard.own is None:
                self.faults.append(f"what no line of ours has caused: {value}")
            else:
                heard.own.heard += 1
        self.transcript.append(heard)
        self.place = place

    def _receipt(self, number: int, code: str, value: dict[str, Any]) -> None:
        line = self._by_number.get(number)
        if line is None:
            self.faults.append(f"a receipt for no line of ours: {value}")
            return
        if self._sent and self._sent[0] is line:
            self._sent.popleft()
            self._taken = number
        elif line.state is State.SENT:
            self.faults.append(f"a receipt that is not for the line before: {value}")
        elif not code:
            self.faults.append(f"a second receipt: {value}")
        # Else it tells why a line was refused, which was taken on a connection before this one.
        line.receipts.append((code, line.heard))
        line.state, line.code = State.REFUSED if code else State.TAKEN, code
        self.finished = self.finished or line.text == QUIT
