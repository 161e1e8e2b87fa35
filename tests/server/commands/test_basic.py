"""What each command does, as whole conversations, byte for byte."""

from __future__ import annotations

import pytest

from ...support.chatting import Chat

RECEIPT = "I'm live"


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
        ("rename " + "\u0316\u0301" * 1000, ["用户名不合法：长度须为 1 到 32 个字符"]),
        ("rename 修改用户名为", ["用户名不合法：不能使用服务器的用语"]),
        ("rename bob  ", ["该用户名已被使用"]),
        ("to nobody hi", ["该用户不在线"]),
        ("to " + "\u0316\u0301" * 1000 + " hi", ["该用户不在线"]),
        ("to  bob hi", ["消息格式不正确，请使用 [to username content] 格式"]),
        ("/nothing", ["未知命令，输入 /help 查看帮助"]),
    ],
)
def test_the_asker_alone_gets_the_reply_then_the_receipt(chat: Chat, line: str, reply: list[str]) -> None:
    """Nobody else hears of any of these commands."""
    chat.say(1, line)
    assert (chat.read(1), chat.read(2)) == ([*reply, RECEIPT], [])


def test_help_lists_every_command(chat: Chat) -> None:
    """All its lines come before the receipt."""
    chat.say(1, "/help")
    assert chat.read(1)[:6] == [
        "who                查看在线用户",
        "rename 新名字      修改用户名",
        "to 用户名 内容     私聊",
        "/who /rename /to   同上；//内容 发送以 / 开头的话",
        "/help              显示本帮助",
        "/quit              退出",
    ]
    assert chat.read(2) == []


@pytest.mark.parametrize("line", ["rename bob", "rename who", "rename"])
def test_after_a_failed_rename_the_old_name_stays(chat: Chat, line: str) -> None:
    """The user still speaks under it, and private words to it still arrive."""
    chat.say(1, line, "hi")
    chat.say(2, "to alice psst")
    assert "[a:1]alice:hi" in chat.read(2)
    assert chat.read(1)[-1] == "bob: psst"


def test_a_new_name_is_in_force_from_the_next_line_on(chat: Chat) -> None:
    """What was said before keeps the old name, and the old name is free."""
    chat.say(1, "one", "rename carol", "two")
    chat.say(2, "to alice a", "to CAROL b", "rename Alice")
    assert chat.read(1) == [
        *("[a:1]alice:one", RECEIPT, "修改用户名为: carol", RECEIPT, "[a:1]carol:two", RECEIPT),
        "bob: b",
    ]
    assert chat.read(2) == [
        *("[a:1]alice:one", "[a:1]carol:two", "该用户不在线", RECEIPT, RECEIPT),
        *("修改用户名为: Alice", RECEIPT),
    ]


def test_a_private_word_keeps_its_spaces_and_its_place(chat: Chat) -> None:
    """It comes between the broadcasts in the order in which all were sent."""
    chat.say(1, "one", "to bob  two  ", "three")
    assert chat.read(2) == ["[a:1]alice:one", "alice:  two  ", "[a:1]alice:three"]


def test_a_word_to_oneself_comes_before_its_receipt(chat: Chat) -> None:
    """A user may send private words to its own name."""
    chat.say(1, "to alice hm")
    assert (chat.read(1), chat.read(2)) == (["alice: hm", RECEIPT], [])


def test_a_user_who_has_left_is_not_found(chat: Chat) -> None:
    """`who` does not list it, `to` does not reach it, and its name is free."""
    chat.leave(2)
    chat.say(1, "who", "to bob hi", "rename bob")
    assert chat.read(1) == [
        "[b:2]bob:下线",
        *("[a:1]alice:在线", RECEIPT),
        *("该用户不在线", RECEIPT),
        *("修改用户名为: bob", RECEIPT),
    ]


def test_quit_gives_the_receipt_then_leaves(chat: Chat) -> None:
    """The others read 下线, as for everyone who leaves."""
    chat.say(1, "/quit", "not heard")
    assert (chat.read(1), chat.read(2)) == ([RECEIPT], ["[a:1]alice:下线"])
