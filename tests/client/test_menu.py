"""What the menu makes of what is typed, by value."""

from __future__ import annotations

from typing import cast

import pytest

from client.client import Client
from client.menu import Menu


class FakeClient:
    """Takes note of what is shown."""

    def __init__(self) -> None:
        self.shown: list[str] = []

    def show(self, text: str) -> None:
        self.shown.append(text)


@pytest.mark.parametrize(("is_public", "command"), [(True, "//help"), (False, "/help")])
def test_a_password_that_is_pasted_with_other_lines_is_not_said(is_public: bool, command: str) -> None:
    """Whether its command is mistyped or not. The other lines are said."""
    client = FakeClient()
    lines = ["one", "/register hunter22", "/help", "／login bob hunter22", "/lgoin bob hunter22", "two"]
    meant = Menu(cast(Client, client))._meant("\n".join(lines), is_public=is_public)
    assert list(meant) == ["one", command, "two"]
    assert client.shown == [
        "✗ /register ******（这一行可能含有密码，没有发送）",
        "✗ /login bob ******（这一行可能含有密码，没有发送）",
        "✗ /lgoin ******（这一行可能含有密码，没有发送）",
    ]
