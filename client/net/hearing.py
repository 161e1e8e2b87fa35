"""What the server tells: which of it is shown, who is online, and up to which place everything was heard. Pure."""

from __future__ import annotations

from collections import deque

from .people import People, Person
from .shown import Heard, Note, Shown
from .values import Gap, Hello, Joined, Left, Notice, Placed, Renamed, Said, Users, Value, Whisper

REMEMBERED = 1000  # places; a gap can be further back
MISSED_BEGINS, MISSED_ENDS = "以下是离开期间的消息", "以上是离开期间的消息"


class Hearing:
    """What was heard over all connections. What is to be shown goes to the end of `shown`."""

    def __init__(self, shown: list[Shown]) -> None:
        self.people = People()
        self.name = ""  # our own, at present
        self.addr = ""
        self.at = "0"  # the place up to which everything was heard
        self.last_private: Person | None = None  # who has said the last private word to us
        self._shown = shown
        self._places: deque[str] = deque(maxlen=REMEMBERED)
        self._is_marked = False  # whether it was said that what follows was missed
        self._listing = 0  # the line whose answer is being heard

    def greet(self, hello: Hello, *, is_first: bool, is_new: bool) -> None:
        """Take note of who we are now. `is_first`: there was no session before. `is_new`: it is a new session."""
        self.name, self.addr, self.people.hold = hello.name, hello.addr, hello.hold
        if is_first:
            self.at = hello.at  # later, that place lies behind what was missed
        if is_new:
            self.people.known = False

    def caught_up(self) -> None:
        """Take note that everything that was missed has been heard."""
        if self._is_marked:
            self._is_marked = False
            self._shown.append(Note(MISSED_ENDS))

    def take(self, value: Value, *, missed: bool) -> int:
        """Take a value. Return the number of the line of ours that has caused it, or 0."""
        match value:
            case Gap(after):
                self._take_gap(after)
            case Joined() | Left() | Said() | Whisper() | Renamed():
                if value.at != self.at:  # else it is heard already
                    self.at = value.at
                    self._places.append(value.at)
                    self._take_event(value, missed)
                    return getattr(value, "line", 0)
            case Notice():
                self._shown.append(Heard(value))
        return 0

    def take_users(self, users: Users, *, is_shown: bool) -> None:
        """Take an answer to `who`, or a part of it."""
        self.people.listed(users.users, more=users.line == self._listing)
        self._listing = users.line
        if is_shown:
            self._shown.append(Heard(users))

    def answered(self) -> None:
        """Take note that an answer, if one was being heard, is complete."""
        self._listing = 0

    def _take_gap(self, after: str) -> None:
        """Say honestly what is not known any more. Places are opaque: they are only looked for."""
        text = "这里缺了一些消息：服务器已经没有了"
        if after in self._places:
            lost = 0
            while self._places[-1] != after:
                self._places.pop()
                lost += 1
            if lost:
                text = f"服务器丢失了上面最后 {lost} 条消息，之后可能还缺一些"
        self.at = after
        self._shown.append(Note(text))

    def _take_event(self, value: Placed, missed: bool) -> None:
        own = bool(getattr(value, "line", 0))
        is_me = False
        match value:
            case Joined():
                self.people.joined(value.name, value.addr, value.time)
                is_me = missed and value.addr == self.addr
            case Left():
                is_me = value.name == self.name and missed
                self.people.left(value.addr, value.why, value.time)
            case Renamed():
                self.people.renamed(value.addr, value.name)
                is_me = value.addr == self.addr
                self.name = value.name if is_me else self.name
            case Whisper() if not own:
                self.last_private = self.people.find(value.name) or Person(value.name)
        if is_me:  # it is said in another way
            return
        if missed and not self._is_marked:
            self._is_marked = True
            self._shown.append(Note(MISSED_BEGINS))
        self._shown.append(Heard(value, own, missed))
