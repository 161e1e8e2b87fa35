"""The lines on their way to the server, and their numbers: none is lost, and none is sent twice. Pure.

1. A line waits until it is sent. Then it has a number, as the server counts it, until its receipt comes.
2. After `/resume` the server says up to which number it has taken lines. The others are sent again, in their order.
3. That may be less than receipts have said, if the server was killed. So lines are kept after their receipts, too.
4. An answer is not told again. A question whose receipt has not come is asked again.
5. A line with a password is sent once at most, and what was sent is known without the password from then on.
6. If the session is lost, nobody knows what became of a line without a receipt. It is given back, and not sent again. But a
   question is asked again, and the way into a room is gone again: what was typed behind it is meant for that room.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ..rules import MOVES, Kind, kind_of, without_password
from .people import Person
from .values import BadServer

MOST_KEPT = 1 << 20  # characters of lines that have their receipts
COST = 64  # of a line, beside its characters


@dataclass(slots=True, eq=False)
class Line:
    """A line that somebody has typed, or that the client itself sends (`hidden`)."""

    text: str
    to: Person | None = None  # for whom alone it is, in a private conversation
    hidden: bool = False
    number: int = 0  # in this session; 0 until it is sent
    size: int = 0  # bytes, as it was sent
    heard: bool = False  # our own copy has come
    dealt_with: bool = False  # its receipt has come, or it is not sent
    code: str = ""  # why it was refused, if it was

    @property
    def kind(self) -> Kind:
        """What the server takes it for."""
        return Kind.PRIVATE if self.to else kind_of(self.text)

    @property
    def is_repeated(self) -> bool:
        """Whether it is sent again in a new session, although nobody knows whether it was taken in the last one."""
        return self.kind is Kind.QUESTION or (not self.to and self.text.split(" ")[0] in MOVES)

    def written(self) -> bytes:
        """Return it as it is sent now: a private word goes to the present name of its receiver."""
        text = f"to {self.to.name} {self.text}" if self.to else self.text
        return text.encode("utf-8", "replace") + b"\n"


class Outgoing:
    """All lines of a session that are not forgotten yet."""

    def __init__(self) -> None:
        self.waiting: deque[Line] = deque()
        self.sent: deque[Line] = deque()  # those without a receipt, oldest first
        self.ahead = 0  # bytes of these
        self.unsettled = 0  # lines of the user that wait or have no receipt
        self.unsent: list[Line] = []  # lines with passwords that the server has not taken
        self._kept: dict[int, Line] = {}  # all that were sent, by number, oldest first
        self._kept_size = 0
        self._last = 0  # the number of the last line that was sent

    def add(self, line: Line) -> None:
        """Have a line sent. A hidden one goes before all that waits."""
        if line.hidden:
            self.waiting.appendleft(line)
        else:
            self.waiting.append(line)
            self.unsettled += 1

    def take(self, may_be_sent: Callable[[Line], bool]) -> Line | None:
        """Take the first line out of `waiting` that may be sent."""
        found = next((line for line in self.waiting if may_be_sent(line)), None)
        if found:
            self.waiting.remove(found)
        return found

    def send(self, line: Line, *, counted: bool) -> bytes:
        """Return the bytes of a line. If the server counts lines, it has a number from now on, and waits for its receipt."""
        data = line.written()
        if line.kind is Kind.SECRET:
            line.text = without_password(line.text)
        if not counted:
            self.unsettled -= not line.hidden
            return data
        self._last += 1
        line.number, line.size = self._last, len(data)
        self.sent.append(line)
        self.ahead += line.size
        self._kept[line.number] = line
        self._kept_size += len(line.text) + COST
        while self._kept_size > MOST_KEPT and (oldest := next(iter(self._kept.values()))).dealt_with:
            self._drop(oldest)
        return data

    def has(self, line: Line) -> bool:
        """Return whether a line waits, or was sent and waits for its receipt."""
        return line in self.waiting or line in self.sent

    def find(self, number: int) -> Line | None:
        """Return the line of a number, unless it is forgotten."""
        return self._kept.get(number)

    def receipt(self, number: int, code: str = "") -> Line | None:
        """Return the line that has its receipt now, or None if it had it before. Raise BadServer."""
        line = self._kept.get(number)
        if number > self._last or (self.sent and number > self.sent[0].number):
            raise BadServer(f"receipt for line {number}, which is not due")
        if line is None or line.dealt_with:
            return None
        line.dealt_with, line.code = True, code
        if self.sent and line is self.sent[0]:
            self.sent.popleft()
            self.ahead -= line.size
            self.unsettled -= not line.hidden
        return line

    def resume(self, taken: int) -> int:
        """Go on with the session, of which `taken` lines were taken. Return how many others are lost. Raise BadServer."""
        if taken > self._last:
            raise BadServer(f"{taken} lines were taken of {self._last}")
        again = [line for line in self.sent if line.number <= taken and line.kind is Kind.QUESTION]
        lost = self._last - taken
        for line in again:
            self._drop(line)  # it gets another number, and this one would bring it back a second time
        for line in [line for number, line in self._kept.items() if number > taken]:
            self._drop(line)
            lost -= 1
            if not line.dealt_with or (line.heard and line.kind is not Kind.QUESTION):
                (self.unsent if line.kind is Kind.SECRET else again).append(line)
        self._begin(taken)
        self._again(line for line in again if not line.hidden)
        return lost

    def lose_session(self, taken: int) -> list[Line]:
        """Begin a new session. Return the lines of which nobody knows whether they were taken. Raise BadServer."""
        if taken:
            raise BadServer(f"{taken} lines were taken of a new session")
        unsure = [line for line in self._kept.values() if not (line.hidden or line.heard or line.dealt_with)]
        repeated = [line for line in unsure if line.is_repeated]
        self._kept.clear()
        self._kept_size = 0
        self._begin(0)
        self._again(repeated)
        return [line for line in unsure if line not in repeated]

    def take_back(self) -> list[Line]:
        """Return the lines of the user that wait, which are not sent any more."""
        lines = [line for line in self.waiting if not line.hidden]
        self.waiting = deque(line for line in self.waiting if line.hidden)
        self.unsettled -= len(lines)
        for line in lines:
            line.dealt_with = True
        return lines

    def drop_hidden(self) -> None:
        """Take note that the connection is lost: what the client itself has not sent yet is of no use."""
        self.waiting = deque(line for line in self.waiting if not line.hidden)

    def _drop(self, line: Line) -> None:
        self._kept_size -= len(line.text) + COST
        del self._kept[line.number]

    def _begin(self, last: int) -> None:
        self.sent.clear()
        self.ahead = 0
        self._last = last
        self.unsettled = sum(not line.hidden for line in self.waiting)

    def _again(self, lines: Iterable[Line]) -> None:
        for line in reversed(list(lines)):
            line.number, line.heard, line.dealt_with = 0, False, False
            self.waiting.appendleft(line)
            self.unsettled += 1
