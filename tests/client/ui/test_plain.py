"""Where lines go on a terminal that has no more than lines."""

from __future__ import annotations

import io
import sys

import pytest

from client.ui.plain import Plain


def test_the_prompt_is_not_in_what_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """As with `python3 -m client | tee chat.log`: that holds the conversation alone."""
    kept, shown = io.StringIO(), io.StringIO()
    monkeypatch.setattr(sys, "stdout", kept)
    monkeypatch.setattr(sys, "stderr", shown)
    display = Plain(asking=True)
    display.set_status("[x]")
    display.ask("?")
    display.show_messages(["one"])
    display.show_notices(["aside"])
    display.show_messages(["two"])
    assert kept.getvalue() == "one\ntwo\n"
    assert shown.getvalue() == "[x]?\n[x]?\naside\n[x]?\n[x]?"
