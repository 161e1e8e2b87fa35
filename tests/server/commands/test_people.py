"""`/reply`, `/whois` and `/away`, as whole conversations."""

from __future__ import annotations

import time

import pytest

from server.chat.entries import Alive, Say
from server.chat.events import Done, Notice
from server.commands.people import span

from ...support.chatting import COMMANDS, NOW, Chat

CLOCK = time.strftime("%H:%M:%S", time.localtime(NOW))


def later(chat: Chat, number: int, line: str, seconds: float) -> None:
    """Let a member type a line some time later."""
    chat.apply(COMMANDS.parse(number, NOW + seconds, line))


def test_reply_goes_to_whoever_has_written_last(chat: Chat) -> None:
    """It keeps its spaces. The answer can be answered."""
    chat.join(3, "c:3", "carol")
    chat.say(2, "to alice one")
    chat.say(3, "to alice two")
    chat.say(1, "/reply  yes  please ")
    chat.say(3, "/reply good")
    assert chat.read(3) == ["I'm live", "alice:  yes  please ", "I'm live"]
    assert chat.read(1) == ["bob: one", "carol: two", "I'm live", "carol: good"]
    assert chat.read(2) == ["I'm live"]


def test_reply_follows_the_person_and_not_the_name(chat: Chat) -> None:
    """Whoever has the name now is not the one who has written."""
    chat.say(2, "to alice one", "rename robert")
    chat.say(1, "/reply two")
    assert chat.read(2)[-1] == "alice: two"
    chat.leave(2)
    chat.join(3, "c:3", "robert")
    chat.say(1, "/reply three")
    assert chat.read(1) == ["该用户不在线", "I'm live"]
    chat.join(4, "d:4", "bob")
    chat.say(1, "/reply four")
    assert chat.read(1) == ["该用户不在线", "I'm live"]
    assert (chat.read(3), chat.read(4)) == ([], [])


def test_reply_to_a_program_that_is_away_for_a_moment(chat: Chat) -> None:
    """It hears the reply when it comes back, and its own last writer is still known."""
    hello = chat.open(3, "c:3", "/json carol")
    chat.say(3, "to alice one")
    at = chat.room.memory.end
    chat.leave(3)
    chat.say(1, "/reply two")
    chat.open(4, "c:4", f"/resume {hello.session} {at}")
    chat.say(4, "/reply three")
    assert chat.read(1)[-2:] == ["[c:4]carol:已上线", "carol: three"]
    assert [event.line() for event in chat.values(4)][1] == "alice: two"


@pytest.mark.parametrize("line", ["/reply", "/reply  "])
def test_a_reply_to_nobody(chat: Chat, line: str) -> None:
    """Without a text it is refused, and without anybody who has written, too."""
    chat.say(1, line, "/reply x")
    assert chat.read(1) == [
        *("消息格式不正确，请使用 [/reply 内容] 格式", "I'm live"),
        *("还没有人和你私聊", "I'm live"),
    ]


def test_whois_shows_what_everyone_may_know(chat: Chat) -> None:
    """Where somebody comes from, since when, and for how long nothing was typed. A heartbeat or a `who` is no typing."""
    chat.apply(Say(2, NOW + 60, "x"), Alive(2, NOW + 100))
    later(chat, 2, "who", 110)
    chat.read(1)
    later(chat, 1, "/whois BOB", 180)
    assert chat.read(1) == [f"bob 来自 b:2，上线于 {CLOCK}，已 2 分钟没有输入", "I'm live"]
    later(chat, 1, "/whois bob", 86400)
    date = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(NOW))
    assert chat.read(1) == [f"bob 来自 b:2，上线于 {date}，已 23 小时没有输入", "I'm live"]


def test_whois_of_a_program_that_is_away_for_a_moment_and_of_nobody(chat: Chat) -> None:
    """Both answers say so."""
    chat.open(3, "c:3", "/json carol")
    chat.leave(3)
    chat.read(1)
    chat.say(1, "/whois Carol", "/whois dave", "/whois", "/whois a b")
    assert chat.read(1) == [
        *("carol 的连接已断开，正在等待恢复", "I'm live", "该用户不在线", "I'm live"),
        *["消息格式不正确，请使用 [/whois 用户名] 格式", "I'm live"] * 2,
    ]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-5, "0 秒"), (59.9, "59 秒"), (60, "1 分钟"), (3599, "59 分钟"), (7200, "2 小时"), (10 * 86400, "10 天")],
)
def test_how_long_it_takes(seconds: float, text: str) -> None:
    """A clock may have been set back."""
    assert span(seconds) == text


def test_somebody_away_answers_once(chat: Chat) -> None:
    """Each who writes is told once, also if the text is a new one they are told again."""
    chat.join(3, "c:3", "carol")
    chat.say(1, "/away 吃饭去了")
    assert chat.read(1) == ["已设为不在：吃饭去了", "I'm live"]
    chat.say(2, "to alice one", "to alice two", "/whois alice")
    assert chat.read(2) == [
        *("[自动回复] alice: 吃饭去了", "I'm live", "I'm live"),
        *(f"alice 来自 a:1，上线于 {CLOCK}，已 0 秒没有输入", "alice 不在：吃饭去了", "I'm live"),
    ]
    chat.say(3, "to alice three")
    assert chat.read(3) == ["[自动回复] alice: 吃饭去了", "I'm live"]
    chat.say(1, "/away")
    chat.say(2, "to alice four")
    assert chat.read(2) == ["[自动回复] alice: 暂时离开", "I'm live"]
    assert chat.read(1) == [*("bob: one", "bob: two", "carol: three"), "已设为不在：暂时离开", "I'm live", "bob: four"]


def test_whoever_is_ignored_is_answered_too(chat: Chat) -> None:
    """So they cannot find out. What they write is not what a `/reply` answers."""
    chat.join(3, "c:3", "carol")
    chat.say(3, "to alice one")
    chat.say(1, "/ignore bob", "/away")
    chat.say(2, "to alice two", "to alice three")
    assert chat.read(2) == ["[自动回复] alice: 暂时离开", "I'm live", "I'm live"]
    chat.read(3)
    chat.say(1, "/reply four")
    assert chat.read(3) == ["alice: four"]
    assert chat.read(2) == []


def test_whoever_types_is_back(chat: Chat) -> None:
    """A heartbeat, or a `who`, which a client may send by itself, is not typed."""
    chat.say(1, "/away")
    chat.apply(Alive(1, NOW))
    chat.say(1, "who")
    chat.say(2, "to alice one")
    assert "[自动回复] alice: 暂时离开" in chat.read(2)
    chat.read(1)
    chat.say(1, "hello")
    chat.say(1, "again")
    assert chat.read(1) == [
        *("欢迎回来，不再显示为不在", "[a:1]alice:hello", "I'm live"),
        *("[a:1]alice:again", "I'm live"),
    ]
    chat.say(2, "to alice two")
    assert "[自动回复] alice: 暂时离开" not in chat.read(2)


def test_a_program_stays_away_over_its_connections(chat: Chat) -> None:
    """Its answer comes while it has no connection, too. Values are told in notices."""
    hello = chat.open(3, "c:3", "/json carol")
    chat.say(3, "/away out")
    chat.leave(3)
    chat.read(2)
    chat.say(2, "to carol x")
    assert chat.read(2) == ["[自动回复] carol: out", "I'm live"]
    chat.open(4, "c:4", f"/resume {hello.session} {hello.at}")
    chat.values(4)
    chat.say(4, "hi")
    heard = chat.values(4)
    assert (heard[0], heard[-1]) == (Notice("欢迎回来，不再显示为不在"), Done(number=2))
