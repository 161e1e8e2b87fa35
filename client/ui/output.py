"""From what there is to show to lines on the display."""

from __future__ import annotations

import time
from collections.abc import Iterable
from itertools import groupby

from ..net.shown import Heard, Note, Shown
from ..net.values import Whisper
from .display import Display
from .theme import Theme


class Output:
    """Shows in order: the conversation, and beside it what the client itself has to say. `bell`: for a private word."""

    def __init__(self, display: Display, theme: Theme, *, bell: bool) -> None:
        self._display = display
        self._theme = theme
        self._bell = bell

    def show(self, shown: Iterable[Shown]) -> None:
        """Show all of this."""
        clock = time.strftime("%H:%M:%S")
        for is_note, run in groupby(shown, key=lambda each: isinstance(each, Note)):
            lines = [line + "\a" * self._rings(each) for each in run for line in self._theme.render(each, clock)]
            (self._display.show_notices if is_note else self._display.show_messages)(lines)

    def _rings(self, shown: Shown) -> bool:
        return self._bell and isinstance(shown, Heard) and isinstance(shown.value, Whisper) and not shown.own
