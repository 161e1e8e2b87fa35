"""`/json` and `/resume`, by value: what a program is told, and that nothing is lost or doubled when it comes back."""

from __future__ import annotations

import pytest

from server.chat.archive import Gap
from server.chat.entries import Alive, Join, Say
from server.chat.events import Bye, Done, Joined, Left, Said, Users, Whispered
from server.chat.for_programs import Renamed
from server.chat.kinds import Event, Own, Placed
from server.chat.memory import Memory
from server.chat.refusals import EndOfTooLong, TooLong
from server.chat.room import Room
from server.chat.sessions import MOST_KEPT
from server.commands.sessions import Expire, Hello

from ...support.chatting import COMMANDS, NOW, Chat


@pytest.fixture
def carol(chat: Chat) -> Hello:
    """A program (3) beside alice and bob, who have read that it came."""
    hello = chat.open(3, "c:3", "/json carol")
    for number in (1, 2, 3):
        chat.heard[number].clear()
    return hello


def own(event: Event) -> Event:
    """Return the event of an own line, which the test compares without its wrapping."""
    assert isinstance(event, Own)
    return event.event


def resume(chat: Chat, number: int, hello: Hello, at: int) -> Hello:
    """Come back with a session. Return the hello, and leave what was missed in `chat.values`."""
    return chat.open(number, f"c:{number}", f"/resume {hello.session} {at}")


def test_a_program_comes_in_under_its_name(chat: Chat) -> None:
    """The others read the name at once. The hello is the first that the program is told."""
    hello = chat.open(3, "c:3", "/json carol")
    assert (hello.taken, hello.addr, hello.name) == (0, "c:3", "carol")
    assert len(hello.session) == 32
    assert chat.read(1) == ["[c:3]carol:已上线"]
    assert chat.values(3) == [Joined(NOW, "carol", "c:3")]


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("ALICE", "该用户名已被使用", "name_taken"),
        ("who", "用户名不合法：不能使用命令的名称", "name_bad"),
    ],
)
def test_a_program_whose_name_cannot_be_had_comes_in_under_its_address(
    chat: Chat, name: str, text: str, code: str
) -> None:
    """A receipt without a number says why, because the count begins after this line."""
    assert chat.open(3, "c:3", f"/json {name}").name == "c:3"
    assert chat.read(1) == ["[c:3]c:3:已上线"]
    assert chat.values(3)[-1] == Done(text, code)
    chat.say(3, "")
    assert chat.values(3) == [Done(number=1)]


def test_a_member_goes_over_to_values(chat: Chat) -> None:
    """What it hears before is text, its name may change, and its lines are counted from here on."""
    told = chat.apply(Say(2, NOW, "text"), COMMANDS.parse(1, NOW, "/json carol"), Say(2, NOW, "value"))
    heard = told.heard_by(1)
    assert [type(event) for event in heard] == [Said, Hello, Own, Said]
    assert own(heard[2]) == Renamed(NOW, "alice", "carol", "a:1", session=chat.room.members[1].session.digest)  # type: ignore[union-attr]
    before, after = told.copies[1].pieces()
    assert (list(before.events()), list(after.events())) == (heard[:1], heard[1:])
    assert (before.switches, after.switches) == (False, True)
    chat.say(1, "hi")
    assert chat.read(2)[-1] == "[a:1]carol:hi"


def test_a_second_json_is_a_line_like_any_other(chat: Chat, carol: Hello) -> None:
    """It is greeted again, with the same session, and gets a receipt."""
    chat.say(3, "/json dave", "/json bob", "/json a b")
    hello, renamed, done, again, taken, bad = chat.values(3)
    assert isinstance(hello, Hello)
    assert isinstance(again, Hello)
    assert (hello.session, hello.taken, hello.name, again.name) == (carol.session, 1, "dave", "dave")
    assert own(renamed).line() == ""
    assert (done, taken) == (Done(number=1), Done("该用户名已被使用", "name_taken", 2))
    assert bad == Done("消息格式不正确，请使用 [/json [用户名]] 格式", "bad_format", 3)
    chat.leave(3)
    resume(chat, 4, carol, carol.at)
    assert [event for event in chat.values(4) if isinstance(event, Done)] == [taken, bad]


def test_each_line_has_its_number(chat: Chat, carol: Hello) -> None:
    """The number is in the program's own copy and in the receipt, and in nobody else's."""
    chat.say(3, "hi", "", "who", "to bob psst", "to nobody x", "rename Dave", "/me waves")
    said, *rest, emoted, last = chat.values(3)
    assert isinstance(own(said), Said)
    assert [event for event in rest if isinstance(event, Done)] == [
        *(Done(number=number) for number in range(1, 5)),
        Done("该用户不在线", "not_online", 5),
        Done("修改用户名为: Dave", number=6),
    ]
    users, whispered, renamed = (event for event in rest if not isinstance(event, Done))
    assert isinstance(users, Users)
    assert users.number == 3
    assert own(whispered).line() == "carol: psst"
    assert [event.number for event in map(own, (said, whispered, renamed, emoted)) if isinstance(event, Placed)] == [
        *(1, 4, 6, 7)
    ]
    assert last == Done(number=7)
    assert not any(isinstance(event, Own) for event in chat.values(1) + chat.values(2))


def test_a_line_that_is_too_long_has_its_number_too(chat: Chat, carol: Hello) -> None:
    """A person is told at once. A program is told in the receipt, when the line has ended."""
    for number in (1, 3):
        chat.apply(TooLong(number, NOW, "long"), EndOfTooLong(number, NOW, "long"))
    assert chat.values(3) == [Done("long", "too_long", 1)]
    assert chat.read(1) == ["long", "I'm live"]


def test_text_users_are_not_told_of_a_rename(chat: Chat, carol: Hello) -> None:
    """Programs are, whoever renames."""
    chat.say(1, "rename dave")
    chat.say(2, "rename bob")
    assert chat.values(3) == [Renamed(NOW, "alice", "dave", "a:1")]
    assert chat.read(2) == ["修改用户名为: bob", "I'm live"]


def test_a_program_that_comes_back_hears_what_it_has_missed(chat: Chat, carol: Hello) -> None:
    """In order and once: talk, private words, refusals, who came and went; then what happens from here on."""
    chat.say(3, "one", "to nobody x")
    at = chat.room.memory.end - 1  # the refusal has not arrived any more
    chat.leave(3)
    chat.values(3)
    chat.say(1, "two", "to carol three", "to bob four")
    hello = resume(chat, 4, carol, at)
    chat.say(2, "five")
    assert (hello.session, hello.taken, hello.name, hello.addr) == (carol.session, 2, "carol", "c:4")
    assert chat.values(4) == [
        Done("该用户不在线", "not_online", 2),
        Left(NOW, "carol", "c:3", "lost"),
        Said(NOW, "alice", "a:1", "two"),
        Whispered(NOW, "alice", "carol", "three", chat.room.members[4].session.digest),  # type: ignore[union-attr]
        Joined(NOW, "carol", "c:4"),
        Said(NOW, "bob", "b:2", "five"),
    ]
    assert hello.at == chat.room.memory.end - 2
    assert chat.read(1)[-3:] == ["I'm live", "[c:4]carol:已上线", "[b:2]bob:five"]


def test_own_lines_are_known_when_they_are_heard_later(chat: Chat, carol: Hello) -> None:
    """They have their numbers, so the program sees which of them were said."""
    at = chat.room.memory.end
    chat.say(3, "one", "to bob two")
    chat.leave(3)
    resume(chat, 4, carol, at)
    first, second, left, joined = chat.values(4)
    assert [(own(first).line(), own(second).line())] == [("[c:3]carol:one", "carol: two")]
    assert isinstance(left, Left)
    assert isinstance(joined, Joined)


def test_lines_of_the_old_connection_are_not_taken_any_more(chat: Chat, carol: Hello) -> None:
    """The hello has said how many were. The old connection ends, and is told why."""
    chat.say(3, "one")
    at = chat.room.memory.end
    told = chat.apply(
        Join(4, NOW, "c:4", COMMANDS.parse(4, NOW, f"/resume {carol.session} {at}")),  # type: ignore[arg-type]
        Say(3, NOW, "two"),
        Say(4, NOW, "two"),
    )
    assert told.heard_by(3) == [Bye("resumed", "会话已在另一连接上恢复，连接中断")]
    assert told.copies[3].evicted
    assert chat.read(1) == ["[c:3]carol:one", "[c:3]carol:下线", "[c:4]carol:已上线", "[c:4]carol:two"]
    assert chat.values(4)[-1] == Done(number=2)


def test_a_resume_that_comes_late_takes_the_name_over(chat: Chat, carol: Hello) -> None:
    """The connection has come in under its address already. It goes on under the session's name."""
    chat.leave(3)
    chat.join(4, "c:4")
    at = chat.room.memory.end
    chat.say(1, "missed")
    told = chat.apply(COMMANDS.parse(4, NOW, f"/resume {carol.session} {at}"))
    hello, said, renamed = told.heard_by(4)
    assert isinstance(hello, Hello)
    assert (hello.session, hello.name) == (carol.session, "carol")
    assert isinstance(said, Said)
    assert renamed == Renamed(NOW, "c:4", "carol", "c:4")
    assert set(chat.room.online_map) == {"alice", "bob", "carol"}


def test_a_program_can_change_its_session(chat: Chat, carol: Hello) -> None:
    """The one that it gives up has ended, and a token that nobody has changes nothing."""
    other = chat.open(4, "d:4", "/json dave")
    chat.leave(4)
    chat.say(3, f"/resume {other.session} {chat.room.memory.end}", "/resume nothing 5", "hi")
    assert chat.room.members[3].name == "dave"
    assert list(chat.room.sessions.by_digest) == [chat.room.members[3].session.digest]  # type: ignore[union-attr]
    refused = Done("会话不存在或已过期", "no_session")
    assert refused in chat.values(3)
    assert resume(chat, 5, carol, 0).session != carol.session


def test_an_unknown_session_is_a_new_one(chat: Chat, carol: Hello) -> None:
    """What everyone may know since that place is told all the same, but no private word."""
    at = chat.room.memory.end
    chat.say(1, "public", "to carol private")
    hello = chat.open(4, "x:4", f"/resume {'0' * 32} {at}")
    assert (hello.taken, hello.name) == (0, "x:4")
    assert hello.session != carol.session
    assert chat.values(4) == [
        Said(NOW, "alice", "a:1", "public"),
        Joined(NOW, "x:4", "x:4"),
        Done("会话不存在或已过期", "no_session"),
    ]


def test_whoever_has_no_session_is_told_nothing_from_the_archive() -> None:
    """Else a stranger could have a whole history read, again and again."""
    chat = Chat(Room(memory=Memory(1000, most=8)))
    chat.join(1, "a:1", "alice")
    for number in range(20):
        chat.say(1, str(number))
    chat.say(1, "")
    chat.open(4, "x:4", f"/resume {'0' * 32} 7")
    gap, *known = chat.values(4)
    assert gap == Gap(7)
    assert [event.text for event in known if isinstance(event, Said)] == [str(number) for number in range(20)][-8:]


@pytest.mark.parametrize(
    "line", ["/resume", "/resume x", "/resume x y", "/resume x 1 2", "/resume x ²", "/resume x -1"]
)
def test_a_resume_that_makes_no_sense_is_refused(chat: Chat, line: str) -> None:
    """Its author stays a user of text."""
    chat.say(1, line)
    assert chat.read(1) == ["消息格式不正确，请使用 [/resume 会话 位置] 格式", "I'm live"]


def test_a_name_is_kept_while_its_program_is_away(chat: Chat, carol: Hello) -> None:
    """Nobody else can have it, until the session has ended. Private words are kept too, so many and no more."""
    chat.leave(3)
    session = chat.room.sessions.held
    expire = Expire(0, NOW, *((digest, one.held_since) for digest, one in session.items()).__next__())
    chat.heard[1].clear()
    chat.say(1, "rename CAROL", *["to carol x"] * (MOST_KEPT + 1))
    assert chat.read(1) == ["该用户名已被使用", "I'm live", *["I'm live"] * MOST_KEPT, "该用户不在线", "I'm live"]
    chat.apply(expire)
    chat.say(1, "to carol x", "rename carol")
    assert chat.read(1) == ["该用户不在线", "I'm live", "修改用户名为: carol", "I'm live"]
    assert resume(chat, 4, carol, 0).name == "c:4"


def test_a_session_that_has_been_taken_up_does_not_expire(chat: Chat, carol: Hello) -> None:
    """The entry names the place at which the session lost its connection. It has done so again since then."""
    chat.leave(3)
    (session,) = chat.room.sessions.held.values()
    expire = Expire(0, NOW, session.digest, session.held_since)
    resume(chat, 4, carol, 0)
    chat.apply(expire)
    chat.leave(4)
    chat.apply(expire)
    assert resume(chat, 5, carol, 0).session == carol.session


def test_whoever_quits_needs_no_session(chat: Chat, carol: Hello) -> None:
    """Its name is free at once. It gets its receipt, and a last object."""
    chat.say(3, "/quit")
    assert chat.values(3) == [Done(number=1), Bye("quit", "")]
    chat.say(1, "rename carol")
    assert "修改用户名为: carol" in chat.read(1)
    assert resume(chat, 4, carol, 0).session != carol.session


def test_an_address_is_not_kept_for_anybody(chat: Chat) -> None:
    """A session without a name has the address of its present connection for one."""
    hello = chat.open(3, "c:3", "/json")
    chat.leave(3)
    chat.join(5, "c:3")
    assert resume(chat, 4, hello, chat.room.memory.end).name == "c:4"
    assert set(chat.room.online_map) == {"alice", "bob", "c:3", "c:4"}


def test_what_the_memory_has_forgotten_is_a_gap() -> None:
    """What it knows comes after that. A place that is not known, because it was lost, is a gap as well."""
    chat = Chat(Room(memory=Memory(1000, most=8)))
    chat.join(1, "a:1", "alice")
    hello = chat.open(3, "c:3", "/json carol")
    chat.leave(3)
    for number in range(20):
        chat.say(1, f"{number}")
    chat.say(1, "")  # the memory forgets at the next batch
    resume(chat, 4, hello, hello.at)
    gap, *known = chat.values(4)
    assert gap == Gap(hello.at)
    assert [event.text for event in known if isinstance(event, Said)] == [str(number) for number in range(12, 20)]
    chat.leave(4)
    end = chat.room.memory.end
    resume(chat, 5, hello, end + 7)
    assert chat.values(5) == [Gap(end), Joined(NOW, "carol", "c:5")]


def test_many_lines_that_were_missed_are_made_while_they_are_sent(chat: Chat, carol: Hello) -> None:
    """They are one long event, so that nobody waits for them under the map lock."""
    chat.leave(3)
    chat.heard[3].clear()
    for number in range(100):
        chat.say(1, f"{number}", "to bob psst")
    told = chat.apply(Join(4, NOW, "c:4", COMMANDS.parse(4, NOW, f"/resume {carol.session} {carol.at}")))  # type: ignore[arg-type]
    assert told.copies[4].is_long
    assert len(told.copies[4].insertions) == 2
    texts = [event.text for event in chat.values(4) if isinstance(event, Said)]
    assert texts == [str(number) for number in range(100)]


def test_a_word_to_oneself_is_one_object(chat: Chat, carol: Hello) -> None:
    """Also when it is heard later."""
    chat.say(3, "to carol hm")
    at = chat.room.memory.end - 1
    heard = chat.values(3)
    assert [type(event) for event in heard] == [Own, Done]
    chat.leave(3)
    resume(chat, 4, carol, at)
    assert chat.values(4)[0] == heard[0]


def test_a_closed_room_says_so_in_values(chat: Chat) -> None:
    """The goodbye of a program that comes too late is one object."""
    chat.close()
    told = chat.apply(Join(3, NOW, "c:3", COMMANDS.parse(3, NOW, "/json")))  # type: ignore[arg-type]
    assert told.heard_by(3) == [Bye("closing", "服务器关闭，连接中断")]
    assert [piece.switches for piece in told.copies[3].pieces()] == [True]


def test_a_heartbeat_counts(chat: Chat, carol: Hello) -> None:
    """Each line has a number, also one that says nothing."""
    chat.apply(Alive(3, NOW), Alive(3, NOW))
    assert chat.values(3) == [Done(number=1), Done(number=2)]
