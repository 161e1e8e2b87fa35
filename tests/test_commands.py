"""What each command does, as a whole conversation and to the byte; the small cases are in test_room."""

from __future__ import annotations

from typing import cast

import pytest

from server.commands import do_message
from server.outbox import Outbox
from server.room import Room
from server.user import User

from .test_room import FakeOutbox, heard

RECEIPT = "I'm live"


class Talk:
    """A room with alice and bob, whose lines are dealt with as a handler does; at the end, all is delivered."""

    def __init__(self) -> None:
        self.room = Room()
        self.alice = self.join("a:1", "alice")
        self.bob = self.join("b:2", "bob")

    def join(self, addr: str, name: str) -> User:
        user = User(addr, cast(Outbox, FakeOutbox()), 0.0)
        user.rename(name)
        self.room.online(user)
        return user

    def say(self, user: User, *lines: str) -> None:
        for line in lines:
            assert do_message(self.room, user, line) is True
            self.room.send(user, RECEIPT)
        self.room.flush(user)

    def end(self) -> tuple[list[str], list[str]]:
        """What alice and bob heard since bob came."""
        self.room.close()
        self.room.listen_message()
        alice, bob = heard(self.alice).splitlines(), heard(self.bob).splitlines()
        assert alice.pop(0) == "[a:1]alice:已上线"
        bob.remove("[a:1]alice:已上线")  # one batch: bob was there when it was handed out
        assert alice.pop(0) == bob.pop(0) == "[b:2]bob:已上线"
        return alice, bob


@pytest.fixture
def talk() -> Talk:
    return Talk()


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        ("", []),
        ("who", ["[a:1]alice:在线", "[b:2]bob:在线"]),
        ("/who", ["[a:1]alice:在线", "[b:2]bob:在线"]),
        ("rename carol", ["修改用户名为: carol"]),
        ("rename Jose\u0301", ["修改用户名为: José"]),
        ("rename alice", ["修改用户名为: alice"]),
        ("rename ALICE", ["修改用户名为: ALICE"]),
        ("rename bob", ["该用户名已被使用"]),
        ("rename ＢＯＢ", ["该用户名已被使用"]),
        ("rename who", ["用户名不合法：不能使用命令的名称"]),
        ("rename " + "x" * 33, ["用户名不合法：长度须为 1 到 32 个字符"]),
        ("rename [b:2]bob", ["用户名不合法：只能使用字母、数字和 _ - ."]),
        ("rename b:2", ["用户名不合法：不能使用地址的形式"]),
        ("rename a b", ["消息格式不正确，请使用 [rename newname] 格式"]),
        ("to nobody hi", ["该用户不在线"]),
        ("to  bob hi", ["消息格式不正确，请使用 [to username content] 格式"]),
        ("/nothing", ["未知命令，输入 /help 查看帮助"]),
    ],
)
def test_the_asker_alone_gets_the_reply_then_the_receipt(talk: Talk, line: str, reply: list[str]) -> None:
    """Whatever the command is, nobody else hears of it."""
    talk.say(talk.alice, line)
    assert talk.end() == ([*reply, RECEIPT], [])


def test_help_lists_every_command(talk: Talk) -> None:
    """All lines of it come before the receipt."""
    talk.say(talk.alice, "/help")
    alice, bob = talk.end()
    assert [line.split()[0] for line in alice] == [
        "who",
        "rename",
        "to",
        "/who",
        "/help",
        "/quit",
        "其他内容发送给所有人",
        "I'm",
    ]
    assert bob == []


@pytest.mark.parametrize("line", ["rename bob", "rename who", "rename"])
def test_after_a_failed_rename_the_old_name_stays(talk: Talk, line: str) -> None:
    """It is still spoken under, and still found."""
    talk.say(talk.alice, line, "hi")
    talk.say(talk.bob, "to alice psst")
    alice, bob = talk.end()
    assert "[a:1]alice:hi" in bob
    assert alice[-1] == "bob: psst"


def test_a_new_name_is_in_force_from_the_next_line_on(talk: Talk) -> None:
    """What was said before keeps the old one, and the old one is free."""
    talk.say(talk.alice, "one", "rename carol", "two")
    talk.say(talk.bob, "to alice a", "to CAROL b", "rename Alice")
    assert talk.end() == (
        ["[a:1]alice:one", RECEIPT, "修改用户名为: carol", RECEIPT, "[a:1]carol:two", RECEIPT, "bob: b"],
        ["[a:1]alice:one", "[a:1]carol:two", "该用户不在线", RECEIPT, RECEIPT, "修改用户名为: Alice", RECEIPT],
    )


def test_a_private_word_keeps_its_spaces_and_its_place(talk: Talk) -> None:
    """It stands between the broadcasts as it was sent."""
    talk.say(talk.alice, "one", "to bob  two  ", "three")
    assert talk.end()[1] == ["[a:1]alice:one", "alice:  two  ", "[a:1]alice:three"]


def test_a_word_to_oneself_comes_before_its_receipt(talk: Talk) -> None:
    """One may talk to oneself."""
    talk.say(talk.alice, "to alice hm")
    assert talk.end() == (["alice: hm", RECEIPT], [])


def test_who_has_left_is_not_there(talk: Talk) -> None:
    """Neither for `who` nor for `to`, and the name can be had."""
    talk.room.offline(talk.bob)
    talk.room._fan_out(talk.room.message.get_all())
    talk.say(talk.alice, "who", "to bob hi", "rename bob")
    assert talk.end()[0] == [
        "[b:2]bob:下线",
        *("[a:1]alice:在线", RECEIPT),
        *("该用户不在线", RECEIPT),
        *("修改用户名为: bob", RECEIPT),
    ]


def test_quit_is_false_and_says_nothing(talk: Talk) -> None:
    """The handler does the leaving."""
    assert do_message(talk.room, talk.alice, "/quit") is False
    assert talk.end() == ([], [])
