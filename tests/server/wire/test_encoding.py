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
from server.chat.hiding import Hiding
from server.chat.kinds import Event, Long, Own, Placed, Several
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
_rooms = st.sampled_from(["", "a", "b"])
_steps = st.one_of(
    st.tuples(st.just("everyone"), _rooms, st.text("ab世", min_size=1, max_size=3)),
    st.tuples(st.just("all rooms"), st.just(0), st.just("bye")),
    st.tuples(st.just("member"), _members, st.just("")),
    st.tuples(st.just("several"), _members, st.just("")),
    st.tuples(st.just("own"), _members, st.just("")),
    st.tuples(st.just("switch"), _members, st.just("")),
    st.tuples(st.just("move"), _members, _rooms),
    st.tuples(st.just("begin"), st.integers(4, 6), _rooms),
    st.tuples(st.just("end"), _members, st.just("")),
)


@dataclass
class Member:
    """A member that has a session."""

    number: int
    room: str
    session: Session | None


def read(page: Page, copy: Copy) -> bytes:
    """Return what a member gets, which is the same in parts and, if nothing is long, as a whole."""
    parts = b"".join(
        b"".join(part if not isinstance(part, (bytes, memoryview)) else [part]) for part, _ in page.parts(copy)
    )
    assert copy.is_long or page.copy(copy) == parts
    return parts


@given(st.lists(_steps, max_size=25), st.sampled_from([LF, CRLF, WITHOUT, VALUES]))
def test_a_copy_is_what_its_member_is_told(steps: list[tuple[str, int | str, str]], encoding: Encoding) -> None:
    """The bytes of a member who came, went, left or was told something else are those of its events, in order.

    Which events these are, a simple model says: a list for each member who is there.
    """
    members = {number: Member(number, "", None) for number in (0, 1, 2, 3)}
    told, gone, values = Told(Memory(), members, Hiding()), set(), set()
    heard: dict[int, list[Event]] = {number: [] for number in members}

    def tell(event: Event, *numbers: int) -> None:
        for number in numbers:
            heard[number].append(event)

    def there(room: str) -> list[int]:
        return [number for number, one in members.items() if one.room == room]

    for what, value, more in steps:
        if value in gone:
            continue
        if what == "everyone":
            event: Placed = Said(0.0, "x", "x:1", more, room=str(value))
            told.tell_everyone(event)
            tell(event, *there(event.room))
        elif what == "all rooms":
            told.tell_all_rooms(Notice(more))
            tell(Notice(more), *members)
        elif isinstance(value, int):
            if what == "member":
                told.tell_one(value, Notice(f"for {value}"))
                tell(Notice(f"for {value}"), value)
            elif what == "several":
                several = Several([Notice(f"{n} for {value}") for n in range(value)])
                told.tell_one(value, several)
                tell(several, value)
            elif what == "own":
                event = Said(0.0, "x", "x:1", f"from {value}")
                author = Member(value, members[value].room, Session(f"s{value}", "x", "x", "x:1", line=value))
                told.tell_everyone(event, author)
                tell(event, *(number for number in there(author.room) if number != value))
                tell(Own(event), value)
            elif what == "switch" and value not in values:
                told.switch(value)
                values.add(value)
            elif what == "move":
                told.move(value, more)
                members[value].room = more
            elif what == "begin" and value not in members:
                told.begin(value, more)
                members[value], heard[value] = Member(value, more, None), []
            elif what == "end":
                told.end(value)
                gone.add(value)
                del members[value]
    pages = {room: Page(events, encoding) for room, events in told.parts.items()}
    assert all(page.data == encode_all(told.parts[room], encoding) for room, page in pages.items())
    for number, events in heard.items():
        assert told.heard_by(number) == events
    for number, copy in told.copies.items():
        pieces = [(piece, read(pages[piece.room], piece)) for piece in copy.pieces()]
        assert b"".join(data for _, data in pieces) == encode_all(heard[number], encoding)
        assert sum(piece.switches for piece, _ in pieces) == (number in values)


def encode_all(events: list[Event], encoding: Encoding) -> bytes:
    """Return the bytes of events, which may be long."""
    short = [part for event in events for part in (event.parts() if isinstance(event, Long) else [event])]
    return b"".join(map(encoding.encode, short))
