"""The client: what comes from the server and from the user meets here, in the main thread. Go: Client"""

from __future__ import annotations

import contextlib
import math
import queue
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator
from itertools import groupby

from .completer import Completer
from .events import Connected, Events, Lost, Received, Signalled, Typed
from .net.connection import Connection
from .net.conversation import State
from .net.outgoing import Line
from .net.people import Person
from .net.session import Session
from .net.values import ServerUnavailable
from .options import Options
from .rules import QUIT
from .status import Status
from .ui.completion import NOTHING, Candidates
from .ui.display import Display
from .ui.editor import Editor
from .ui.history import History
from .ui.keyboard import Keyboard
from .ui.keys import ESCAPE, Key

LINGER = 2.0  # seconds for the server to take our last lines while a person waits
PATIENCE = 30.0  # the same for a script, from the last sign that they are taken
GREETING_TIME = 1.0  # seconds for the server's greeting, before the user is asked anything
LONGEST_WAIT = 3600.0  # seconds; a queue does not wait for ever so long
NOT_YET = "密码还没有送出，连上后自动发送；按一下回车可以先做别的"
READ_AHEAD = 1000  # lines that are taken from a pipe before the server has taken those before


class Leave(Exception):
    """The user wants to leave."""


class Client:
    """A conversation between a server and a user. Go: Client"""

    def __init__(self, options: Options, events: Events, display: Display, editor: Editor) -> None:
        """Prepare the parts of the client. Unlike its Go counterpart, this does not connect. Go: NewClient"""
        self.partner: Person | None = None  # whom every line is for at present
        self.history = editor.history  # of what was said to everyone
        self._options = options
        self._events = events
        self._display = display
        self._editor = editor
        self._keyboard = Keyboard(events)
        policy, server = options.policy, "{} port {}".format(*options.server)
        self._session = Session(policy, options.name, server=server, plain=options.plain, curious=options.person)
        if options.trust and options.trust.insecure:
            self._session.hearing.note("没有验证服务器的证书：任何人都可能冒充它，读到所说的一切")
        self._connection: Connection | None = None
        self._typed: deque[str | None] = deque()  # lines that nobody has asked for yet; None is the end of input
        self._completer = Completer(self._session, editor, self.show)
        self._status = Status(self._session)
        self._is_leaving = False

    def run(self, talk: Callable[[], None]) -> int:
        """Connect, and talk until the user leaves. Return the exit status. Raise ServerUnavailable, OSError."""
        try:
            with contextlib.suppress(Leave):
                self._enter()
                talk()
            return self.leave()
        except (ServerUnavailable, OSError) as error:
            if isinstance(error, OSError):  # our output is gone, but perhaps not standard error
                self._session.shown.clear()
            self._session.report_unsent()
            self._show_all()
            raise

    def leave(self) -> int:
        """Have the server take our last lines, and show what it still says. Return the exit status."""
        self._is_leaving = True
        self._transmit(self._session.finish(time.monotonic()))
        if self._connection:
            self._connection.go_on()  # Ctrl-C may have come while a piece was dealt with
        unsettled = self._session.outgoing.unsettled
        patience = LINGER if self._options.person or not unsettled else PATIENCE
        deadline = time.monotonic() + patience
        self._act()
        while self._session.is_busy and time.monotonic() < deadline:
            self._wait(deadline)
            if self._session.outgoing.unsettled < unsettled:
                unsettled = self._session.outgoing.unsettled
                deadline = time.monotonic() + patience
        self._session.report_unsent()
        self._show_all()
        self.part()
        return 1 if self._session.failed or (self._session.refused and not self._options.person) else 0

    def part(self) -> None:
        """Give our name back at once, without waiting for anything: nobody else could have it for a while."""
        if self._connection and self._session.state is State.VALUES:
            self._connection.send(f"{QUIT}\n".encode())

    def ask(self, prompt: str, candidates: Candidates = NOTHING, *, history: History | None = None) -> str:
        """Return the next line that is typed behind a prompt. Raise Leave at the end of input. Go: fmt.Scanln

        Tab completes it from the candidates. With a history it is talk, which is heard again when it is taken. Without
        one it is an answer, and is left on the screen.
        """
        self._completer.candidates = candidates
        self._editor.use(history if history is not None else History())
        if not self._typed:
            self._act()
            self._display.ask(prompt, keep=history is None)
        while not self._typed:
            self._wait()
        line = self._typed.popleft()
        if line is None:
            raise Leave
        if not line:
            self._session.hearing.unread.clear()
        return line

    @contextlib.contextmanager
    def hidden(self) -> Iterator[None]:
        """Show nothing of what is typed meanwhile; Ctrl-C enters an empty line.

        What nobody has asked for is dropped in the end: it may be a password that was typed once more.
        """
        interrupt = signal.signal(signal.SIGINT, lambda number, frame: None)  # it comes through the queue
        try:
            self._display.hide(True)
            yield
        finally:
            self._typed = deque(line for line in self._typed if line is None)
            self._editor.enter()
            self._display.hide(False)
            signal.signal(signal.SIGINT, interrupt)

    def remember(self, line: str, history: History) -> None:
        """Keep a line, so that Up brings it back."""
        try:
            history.add(line)
        except OSError as error:
            self._session.hearing.note(f"历史记录无法保存：{error}")

    def send(self, line: Line) -> None:
        """Send a line to the server, now or when it is there again, unless it is about what we show."""
        self._transmit(self._session.ask(line, time.monotonic()))
        self._act()

    def show(self, text: str) -> None:
        """Show the user a text that is no part of the conversation."""
        self._display.show_notices(text.split("\n"))

    def find(self, name: str) -> Person | None:
        """Return who has a name. If nobody knows who is online, it may be anybody."""
        people = self._session.hearing.people
        return people.find(name) or (None if people.known else Person(name))

    def settle(self, line: Line, *, patient: bool = False) -> str:
        """Send a line, and wait for its answer. Return the code of a refusal, or nothing.

        An empty line goes on without it. So does a server that is away, unless this is `patient`.
        """
        self.send(line)
        if patient and self._session.awaits(line) and self._session.state is not State.VALUES:
            self.show(NOT_YET)
        while (patient or self._session.state is State.VALUES) and self._session.awaits(line):
            if "" in self._typed or None in self._typed:
                break
            self._wait()
        return line.code

    def _enter(self) -> None:
        """Wait until the server has let us in. Whoever only listens stays here."""
        self._act()
        patient_until = math.inf
        while self._options.listen or not (self._session.is_in or time.monotonic() >= patient_until):
            if self._session.state is State.GREETING and patient_until == math.inf:
                patient_until = time.monotonic() + GREETING_TIME
            self._wait(patient_until)
        self._keyboard.start()

    def _wait(self, until: float = math.inf) -> None:
        """Wait for one event, or until something is due, and deal with it."""
        if self._session.outgoing.unsettled < READ_AHEAD and not self._is_leaving:
            self._keyboard.go_on()
        now = time.monotonic()
        due = min(until, self._session.due(), self._status.due(now), now + LONGEST_WAIT)
        with contextlib.suppress(queue.Empty):
            event = self._events.get(timeout=max(0.0, due - now))
            now = time.monotonic()
            match event:
                case Typed(data):
                    if self._options.person:
                        self._session.key(now)
                    self._take_keys(data)
                case Signalled(signal.SIGINT):
                    self._take_keys(ESCAPE)
                case Signalled(number):
                    self._display.signalled(number)
                case Connected():
                    self._transmit(self._session.connected(now))
                case Received(lines):
                    rooms = self._session.hearing.rooms
                    for line in lines:
                        self._transmit(self._session.received(line, now))
                    if self._session.hearing.rooms is not rooms and self._completer.answered():
                        self._display.show_notices([])
                    if self._connection:
                        self._connection.go_on()
                case Lost(why, is_final):
                    self._connection = None
                    self._session.lost(why, now, is_final=is_final)
        self._act()

    def _act(self) -> None:
        """Do what is due, and show what there is to show."""
        now = time.monotonic()
        if self._session.wants_connection(now):
            first = self._session.connect(now)
            self._connection = Connection(*self._options.server, first, self._events, self._options.trust)
        self._transmit(self._session.act(now))
        if self._session.wants_end and self._connection:
            self._connection.finish()
        if self.partner and not self.partner.is_gone:
            self._session.hearing.read(self.partner.name)
        self._display.set_status(self._status.text(now, self.partner))
        self._show_all()

    def _transmit(self, data: bytes) -> None:
        if self._connection:
            self._connection.send(data)

    def _take_keys(self, data: bytes) -> None:
        for typed in self._display.feed(data):
            if isinstance(typed, Key):
                self._transmit(self._completer.press(time.monotonic()))
            else:
                self._typed.append(typed)

    def _show_all(self) -> None:
        """Show what has gathered, in order: the conversation, and beside it what the client itself has to say."""
        clock, render = time.strftime("%H:%M:%S"), self._options.theme.render
        for is_note, run in groupby(self._session.shown, key=lambda value: value.type == "note"):
            show = self._display.show_notices if is_note else self._display.show_messages
            show([line for value in run for line in render(value, clock)])
        self._session.shown.clear()
