"""What Tab makes of the line that is being typed, from what the session knows. It asks for the names of the rooms."""

from __future__ import annotations

from collections.abc import Callable

from .net.outgoing import Line
from .net.session import Session
from .rules import ROOMS
from .ui.completion import FOR_ROOM, NOTHING, Known, complete
from .ui.editor import Draft, Editor

MOST_CANDIDATES = 50  # that Tab shows


class Completer:
    """For the main thread. `candidates` are what can be meant where somebody types."""

    def __init__(self, session: Session, editor: Editor, show: Callable[[str], None]) -> None:
        self.candidates = NOTHING
        self._session = session
        self._editor = editor
        self._show = show
        self._waiting: Draft | None = None  # for the names of the rooms

    def press(self, now: float) -> bytes:
        """Complete the line, now or after an answer. Return what is to be sent.

        An empty line becomes the answer to the last private word.
        """
        line, asker = self._editor.line, self._session.hearing.last_private
        if not line.text and self.candidates.answers and asker and not asker.is_gone:
            self._editor.line = Draft().insert(f"to {asker.name} ")
        elif line.before.startswith(FOR_ROOM) and self.candidates.names_later:
            self._waiting = line
            return self._session.ask(Line(ROOMS, hidden=True), now)
        else:
            self._complete()
        return b""

    def answered(self) -> bool:
        """Take note of the names of the rooms. Return whether the line has waited for them."""
        is_meant, self._waiting = self._waiting == self._editor.line, None
        if is_meant:
            self._complete()
        return is_meant

    def _complete(self) -> None:
        hearing = self._session.hearing
        names, elsewhere = (
            [name for name in each if name != hearing.name]
            for each in (hearing.people.names(), hearing.people.names_elsewhere())
        )
        known = Known(names, elsewhere, [room for room, _ in hearing.rooms if room])
        line = self._editor.line
        self._editor.line, found = complete(line, known, self.candidates)
        if self._editor.line == line and found:
            self._show("\t".join(each.strip() for each in found[:MOST_CANDIDATES]))
