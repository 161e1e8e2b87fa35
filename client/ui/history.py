"""The lines that were typed before, kept over sessions in a file: UTF-8, a line each, the newest last."""

from __future__ import annotations

import os
from pathlib import Path

LIMIT = 1000  # lines


class History:
    """Lines to go back to, the newest last.

    Without a path they are kept for this session alone. Several clients may share a file: each appends to it.
    Raise OSError if there is a file that cannot be read.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.lines: list[str] = []
        self._path = path
        if path and path.exists():
            lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
            self.lines = [line for line in lines if line][-LIMIT:]
            if len(lines) > 2 * LIMIT:
                self._shorten(path)

    def add(self, line: str) -> None:
        """Keep a line, unless it is the last one again. Raise OSError if the file cannot be written."""
        if self.lines[-1:] == [line]:
            return
        self.lines.append(line)
        del self.lines[:-LIMIT]
        if self._path and "\n" not in line:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with open(self._path, "a", encoding="utf-8", opener=_private) as file:
                file.write(f"{line}\n")

    def _shorten(self, path: Path) -> None:
        """Write the file anew, in one step, so that another client never sees half of it."""
        shorter = path.with_suffix(f".{os.getpid()}")
        with open(shorter, "w", encoding="utf-8", opener=_private) as file:
            file.writelines(f"{line}\n" for line in self.lines)
        shorter.replace(path)


def default_path() -> Path:
    """Return where the XDG base directories have such a file."""
    state = os.environ.get("XDG_STATE_HOME", "")
    base = Path(state) if os.path.isabs(state) else Path.home() / ".local" / "state"
    return base / "chatroom" / "history"


def _private(path: str, flags: int) -> int:
    """Open a file that its owner alone may read: private words are in it, too."""
    return os.open(path, flags, 0o600)
