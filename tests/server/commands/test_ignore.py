"""`/ignore`, `/unignore` and `/quiet`, as whole conversations."""

from __future__ import annotations

from server.chat.events import Done, Whispered
from server.chat.kept import Kept
from server.chat.room import Room
from server.chat.sessions import Session
from server.commands.ignore import MOST_IGNORED

from ...support.chatting import Chat


def test_whoever_is_ignored_is_not_heard(chat: Chat) -> None:
    """Neither their talk nor their private words. They do not notice, and everybody else hears them."""
    chat.join(3, "c:3", "carol")
    chat.say(1, "/ignore BOB")
    assert chat.read(1) == ["已屏蔽 bob", "I'm live"]
    chat.say(2, "one", "/me waves", "to alice two")
    chat.say(3, "three")
    assert chat.read(1) == ["[c:3]carol:three"]
    assert chat.read(2) == ["[b:2]bob:one", "I'm live", "[b:2]bob * waves", "I'm live", "I'm live", "[c:3]carol:three"]
    assert chat.read(3) == ["[b:2]bob:one", "[b:2]bob * waves", "[c:3]carol:three", "I'm live"]


def test_another_name_does_not_help(chat: Chat) -> None:
    """Whoever takes the name later is ignored, too, until it is taken back."""
    chat.say(1, "/ignore bob")
    chat.say(2, "rename robert", "still here")
    chat.join(3, "c:3", "bob")
    chat.say(3, "x")
    assert chat.read(1) == []
    chat.say(1, "/unignore Bob")
    chat.say(2, "one")
    chat.say(3, "two")
    assert chat.read(1) == ["不再屏蔽 Bob", "I'm live", "[b:2]robert:one", "[c:3]bob:two"]


def test_another_name_does_not_help_private_words_either(chat: Chat) -> None:
    """Neither to a person nor to a program. Whoever has said them gets the receipts of words that were heard."""
    chat.open(3, "c:3", "/json carol")
    for number in (1, 3):
        chat.say(number, "/ignore bob")
    chat.say(2, "rename robert")
    for number in (1, 2, 3):
        chat.values(number)
    chat.say(2, "to alice one", "to carol two", "to robert three")
    assert (chat.read(1), chat.values(3)) == ([], [])
    assert chat.read(2) == ["I'm live", "I'm live", "robert: three", "I'm live"]
    chat.say(1, "/unignore bob")
    chat.say(2, "to alice four")
    assert chat.read(1)[2:] == ["robert: four"]


def test_a_private_word_that_was_not_heard_in_time_is_hidden_too(chat: Chat) -> None:
    """A program that ignores somebody by now does not hear what they had said under another name before."""
    hello = chat.open(3, "c:3", "/json carol")
    at = chat.room.memory.end
    chat.say(2, "rename robert", "to carol one", "rename bob")
    chat.say(3, "/ignore bob")
    chat.leave(3)
    chat.open(4, "c:4", f"/resume {hello.session} {at}")
    assert not any(isinstance(event, Whispered) for event in chat.values(4))


def test_who_comes_and_who_leaves_is_not_ignored(chat: Chat) -> None:
    """It is no talk of theirs."""
    chat.say(1, "/ignore bob")
    chat.leave(2)
    assert chat.read(1)[-1] == "[b:2]bob:下线"


def test_who_is_ignored_is_listed(chat: Chat) -> None:
    """A private word of somebody who is ignored cannot be answered, for it was never heard."""
    chat.join(3, "c:3", "carol")
    chat.say(1, "/ignore", "/ignore bob", "/ignore carol", "/ignore")
    chat.say(2, "to alice x")
    chat.say(1, "/reply y")
    assert chat.read(1) == [
        *(
            "没有屏蔽任何人",
            "I'm live",
            "已屏蔽 bob",
            "I'm live",
            "已屏蔽 carol",
            "I'm live",
            "已屏蔽：bob、carol",
            "I'm live",
        ),
        *("还没有人和你私聊", "I'm live"),
    ]


def test_what_cannot_be_ignored(chat: Chat) -> None:
    """Oneself, somebody who is not there, and more than may be."""
    chat.say(1, "/ignore alice", "/ignore dave", "/ignore a b", "/unignore", "/unignore dave")
    assert chat.read(1) == [
        *("不能屏蔽自己", "I'm live", "该用户不在线", "I'm live"),
        *("消息格式不正确，请使用 [/ignore [用户名]] 格式", "I'm live"),
        *("消息格式不正确，请使用 [/unignore 用户名] 格式", "I'm live", "没有屏蔽 dave", "I'm live"),
    ]
    for number in range(MOST_IGNORED):
        chat.join(10 + number, f"x:{number}")
        chat.say(1, f"/ignore x:{number}")
    chat.read(1)
    chat.say(1, "/ignore bob", "/ignore x:1")
    assert chat.read(1) == ["屏蔽的人过多，请先用 /unignore 解除一些", "I'm live", "已屏蔽 x:1", "I'm live"]


def test_quiet_hides_who_comes_and_who_leaves(chat: Chat) -> None:
    """Until it is said again. Others see it as ever."""
    chat.say(1, "/quiet")
    chat.join(3, "c:3", "carol")
    assert chat.read(2) == []
    chat.say(3, "hi")
    chat.leave(3)
    assert chat.read(1) == ["[c:3]carol:hi"]
    chat.say(1, "/quiet")
    chat.say(2, "x")
    chat.leave(2)
    assert chat.read(1) == ["重新显示上线和下线", "I'm live", "[b:2]bob:x", "[b:2]bob:下线"]


def test_a_program_is_told_in_receipts(chat: Chat) -> None:
    """What it ignores, it does not hear when it comes back either, as long as its session lives."""
    hello = chat.open(3, "c:3", "/json carol")
    chat.values(3)
    chat.say(3, "/ignore bob", "/quiet", "/ignore nobody")
    assert chat.values(3) == [
        Done("已屏蔽 bob", number=1),
        Done("不再显示上线和下线", number=2),
        Done("该用户不在线", "not_online", 3),
    ]
    at = chat.room.memory.end
    chat.leave(3)
    chat.say(2, "one", "to carol two")
    chat.say(1, "three")
    chat.open(4, "c:4", f"/resume {hello.session} {at}")
    chat.say(2, "four")
    assert [event.line() for event in chat.values(4)] == ["[a:1]alice:three", "[c:4]carol:已上线"]


def test_a_program_ignores_the_same_after_a_restart(chat: Chat) -> None:
    """By name, because all connections are others then. It is as quiet as before, too."""
    chat.open(3, "c:3", "/json carol")
    chat.say(3, "/ignore Bob", "/quiet")
    stored = chat.room.members[3].kept.dump()
    session = Session("0", "carol", "carol", "c:3", kept=Kept(stored))
    room = Room()
    room.sessions.restore(session, 1)
    restarted = Chat(room)
    assert len(session.kept.hiders) == 2
    restarted.join(1, "b:1", "bob")
    restarted.join(2, "d:1", "dave")
    restarted.say(1, "to carol one")
    restarted.say(2, "to carol two")
    assert session.words == 1
    assert session.kept.dump() == stored
