"""What `/me` does, as whole conversations."""

from __future__ import annotations

import pytest

from ...support.chatting import Chat


def test_everyone_reads_a_me(chat: Chat) -> None:
    """The speaker reads it too, and then the receipt. The text keeps its spaces."""
    chat.say(1, "/me waves  at bob ")
    assert chat.read(1) == ["[a:1]alice * waves  at bob ", "I'm live"]
    assert chat.read(2) == ["[a:1]alice * waves  at bob "]


@pytest.mark.parametrize("line", ["/me", "/me ", "/me    "])
def test_a_me_without_a_text_is_refused(chat: Chat, line: str) -> None:
    """Its sender alone is told the right format."""
    chat.say(1, line)
    assert chat.read(1) == ["消息格式不正确，请使用 [/me 动作] 格式", "I'm live"]
    assert chat.read(2) == []


@pytest.mark.parametrize("line", ["me waves", "me", "//me waves"])
def test_me_without_its_slash_is_talk(chat: Chat, line: str) -> None:
    """Such a line is said to everyone as it is."""
    chat.say(1, line)
    assert chat.read(2) == [f"[a:1]alice:{line.removeprefix('/')}"]


def test_me_is_in_the_help_and_no_name(chat: Chat) -> None:
    """The help and the forbidden names both come from the registry."""
    chat.say(1, "/help", "rename me")
    heard = chat.read(1)
    assert "/me 动作           以第三人称说，例如 /me 挥了挥手" in heard
    assert heard[-2:] == ["用户名不合法：不能使用命令的名称", "I'm live"]
