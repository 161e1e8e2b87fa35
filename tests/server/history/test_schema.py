"""Which files can be a history, by their first bytes."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.history.history import History
from server.history.schema import HistoryError


@pytest.mark.parametrize("text", ["hello", "课程表\n周一\t数学\r\n" * 20, "#!/bin/sh\n"])
def test_a_text_file_is_not_touched(tmp_path: Path, text: str) -> None:
    """It is not a damaged history. Somebody has mistyped its name."""
    path = tmp_path / "notes.txt"
    path.write_bytes(text.encode())
    with pytest.raises(HistoryError, match="notes.txt: it is a text file, and no history"):
        History(path)
    assert path.read_bytes() == text.encode()
