"""What the program makes of errors."""

from __future__ import annotations

import errno
import sys

import pytest

from client import program


def test_a_bug_is_not_taken_for_a_closed_output(monkeypatch: pytest.MonkeyPatch) -> None:
    """An OSError that no closed pipe or terminal gives reaches whoever runs the program."""

    def run(arguments: object) -> int:
        raise OSError(errno.ENOENT, "a bug")

    monkeypatch.setattr(program, "run", run)
    monkeypatch.setattr(sys, "argv", ["chatroom"])
    with pytest.raises(OSError, match="a bug"):
        program.main()
