"""A real terminal, of any size, whose screen can be read: tmux."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .peers import PATIENCE, need

Screen = list[str]

_END = "exit status "
_SHELL = f'"$@"; echo "{_END}$?"; exec cat'  # which keeps the screen


class Tmux:
    """A client on a terminal of its own."""

    def __init__(self, folder: Path, columns: int, rows: int) -> None:
        self._command = [need("tmux"), "-S", str(folder / "tmux"), "-f", os.devnull]
        self.columns, self._rows = columns, rows
        self._folder = folder
        self._started = False

    def start(self, *flags: str, **environment: str) -> None:
        """Start the client; again, if it has ended."""
        # XDG_STATE_HOME is where the client keeps its history.
        variables = {"XDG_STATE_HOME": str(self._folder), "LANG": "C.UTF-8", **environment}
        settings = [f"{name}={value}" for name, value in variables.items()]
        client = [sys.executable, "-m", "client", "--no-time", *flags]
        command = ["sh", "-c", _SHELL, "sh", "env", *settings, *client]
        if self._started:
            self._run("respawn-pane", "-k", *command)
        else:
            self._run("new-session", "-d", "-x", str(self.columns), "-y", str(self._rows), *command)
            self._started = True

    def type(self, text: str) -> None:
        """Type TEXT."""
        self._run("send-keys", "-l", text)

    def press(self, *keys: str) -> None:
        """Press KEYS, by tmux's names."""
        self._run("send-keys", *keys)

    def resize(self, columns: int) -> None:
        """Give the window another width."""
        self._run("resize-window", "-x", str(columns))

    def screen(self, *flags: str) -> Screen:
        """The rows of the screen, up to the last that has something on it."""
        return self._run("capture-pane", "-p", *flags).rstrip("\n").split("\n")

    def cursor(self) -> tuple[int, int]:
        """The cursor's column and row, from 0."""
        column, row = self._run("display", "-p", "#{cursor_x} #{cursor_y}").split()
        return int(column), int(row)

    def wait(self, condition: Callable[[Screen], bool], *flags: str) -> Screen:
        """The screen as soon as it meets CONDITION; with what had scrolled away before it."""
        deadline = time.monotonic() + PATIENCE
        while not condition(screen := self.screen(*flags)):
            if time.monotonic() > deadline:
                pytest.fail("this never came right:\n" + "\n".join(screen))
        return screen

    def ends(self, *rows: str) -> None:
        """Wait until the screen's last rows are ROWS."""
        self.wait(lambda screen: screen[-len(rows) :] == list(rows))

    def exit_status(self) -> int:
        """Wait for the client's end."""
        screen = self.wait(lambda screen: screen[-1].startswith(_END))
        return int(screen[-1].removeprefix(_END))

    def kill(self) -> None:
        """End it, and all that runs in it."""
        subprocess.run([*self._command, "kill-server"], check=False, capture_output=True)

    def _run(self, *command: str) -> str:
        return subprocess.run([*self._command, *command], check=True, capture_output=True, text=True).stdout


@pytest.fixture(params=[40, 80])
def tmux(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Tmux]:
    """A terminal of 40 and one of 80 columns, both of 12 rows."""
    terminal = Tmux(tmp_path, request.param, 12)
    yield terminal
    terminal.kill()
