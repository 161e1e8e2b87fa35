"""`/join`, `/leave` and `/rooms`, as whole conversations: who is told what in which room."""

from __future__ import annotations

import time

import pytest

from server.chat.archive import Gap
from server.chat.entries import Join, Say
from server.chat.events import Done, Joined, Left, Said, Users
from server.chat.for_programs import Renamed
from server.chat.kinds import Event, Own
from server.chat.memory import Memory
from server.chat.moves import Entered, Exited
from server.chat.room import Room
from server.chat.trail import MOST_STAYS
from server.commands import rooms
from server.commands.rooms import Rooms

from ...support.chatting import COMMANDS, NOW, Chat

CLOCK = time.strftime("%H:%M:%S", time.localtime(NOW))


@pytest.fixture
def carol(chat: Chat) -> Chat:
    """A chat with alice (1) and bob (2) in the lobby, and carol (3) in the room go. Everybody has read all of it."""
    chat.join(3, "c:3", "carol")
    chat.say(3, "/join go")
    for number in (1, 2, 3):
        chat.read(number)
    return chat


def plain(events: list[Event]) -> list[Event]:
    """Return events without the wrapping of own lines."""
    return [event.event if isinstance(event, Own) else event for event in events]


def test_a_room_is_entered(chat: Chat) -> None:
    """Those who stay read the leaving. Those in the other room read the coming, as does whoever comes."""
    chat.join(3, "c:3", "carol")
    chat.say(1, "/join go")
    chat.say(2, "/join #GO")
    assert chat.read(1) == ["[a:1]alice:进入 go", "I'm live", "[b:2]bob:进入 go"]
    assert chat.read(2) == ["[a:1]alice:离开 大厅", "[b:2]bob:进入 go", "I'm live"]
    assert chat.read(3) == ["[a:1]alice:离开 大厅", "[b:2]bob:离开 大厅"]
    chat.say(1, "/leave")
    assert chat.read(1) == ["[a:1]alice:进入 大厅", "I'm live"]
    assert chat.read(2) == ["[a:1]alice:离开 go"]
    assert chat.read(3) == ["[a:1]alice:进入 大厅"]


@pytest.mark.parametrize("line", ["/leave", "/join 大厅", "/join Lobby", "/join #大厅"])
def test_the_lobby_is_left_for_a_room_only(carol: Chat, line: str) -> None:
    """It can be entered by name as well."""
    carol.say(1, line)
    assert carol.read(1) == ["已经在大厅", "I'm live"]
    carol.say(3, line)
    assert carol.read(3) == ["[c:3]carol:进入 大厅", "I'm live"]


@pytest.mark.parametrize(
    "typed",
    ["大廳", "大厛", "大_厅", "lobby_", "l0bby", "1obby", "#LOBBY", "Iobby", "lоbby", "ｌｏｂｂｙ", "lòbby", "太厅"],
)
def test_no_room_looks_like_the_lobby(carol: Chat, typed: str) -> None:
    """Whoever types such a name goes to the lobby, so nobody is lured into another room."""
    carol.say(3, f"/join {typed}")
    assert carol.read(3) == ["[c:3]carol:进入 大厅", "I'm live"]


def test_a_room_may_have_the_lobbys_name_in_its_own(carol: Chat) -> None:
    """If it is another one at first sight."""
    carol.say(3, "/join 大厅1", "/join lobby2")
    assert carol.read(3) == ["[c:3]carol:进入 大厅1", "I'm live", "[c:3]carol:进入 lobby2", "I'm live"]


def test_each_room_is_a_chat_of_its_own(carol: Chat) -> None:
    """Talk, comings, leavings and new names are told in one room. Private words cross rooms."""
    carol.say(3, "quiet here", "/me waits", "rename eve", "to bob come in")
    carol.say(1, "hello", "to eve later")
    carol.join(4, "d:4")
    assert carol.room.members[3].room == "go"
    carol.say(2, "/join go", "here I am")
    assert carol.read(3) == ["[b:2]bob:进入 go", "[b:2]bob:here I am"]
    assert carol.read(2)[-2:] == ["[b:2]bob:here I am", "I'm live"]
    carol.leave(2)
    assert carol.read(3) == ["[b:2]bob:下线"]
    assert "[b:2]bob:下线" not in carol.read(1)


def test_private_words_cross_rooms(carol: Chat) -> None:
    """They and their replies."""
    carol.say(3, "to bob come in")
    carol.say(2, "/reply no")
    assert (carol.read(2), carol.read(3)) == (["carol: come in", "I'm live"], ["I'm live", "bob: no"])


def test_who_is_in_ones_room_and_who_is_anywhere(carol: Chat) -> None:
    """`who` is about the room, `/who all` says where everybody is. `who all` is talk, as ever."""
    carol.say(1, "who", "/who all", "who all", "/who else")
    assert carol.read(1) == [
        *("[a:1]alice:在线", "[b:2]bob:在线", "I'm live"),
        *("[a:1]alice:在线", "[b:2]bob:在线", "[c:3]carol:在线 go", "I'm live"),
        *("[a:1]alice:who all", "I'm live", "消息格式不正确，请使用 [/who [all]] 格式", "I'm live"),
    ]
    carol.say(3, "/who")
    assert carol.read(3) == ["[c:3]carol:在线", "I'm live"]
    carol.say(1, "/join go", "who")
    assert carol.read(1)[-3:] == ["[a:1]alice:在线", "[c:3]carol:在线", "I'm live"]


def test_the_rooms_are_listed(carol: Chat) -> None:
    """The fullest first, behind the lobby, which is always there. A room is there while somebody is in it."""
    carol.say(1, "/join 茶馆")
    carol.say(2, "/join 茶馆")
    carol.read(2)
    carol.say(2, "/rooms")
    assert carol.read(2) == ["大厅：0 人", "茶馆：2 人", "go：1 人", "I'm live"]
    carol.leave(3)
    program = carol.open(4, "d:4", "/json")
    assert program.room == ""
    carol.say(4, "/rooms", "/who all")
    listed, _, users, _ = carol.values(4)[1:]
    assert listed == Rooms([("", 1), ("茶馆", 2)], 1)
    assert users == Users([("a:1", "alice", "茶馆"), ("b:2", "bob", "茶馆"), ("d:4", "d:4")], 2)


def test_whois_says_where_somebody_is(carol: Chat) -> None:
    """Of the lobby it says nothing."""
    carol.say(1, "/whois carol", "/whois bob")
    assert [line for line in carol.read(1) if "房间" in line] == ["carol 在房间 go"]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("/join", "消息格式不正确，请使用 [/join 房间] 格式"),
        ("/join a b", "消息格式不正确，请使用 [/join 房间] 格式"),
        ("/join 1.2.3.4:5", "房间名不合法：不能使用地址的形式"),
        (f"/join {'x' * 33}", "房间名不合法：长度须为 1 到 32 个字符"),
        ("/join *", "房间名不合法：只能使用字母、数字和 _ - ."),
        ("/leave now", "消息格式不正确，请使用 [/leave] 格式"),
        ("/join #", "房间名不合法：长度须为 1 到 32 个字符"),
        ("/join ##go", "房间名不合法：只能使用字母、数字和 _ - ."),
    ],
)
def test_a_room_has_a_good_name(chat: Chat, line: str, text: str) -> None:
    """The rules are those of users' names."""
    chat.say(1, line)
    assert chat.read(1) == [text, "I'm live"]
    assert chat.room.members[1].room == ""


def test_there_are_not_too_many_rooms(carol: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is there already can still be entered."""
    monkeypatch.setattr(rooms, "MOST_ROOMS", 1)
    carol.say(1, "/join other", "/join go")
    assert carol.read(1) == ["房间过多，请加入已有的房间", "I'm live", "[a:1]alice:进入 go", "I'm live"]


def test_a_room_that_one_is_in_is_not_entered_again(carol: Chat) -> None:
    """Nobody is told anything."""
    carol.say(3, "/join go")
    assert carol.read(3) == ["I'm live"]


def test_many_moves_in_one_batch(chat: Chat) -> None:
    """Each hears what was said where they were at the time, in order."""
    chat.join(3, "c:3", "carol")
    lines = [(1, "one"), (2, "/join go"), (1, "two"), (2, "three"), (1, "/join go"), (3, "four"), (1, "five")]
    lines += [(2, "/join tea"), (1, "six"), (2, "seven"), (2, "/leave"), (3, "eight"), (2, "nine")]
    chat.apply(*(COMMANDS.parse(number, NOW, line) for number, line in lines))
    heard = {number: [line for line in chat.read(number) if line != "I'm live"] for number in (1, 2, 3)}
    assert heard[1] == [
        *("[a:1]alice:one", "[b:2]bob:离开 大厅", "[a:1]alice:two"),
        *("[a:1]alice:进入 go", "[a:1]alice:five", "[b:2]bob:离开 go", "[a:1]alice:six"),
    ]
    assert heard[2] == [
        *("[a:1]alice:one", "[b:2]bob:进入 go", "[b:2]bob:three", "[a:1]alice:进入 go", "[a:1]alice:five"),
        *("[b:2]bob:进入 tea", "[b:2]bob:seven", "[b:2]bob:进入 大厅", "[c:3]carol:eight", "[b:2]bob:nine"),
    ]
    assert heard[3] == [
        *("[a:1]alice:one", "[b:2]bob:离开 大厅", "[a:1]alice:two", "[a:1]alice:离开 大厅", "[c:3]carol:four"),
        *("[b:2]bob:进入 大厅", "[c:3]carol:eight", "[b:2]bob:nine"),
    ]


def test_the_farewell_goes_to_all_rooms(carol: Chat) -> None:
    """As the last that everyone hears."""
    carol.close()
    for number in (1, 2, 3):
        assert carol.read(number) == ["服务器关闭，连接中断"]


def test_the_past_is_that_of_the_room(carol: Chat) -> None:
    """In the lobby and in a room, for `/last` and for `/search`, also of what was said before one came."""
    carol.say(1, "lobby one")
    carol.say(3, "go one", "/me go two")
    carol.say(1, "lobby two")
    carol.say(2, "/last", "/search one", "/join go", "/last", "/last 1", "/search one", "/search two", "/search lobby")
    shown = [line for line in carol.read(2) if line.startswith((CLOCK, "没有"))]
    assert shown == [
        *(f"{CLOCK} [a:1]alice:lobby one", f"{CLOCK} [a:1]alice:lobby two", f"{CLOCK} [a:1]alice:lobby one"),
        *(f"{CLOCK} [c:3]carol:go one", f"{CLOCK} [c:3]carol * go two", f"{CLOCK} [c:3]carol * go two"),
        *(f"{CLOCK} [c:3]carol:go one", f"{CLOCK} [c:3]carol * go two", "没有找到"),
    ]
    carol.say(2, f"/last 5 {carol.room.memory.end}", "/join empty", "/last")
    assert carol.read(2)[-2:] == ["还没有消息", "I'm live"]


def test_a_room_is_replayed_to_whoever_comes() -> None:
    """If the server shows newcomers the last lines. In the lobby it shows none of a room."""
    chat = Chat(Room(replay=2))
    chat.join(1, "a:1", "alice")
    chat.say(1, "lobby", "/join go", "one", "two", "three")
    chat.join(2, "b:2", "bob")
    chat.apply(Join(3, NOW, "c:3"))
    assert chat.read(3)[1:] == ["以下是最近的 1 条消息", f"{CLOCK} [a:1]alice:lobby", "以上是之前的消息"]
    chat.read(2)
    chat.say(2, "/join go")
    assert chat.read(2) == [
        *("[b:2]bob:进入 go", "以下是最近的 2 条消息", f"{CLOCK} [a:1]alice:two", f"{CLOCK} [a:1]alice:three"),
        *("以上是之前的消息", "I'm live"),
    ]


def test_what_is_said_in_rooms_does_not_push_out_the_lobby() -> None:
    """The last talk of the lobby is always kept."""
    chat = Chat(Room(memory=Memory(0, most=8)))
    chat.join(1, "a:1", "alice")
    chat.say(1, "lobby", "/join go", *(str(number) for number in range(100)))
    chat.say(1, "/leave")
    chat.read(1)
    chat.say(1, "/last 1")
    assert chat.read(1) == [f"{CLOCK} [a:1]alice:lobby", "I'm live"]


def test_a_program_is_told_values(carol: Chat) -> None:
    """The moves of others, and its own with their numbers. Each event says in which room it was, if not in the lobby."""
    carol.open(4, "d:4", "/json dave")
    carol.values(4)
    carol.say(4, "/join go", "hi", "rename eve", "/leave", "/leave")
    heard = carol.values(4)
    assert plain(heard) == [
        Entered(NOW, "dave", "d:4", room="go", session=heard[0].event.session, number=1),  # type: ignore[attr-defined]
        Done(number=1),
        Said(NOW, "dave", "d:4", "hi", room="go", session=heard[0].event.session, number=2),  # type: ignore[attr-defined]
        Done(number=2),
        Renamed(NOW, "dave", "eve", "d:4", room="go", session=heard[0].event.session, number=3),  # type: ignore[attr-defined]
        Done("修改用户名为: eve", number=3),
        Entered(NOW, "eve", "d:4", session=heard[0].event.session, number=4),  # type: ignore[attr-defined]
        Done(number=4),
        Done("已经在大厅", "in_lobby", 5),
    ]
    carol.say(3, "/leave")
    assert carol.values(4) == [Entered(NOW, "carol", "c:3")]
    carol.say(3, "/join tea")
    assert carol.values(4) == [Exited(NOW, "carol", "c:3")]


def test_a_program_that_comes_back_is_in_its_room(carol: Chat) -> None:
    """It hears what that room has said, and what the room before has said up to its own move, and nothing else."""
    hello = carol.open(4, "d:4", "/json dave")
    at = carol.room.memory.end
    carol.say(1, "lobby one")
    carol.say(4, "/join go")
    carol.say(1, "lobby two", "to dave private")
    carol.say(3, "go one")
    carol.leave(4)
    carol.say(3, "go two")
    carol.say(2, "/join tea", "tea one")
    back = carol.open(5, "e:5", f"/resume {hello.session} {at}")
    assert (back.room, carol.room.members[5].room) == ("go", "go")
    carol.say(3, "go three")
    carol.say(1, "lobby three")
    assert [event.line() for event in carol.values(5)] == [
        *("[a:1]alice:lobby one", "[d:4]dave:进入 go", "alice: private", "[c:3]carol:go one", "[d:4]dave:下线"),
        *("[c:3]carol:go two", "[e:5]dave:已上线", "[c:3]carol:go three"),
    ]
    assert carol.read(3)[-2:] == ["[c:3]carol:go three", "I'm live"]
    assert "[e:5]dave:已上线" not in carol.read(1)
    assert not any(isinstance(event, Exited) and event.name == "dave" for event in carol.values(5))


def test_what_a_program_has_missed_before_too_many_moves_is_a_gap(carol: Chat) -> None:
    """Nobody knows any more in which room it was."""
    hello = carol.open(4, "d:4", "/json dave")
    carol.say(1, "lobby")
    carol.say(4, *(f"/join r{number}" for number in range(MOST_STAYS + 1)))
    carol.leave(4)
    carol.open(5, "e:5", f"/resume {hello.session} {hello.at}")
    gap, first, *_ = plain(carol.values(5))
    assert gap == Gap(hello.at)
    assert isinstance(first, Entered)
    assert first.room == "r1"


def test_a_late_resume_goes_into_the_room_of_the_session(carol: Chat) -> None:
    """Those in the room where it has been are told, as are those in the other one."""
    hello = carol.open(4, "d:4", "/json dave")
    carol.say(4, "/join go")
    carol.leave(4)
    carol.say(3, "missed")
    carol.read(3)
    carol.join(5, "e:5")
    told = carol.apply(
        Say(1, NOW, "before"), COMMANDS.parse(5, NOW, f"/resume {hello.session} {carol.room.memory.end - 2}")
    )
    carol.say(3, "after")
    assert [event.line() for event in carol.values(5)] == [
        *("[a:1]alice:before", "", "[c:3]carol:missed", "[e:5]dave:进入 go", "[c:3]carol:after")
    ]
    assert [piece.switches for piece in told.copies[5].pieces()] == [False, True]
    assert carol.read(1)[-1] == "[e:5]e:5:离开 大厅"
    assert carol.read(3)[:1] == ["[e:5]dave:进入 go"]


def test_a_connection_that_is_taken_over_leaves_its_room(carol: Chat) -> None:
    """Those in the room are told that it has gone, and that it is back."""
    hello = carol.open(4, "d:4", "/json dave")
    carol.say(4, "/join go")
    carol.read(1)
    carol.read(3)
    carol.open(5, "e:5", f"/resume {hello.session} {carol.room.memory.end}")
    assert carol.read(3) == ["[d:4]dave:下线", "[e:5]dave:已上线"]
    assert carol.read(1) == []


def test_a_person_who_asks_for_values_stays_in_the_room(carol: Chat) -> None:
    """The session knows from the beginning where it is."""
    hello = next(event for event in carol.apply(COMMANDS.parse(3, NOW, "/json")).heard_by(3))
    assert hello.room == "go"  # type: ignore[attr-defined]
    at = carol.room.memory.end
    carol.leave(3)
    carol.say(1, "lobby")
    assert carol.open(4, "d:4", f"/resume {hello.session} {at}").room == "go"  # type: ignore[attr-defined]
    assert plain(carol.values(4)) == [
        Left(NOW, "carol", "c:3", "lost", room="go"),
        Joined(NOW, "carol", "d:4", room="go"),
    ]


def test_whoever_is_quiet_moves_as_everybody_does(chat: Chat) -> None:
    """What is hidden from them in one room takes nothing away in the other, within one batch."""
    chat.join(3, "c:3", "carol")
    chat.say(3, "/join go")
    chat.say(1, "/quiet")
    chat.read(1)
    lines = [
        (3, "one"),
        (1, "/join go"),
        (3, "two"),
        (2, "lobby"),
        (1, "/leave"),
        (2, "three"),
        (1, "/join tea"),
        (1, "four"),
    ]
    told = chat.apply(*(COMMANDS.parse(number, NOW, line) for number, line in lines))
    assert chat.read(1) == [
        *("[a:1]alice:进入 go", "I'm live", "[c:3]carol:two", "[a:1]alice:进入 大厅", "I'm live", "[b:2]bob:three"),
        *("[a:1]alice:进入 tea", "I'm live", "[a:1]alice:four", "I'm live"),
    ]
    for copy in told.copies.values():
        for piece in copy.pieces():
            assert all(place >= piece.start for place, _, _ in piece.insertions)


def test_a_quiet_program_that_resumes_late_sees_its_own_move(carol: Chat) -> None:
    """But not those of others."""
    hello = carol.open(4, "d:4", "/json dave")
    carol.say(4, "/quiet", "/join go")
    carol.leave(4)
    carol.join(5, "e:5")
    carol.apply(COMMANDS.parse(5, NOW, f"/resume {hello.session} {carol.room.memory.end}"))
    carol.say(1, "/join go")
    assert [event.line() for event in carol.values(5)] == ["", "[e:5]dave:进入 go"]


def test_whoever_is_quiet_does_not_see_moves(carol: Chat) -> None:
    """In whatever room. Whoever is ignored is ignored in all of them."""
    carol.say(1, "/quiet", "/ignore bob", "/join go")
    carol.read(1)
    carol.say(2, "/join go", "hello", "/leave")
    assert carol.read(1) == []
    assert carol.read(3)[-3:] == ["[b:2]bob:进入 go", "[b:2]bob:hello", "[b:2]bob:离开 go"]
    carol.say(1, "/leave")
    carol.read(1)
    carol.say(2, "lobby")
    carol.leave(3)
    assert carol.read(1) == []
