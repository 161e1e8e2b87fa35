"""Fixtures for the tests of the server."""

from __future__ import annotations

import pytest

from ..support.chatting import Chat


@pytest.fixture
def chat() -> Chat:
    """A room with alice (1) and bob (2)."""
    chat = Chat()
    chat.join(1, "a:1", "alice")
    chat.join(2, "b:2", "bob")
    return chat
