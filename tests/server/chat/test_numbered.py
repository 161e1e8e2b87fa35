"""Lines with numbers, by value."""

from __future__ import annotations

from server.chat.entries import Say
from server.chat.events import Said
from server.chat.kinds import LOBBY, Own
from server.chat.numbered import Numbered
from server.chat.sessions import digest_of

from ...support.chatting import NOW, Chat


def said(chat: Chat, line: int, token: str, text: str) -> list[str]:
    """Let member 3 send a numbered line. Return what everyone is told by it."""
    told = chat.apply(Numbered(3, NOW, digest_of(token), line, Say(3, NOW, text)))
    return [event.text for event in told.parts[LOBBY] if isinstance(event, Said)]


def test_a_number_is_taken_once(chat: Chat) -> None:
    """The same line again does nothing, and gives no receipt. Neither does a line that would leave one out."""
    token = chat.open(3, "c:3", "/json carol").session
    chat.values(3)
    assert said(chat, 2, token, "too early") == []
    assert said(chat, 1, token, "one") == ["one"]
    assert said(chat, 1, token, "one") == []
    assert said(chat, 3, token, "too early") == []
    assert said(chat, 2, token, "two") == ["two"]
    own, first, second, last = chat.values(3)
    assert isinstance(own, Own)
    assert isinstance(second, Own)
    assert [event.number for event in (own.event, second.event)] == [1, 2]
    assert [type(event).__name__ for event in (first, last)] == ["Done", "Done"]


def test_without_a_number_a_line_is_taken_whatever_came_before(chat: Chat) -> None:
    """As one that was typed."""
    token = chat.open(3, "c:3", "/json carol").session
    assert said(chat, 0, token, "one") == ["one"]
    assert said(chat, 0, token, "one") == ["one"]


def test_a_line_is_for_one_session_alone(chat: Chat) -> None:
    """Not for another that the member has by now, and for nobody without one."""
    token = chat.open(3, "c:3", "/json carol").session
    assert said(chat, 1, "0" * 32, "x") == []
    chat.leave(3)
    assert said(chat, 1, token, "x") == []
    assert chat.apply(Numbered(1, NOW, digest_of(""), 0, Say(1, NOW, "x"))).parts[LOBBY] == []
