"""From events to bytes: the exact texts, and the pages for members who are told something else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.chat import texts
from server.chat.events import DONE, Bye, Done, Event, Joined, Left, Notice, Said, Users, Whispered
from server.chat.told import Told
from server.wire.encoding import Page, Text

LF, CRLF, WITHOUT = Text("\n", receipt=True), Text("\r\n", receipt=True), Text("\n", receipt=False)

EVENTS: list[tuple[Event, str]] = [
    (Joined(0.0, "小明", "1.2.3.4:5"), "[1.2.3.4:5]小明:已上线\n"),
    (Said(0.0, "小明", "1.2.3.4:5", "大家 好"), "[1.2.3.4:5]小明:大家 好\n"),
    (Left(0.0, "小明", "1.2.3.4:5", "idle"), "[1.2.3.4:5]小明:下线\n"),
    (Whispered(0.0, "小明", "悄悄"), "小明: 悄悄\n"),
    (Users((("a:1", "a:1"), ("b:2", "bob"))), "[a:1]a:1:在线\n[b:2]bob:在线\n"),
    (Notice("one\ntwo"), "one\ntwo\n"),
    (Bye("idle", "长时间未使用，连接中断"), "长时间未使用，连接中断\n"),
    (DONE, "I'm live\n"),
    (Done("修改用户名为: x"), "修改用户名为: x\nI'm live\n"),
]


@pytest.mark.parametrize(("event", "text"), EVENTS)
def test_an_event_is_exact(event: Event, text: str) -> None:
    """The bytes are right with LF and with CR LF, with receipts and without."""
    assert LF.encode(event).decode() == text
    assert CRLF.encode(event).decode() == text.replace("\n", "\r\n")
    assert WITHOUT.encode(event).decode() == text.replace("I'm live\n", "")


def test_an_event_without_a_line_is_no_bytes() -> None:
    """A text user does not even read an empty line."""

    class Silent(Event):
        def line(self) -> str:
            return ""

    assert LF.encode(Silent()) == CRLF.encode(Silent()) == b""


def test_the_texts_are_exact() -> None:
    """These are the texts that the events above do not show."""
    assert (texts.NAME_TAKEN, texts.NOT_ONLINE) == ("该用户名已被使用", "该用户不在线")
    assert (texts.NAME_BAD, texts.TOO_SLOW) == ("用户名不合法：", "接收过慢，连接中断")
    assert (texts.IDLE, texts.CLOSING) == ("长时间未使用，连接中断", "服务器关闭，连接中断")
    assert texts.LINE_TOO_LONG.format(4096) == "消息过长，上限 4096 字节"
    assert texts.TOO_BUSY == "服务器繁忙，请稍后再试"


_members = st.integers(1, 3)
_steps = st.one_of(
    st.tuples(st.just("everyone"), st.text("ab世", min_size=1, max_size=3)),
    st.tuples(st.just("member"), _members),
    st.tuples(st.just("done"), _members),
    st.tuples(st.just("begin"), st.integers(4, 6)),
    st.tuples(st.just("end"), _members),
)


@given(st.lists(_steps, max_size=20), st.sampled_from([LF, CRLF, WITHOUT]))
def test_a_copy_is_what_its_member_is_told(steps: list[tuple[str, object]], encoding: Text) -> None:
    """The bytes of a member who came, left or was told something alone are those of its events, in order."""
    told, gone = Told(), set()
    for what, value in steps:
        if value in gone:
            continue
        if what == "everyone":
            told.tell_everyone(Notice(str(value)))
        elif isinstance(value, int):
            if what == "member":
                told.tell_one(value, Notice(f"for {value}"))
            elif what == "done":
                told.done(value)
            elif what == "begin" and value not in told.copies:
                told.begin(value)
            elif what == "end":
                told.end(value)
                gone.add(value)
    page = Page(told.common, encoding)
    assert page.data == b"".join(map(encoding.encode, told.heard_by(0)))
    for number, copy in told.copies.items():
        assert page.copy(copy) == b"".join(map(encoding.encode, told.heard_by(number)))
