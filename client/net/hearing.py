"""What the server tells: which of it is shown, who is online, and up to which place everything was heard. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import replace

from ..rules import fold, mentions
from .people import People, Person
from .values import EVENTS, Value

COMINGS = ("joined", "left", "entered", "exited")
REMEMBERED = 1000  # places and addresses of our own; a gap can be further back
MISSED_BEGINS, MISSED_ENDS = "以下是离开期间的消息", "以上是离开期间的消息"


class Hearing:
    """What was heard over all connections. What is to be shown goes to the end of `shown`."""

    def __init__(self) -> None:
        self.shown: list[Value] = []
        self.people = People()
        self.name = ""  # our own, at present
        self.room = ""  # where we are; empty for the lobby
        self.rooms: tuple[tuple[str, int], ...] = ()  # as the server has listed them last
        self.at = "0"  # the place up to which everything was heard
        self.last_private: Person | None = None  # who has said the last private word to us
        self.unread: deque[Person] = deque(maxlen=REMEMBERED)  # who has said those that we have not answered
        self.is_quiet = False  # whether it is not shown who comes and who leaves
        self._addrs: deque[str] = deque([""], maxlen=REMEMBERED)  # our own, the present one last
        self._places: deque[str] = deque(maxlen=REMEMBERED)
        self._is_marked = False  # whether it was said that what follows was missed
        self._listing = 0  # the line whose answer is being heard
        self._words: deque[int] = deque(maxlen=REMEMBERED)  # the numbers of words that were kept for us

    def note(self, text: str) -> None:
        """Show what the client itself has to say."""
        self.shown.append(Value("note", text))

    def be_quiet(self) -> None:
        """Show no more who comes and who leaves, or show it again. It is heard all the same, or we would lose sight of people."""
        self.is_quiet = not self.is_quiet
        self.note("不再显示上线和下线" if self.is_quiet else "重新显示上线和下线")

    def greet(self, hello: Value, *, is_first: bool, is_new: bool) -> None:
        """Take note of who we are now. `is_first`: there was no session before. `is_new`: it is a new session."""
        self.name, self.people.hold, self._listing = hello.name, hello.hold, 0
        self._addrs.append(hello.addr)
        if hello.room != self.room:
            self._move(hello.room)
        if is_first:
            self.at = hello.at  # later, that place lies behind what was missed
        if is_new:
            self.people.known = False

    def caught_up(self) -> None:
        """Take note that everything that was missed has been heard."""
        if self._is_marked:
            self._is_marked = False
            self.note(MISSED_ENDS)

    def read(self, name: str) -> None:
        """Take note that we have read what somebody has said to us alone."""
        for person in [person for person in self.unread if fold(person.name) == fold(name)]:
            self.unread.remove(person)

    def is_own(self, value: Value) -> bool:
        """Return whether an event is about us, on this connection."""
        return value.addr == self._addrs[-1]

    def take(self, value: Value, *, missed: bool, hidden: bool) -> bool:
        """Take a value. Return whether it is an event that was not heard before. `hidden`: nobody has asked for it."""
        match value.type:
            case "gap":
                self._take_gap(value.after)
            case "users" | "everyone":
                room = self.room if value.type == "everyone" else ""
                here = [(name, addr) for name, addr, where in value.users if where == room]
                self.people.listed(here, more=value.line == self._listing)
                self.people.listed_elsewhere((name, addr) for name, addr, where in value.users if where != room)
                self._listing = value.line
            case "rooms":
                self.rooms = value.rooms
            case "done":
                if self._listing:  # the answer is complete
                    self.people.all_listed()
                self._listing = 0
            case kind if kind in EVENTS and value.at != self.at:
                self.at = value.at
                self._places.append(value.at)
                self._take_event(value, missed)
                return True
        if value.type in ("users", "everyone", "rooms", "notice") and not hidden:
            self.shown.append(value)
        return False

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
        self.people.known = False  # who has left meanwhile may not be told
        self.note(text)

    def _take_event(self, value: Value, missed: bool) -> None:
        is_told = value.type not in ("joined", "left") or not (missed and value.addr in self._addrs)
        match value.type:
            case "joined":
                self.people.joined(value.name, value.addr, value.time)
            case "left":
                self.people.left(value.addr, value.why, value.time)
            case "renamed":
                self.people.renamed(value.addr, value.name)
                if self.is_own(value):
                    self.name, is_told = value.name, False
            case "entered" if value.line:
                self._move(value.room)
            case "entered":
                self.people.entered(value.name, value.addr)
            case "exited":
                self.people.exited(value.addr)
            case "kept":  # it comes again if the server was killed before it knew that we have had it
                is_told = value.word not in self._words
                self._words.append(value.word)
            case "said" | "emote" if value.addr not in self._addrs:
                value = replace(value, mentions=mentions(value.text, self.name))
        if value.type == "whisper" and value.line:
            self.read(value.to)
        elif value.type in ("whisper", "kept") and is_told:
            self.last_private = self.people.find(value.name) or Person(value.name)
            self.unread.append(self.last_private)
        is_quiet = self.is_quiet and value.type in COMINGS and not value.line
        if is_quiet or not is_told:  # our own coming, going and name are said in another way
            return
        if missed and not self._is_marked:
            self._is_marked = True
            self.note(MISSED_BEGINS)
        self.shown.append(replace(value, missed=missed))

    def _move(self, room: str) -> None:
        self.room = room
        self.people.move()
