"""From events to bytes: the exact texts, and the pages for members who are told something else."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.chat import texts
from server.chat.copies import Copy
from server.chat.events import DONE, Bye, Done, Joined, Left, Notice, Said, Users, Whispered
from server.chat.for_programs import Renamed
from server.chat.kinds import Event, Long, Several
from server.chat.memory import Memory
from server.chat.sessions import Session
from server.chat.told import Told
from server.wire.encoding import Encoding, Text
from server.wire.pages import Page
from server.wire.values import Values

VALUES = Values()
LF, CRLF, WITHOUT = Text("\n", receipt=True), Text("\r\n", receipt=True), Text("\n", receipt=False)

EVENTS: list[tuple[Event, str]] = [
    (Joined(0.0, "小明", "1.2.3.4:5"), "[1.2.3.4:5]小明:已上线\n"),
    (Said(0.0, "小明", "1.2.3.4:5", "大家 好"), "[1.2.3.4:5]小明:大家 好\n"),
    (Left(0.0, "小明", "1.2.3.4:5", "idle"), "[1.2.3.4:5]小明:下线\n"),
    (Whispered(0.0, "小明", "小红", "悄悄"), "小明: 悄悄\n"),
    (Users((("a:1", "a:1"), ("b:2", "bob"))), "[a:1]a:1:在线\n[b:2]bob:在线\n"),
    (Notice("one\ntwo"), "one\ntwo\n"),
    (Bye("idle", "长时间未使用，连接中断"), "长时间未使用，连接中断\n"),
    (Renamed(0.0, "小明", "小红", "a:1"), ""),
    (Done("该用户不在线", "not_online"), "该用户不在线\nI'm live\n"),
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
    st.tuples(st.just("several"), _members),
    st.tuples(st.just("own"), _members),
    st.tuples(st.just("switch"), _members),
    st.tuples(st.just("begin"), st.integers(4, 6)),
    st.tuples(st.just("end"), _members),
)


@dataclass
class Member:
    """A member that has a session."""

    number: int
    session: Session | None


def read(page: Page, copy: Copy) -> bytes:
    """Return what a member gets, which is the same in parts and, if nothing is long, as a whole."""
    parts = b"".join(
        b"".join(part if not isinstance(part, (bytes, memoryview)) else [part]) for part, _ in page.parts(copy)
    )
    assert copy.is_long or page.copy(copy) == parts
    return parts


@given(st.lists(_steps, max_size=20), st.sampled_from([LF, CRLF, WITHOUT, VALUES]))
def test_a_copy_is_what_its_member_is_told(steps: list[tuple[str, object]], encoding: Encoding) -> None:
    """The bytes of a member who came, left or was told something else are those of its events, in order."""
    told, gone = Told(Memory()), set()
    for what, value in steps:
        if value in gone:
            continue
        if what == "everyone":
            told.say_goodbye(Notice(str(value)))
        elif isinstance(value, int):
            if what == "member":
                told.tell_one(value, Notice(f"for {value}"))
            elif what == "several":
                told.tell_one(value, Several([Notice(f"{n} for {value}") for n in range(value)]))
            elif what == "own":
                event = Said(0.0, "x", "x:1", f"from {value}")
                told.tell_everyone(event, Member(value, Session(f"s{value}", "x", "x", "x:1", line=value)))
            elif what == "switch" and told.copies.get(value, Copy()).switch is None:
                told.switch(value)
                told.tell_one(value, Notice("from here on other bytes"))
            elif what == "begin" and value not in told.copies:
                told.begin(value)
            elif what == "end":
                told.end(value)
                gone.add(value)
    page = Page(told.common, encoding)
    assert page.data == encode_all(told.heard_by(0), encoding)
    for number, copy in told.copies.items():
        assert read(page, copy) == encode_all(told.heard_by(number), encoding)
        if copy.switch is not None:
            before, after = copy.split()
            assert read(page, before) + read(page, after) == read(page, copy)
            assert read(page, after).startswith(encoding.encode(Notice("from here on other bytes")))


def encode_all(events: list[Event], encoding: Encoding) -> bytes:
    """Return the bytes of events, which may be long."""
    short = [part for event in events for part in (event.parts() if isinstance(event, Long) else [event])]
    return b"".join(map(encoding.encode, short))
