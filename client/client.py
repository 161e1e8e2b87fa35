"""The client: what comes from the server and from the user meets here, in the main thread. Go: Client"""

from __future__ import annotations

import contextlib
import math
import queue
import time
from collections import deque
from dataclasses import dataclass

from . import completion
from .completion import Candidates, complete
from .conversation import Conversation
from .display import Display
from .editor import Editor, Line
from .events import Connected, Events, Lost, Received, Signalled, Typed
from .keyboard import Keyboard
from .keys import Key
from .link import Gone, Link, Manner
from .menu import EXIT, QUIT, Leave, Menu
from .replies import Private
from .shown import Shown
from .theme import Theme

LINGER = 2.0  # seconds for the server to take our last lines while a person waits
PATIENCE = 30.0  # the same for a script, from the last sign that they are taken
NOTEWORTHY = 0.5  # seconds after which a line on its way is worth a word before the prompt
NAMES_COME = 0.5  # seconds in which the server should have said who is online
READ_AHEAD = 1000  # lines that are taken from a pipe before the server has taken those before


@dataclass(frozen=True, slots=True)
class Options:
    """What the user has chosen."""

    server: tuple[str, int]
    name: str
    manner: Manner
    listen: bool
    person: bool  # somebody types; else it is a pipe
    bell: bool
    theme: Theme


class Client:
    """A conversation between a server and a user. Go: Client"""

    def __init__(self, options: Options, events: Events, display: Display, editor: Editor) -> None:
        """Prepare the parts of the client. Unlike its Go counterpart, this does not connect. Go: NewClient"""
        self._options = options
        self._events = events
        self._display = display
        self._editor = editor
        self._keyboard = Keyboard(events)
        self._conversation = Conversation(options.name)
        self._link = Link(options.server, options.manner, self._conversation, events, self._hear, self._tell)
        self._input: deque[bytes] = deque()  # that is not looked at yet
        self._typed: deque[str | None] = deque()  # lines that nobody has asked for yet; None is the end of input
        self._candidates: Candidates = completion.nothing
        self._completing = False
        self._waiting_since = math.inf

    def run(self) -> int:
        """Talk until the user leaves; the exit status. Raises link.Gone. Go: Client.Run"""
        try:
            with contextlib.suppress(Leave):
                self._talk()
            return self.leave()
        except Gone:
            self._name_unsent()
            raise

    def leave(self) -> int:
        """Have the server take our last lines, and show what it still says; the exit status."""
        now = time.monotonic()
        self._link.finish(now)
        waiting = self._conversation.waiting
        deadline = now + self._patience()
        while self._link.busy and time.monotonic() < deadline:
            self._wait(deadline)
            if self._conversation.waiting < waiting:
                waiting = self._conversation.waiting
                deadline = time.monotonic() + self._patience()
        self._name_unsent()
        return 1 if self._conversation.waiting or self._link.unsure else 0

    def ask(self, prompt: str, candidates: Candidates = completion.nothing, *, talk: bool = False) -> str:
        """The next line that is typed behind PROMPT. Raises Leave at the end of input.

        Tab completes it from CANDIDATES. TALK is kept in the history, and its line is heard again, or shown when it is
        taken; an answer is left on the screen.

        Go: fmt.Scanln
        """
        self._candidates = candidates
        if not self._typed:
            self._display.ask(prompt, keep=not talk)
        while not self._typed:
            self._wait()
        line = self._typed.popleft()
        if line is None:
            raise Leave
        if talk and line not in ("", EXIT):
            self._remember(line)
        return line

    def send(self, line: str) -> None:
        """Send LINE to the server, now or when it is there again."""
        self._link.send(line, time.monotonic())

    def show(self, text: str) -> None:
        """Show the user TEXT, which is no part of the conversation."""
        self._display.say(text.split("\n"))

    def _talk(self) -> None:
        """Listen or talk, by the menu or without."""
        self._link.connect()
        while not self._conversation.connected or self._options.listen:
            self._wait()
        self._keyboard.start()
        if self._options.person:
            menu = Menu(self)
            if self._options.name:
                menu.public_chat()
            menu.run()
            return
        while (line := self.ask("")) != QUIT:
            if line:
                self.send(line)

    def _name_unsent(self) -> None:
        for line in self._conversation.unsent:
            self._tell(f"没有送达：{line}")

    def _patience(self) -> float:
        return LINGER if self._options.person or not self._conversation.waiting else PATIENCE

    def _wait(self, until: float = math.inf) -> None:
        """Wait for one event, or until something is due, and deal with it."""
        if self._conversation.waiting < READ_AHEAD:
            self._keyboard.go_on()
        now = time.monotonic()
        noteworthy = self._waiting_since + NOTEWORTHY
        due = min(until, self._link.due(), noteworthy if noteworthy > now else math.inf)
        wait = None if due == math.inf else max(0.0, due - now)
        with contextlib.suppress(queue.Empty):
            match event := self._events.get(timeout=wait):
                case Typed(data):
                    self._input.append(data)
                    self._take()
                case Signalled(number):
                    self._display.signalled(number)
                case Connected() | Received() | Lost():
                    self._link.handle(event, time.monotonic())
        now = time.monotonic()
        self._link.act(now)
        self._display.set_status(self._status(now))

    def _status(self, now: float) -> str:
        """What stands before the prompt: whether we are away, and how many lines wait."""
        waiting = self._conversation.waiting
        if not waiting:
            self._waiting_since = math.inf
        elif self._waiting_since == math.inf:
            self._waiting_since = now
        away = "" if self._conversation.connected else "[离线]"
        return away if now < self._waiting_since + NOTEWORTHY else f"{away}[待发{waiting}]"

    def _take(self) -> None:
        """Take in what was typed; what comes while the line is completed waits for that."""
        while self._input and not self._completing:
            for typed in self._display.feed(self._input.popleft()):
                if isinstance(typed, Key):
                    self._complete()
                else:
                    self._typed.append(typed)

    def _remember(self, line: str) -> None:
        try:
            self._editor.history.add(line)
        except OSError as error:
            self._tell(f"历史记录无法保存：{error}")

    def _complete(self) -> None:
        """Complete the line; first ask who is online, for a name may have changed unheard."""
        self._completing = True
        self._conversation.list_online()
        now = time.monotonic()
        self._link.act(now)
        deadline = now + NAMES_COME
        while self._conversation.listing and time.monotonic() < deadline:
            self._wait(deadline)
        self._completing = False
        line = self._editor.line
        completed = complete(line.before, self._conversation.online.values(), self._candidates)
        if completed.before != line.before:
            self._editor.line = Line(completed.before + line.after, len(completed.before))
        elif completed.candidates:
            self.show("  ".join(completed.candidates))

    def _hear(self, shown: list[Shown]) -> None:
        """Show lines of the conversation."""
        clock = time.strftime("%H:%M:%S")
        bell = "\a" if self._options.bell else ""
        lines = [
            self._options.theme.render(each, clock) + (bell if isinstance(each, Private) else "") for each in shown
        ]
        if lines:
            self._display.show(lines)

    def _tell(self, text: str) -> None:
        """Show what the client itself has to say."""
        self._display.say([self._options.theme.notice(text, time.strftime("%H:%M:%S"))])
