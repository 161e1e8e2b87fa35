"""The room, by value: names, what each member is told, and that the same log always gives the same room."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from server.chat.entries import Alive, Close, Join, Leave, Say
from server.chat.events import DONE, Bye, Joined, Left, Said
from server.chat.kinds import LOBBY
from server.chat.names import fold
from server.chat.refusals import Refuse, TooLong
from server.chat.room import Entry, Room
from server.commands.basic import Rename, Whisper, Who

from ...support.chatting import COMMANDS, NOW, Chat


def test_a_newcomer_hears_nothing_from_before(chat: Chat) -> None:
    """Their own 已上线 is the first that they hear, also within one batch."""
    told = chat.apply(Say(1, NOW, "before"), Join(3, NOW, "c:3"), Say(2, NOW, "after"))
    assert told.heard_by(3) == [Joined(NOW, "c:3", "c:3"), Said(NOW, "bob", "b:2", "after")]
    assert told.heard_by(1)[1:] == [DONE, *told.heard_by(3)]


def test_a_member_that_leaves_hears_what_was_said_before(chat: Chat) -> None:
    """It hears nothing that was said later. The others hear of the leave once, and the name is free."""
    told = chat.apply(Say(1, NOW, "before"), Leave(1, NOW, "idle", "bye"), Say(2, NOW, "after"))
    assert told.heard_by(1) == [Said(NOW, "alice", "a:1", "before"), DONE, Bye("idle", "bye")]
    assert told.heard_by(2)[1:3] == [Left(NOW, "alice", "a:1", "idle"), Said(NOW, "bob", "b:2", "after")]
    chat.say(2, "rename alice")
    assert chat.read(2)[-2:] == ["修改用户名为: alice", "I'm live"]


def test_lines_of_a_member_that_has_left_do_nothing(chat: Chat) -> None:
    """Nobody is told anything by them, and the member cannot leave twice."""
    chat.leave(1)
    chat.read(2)
    told = chat.apply(Say(1, NOW, "x"), Who(1, NOW), TooLong(1, NOW, "x"), Leave(1, NOW, "lost"))
    assert (told.parts[LOBBY], told.copies) == ([], {})


def test_replies_and_receipts_stand_at_their_place(chat: Chat) -> None:
    """Within one batch they come between the common events, in the order of the entries."""
    told = chat.apply(
        Alive(1, NOW), Say(1, NOW, "1"), Refuse(2, NOW, "no", "bad_format"), Say(2, NOW, "2"), Alive(1, NOW)
    )
    first, second = Said(NOW, "alice", "a:1", "1"), Said(NOW, "bob", "b:2", "2")
    assert told.heard_by(1) == [DONE, first, DONE, second, DONE]
    assert [event.line() for event in told.heard_by(2)] == [first.line(), "no", second.line(), ""]


def test_an_address_that_comes_back_before_its_leave(chat: Chat) -> None:
    """The leave of the old member does not remove the new one with the same address, not even after a rename."""
    chat.join(3, "c:3")
    chat.join(4, "c:3")
    chat.leave(3)
    chat.say(1, "to c:3 hi")
    assert chat.read(4) == ["[c:3]c:3:下线", "alice: hi"]
    chat.say(4, "rename carol")
    chat.leave(4)
    assert set(chat.room.online_map) == {"alice", "bob"}


def test_the_farewell_is_the_last_that_everyone_hears(chat: Chat) -> None:
    """It comes after everything that was said before it, and nothing comes after it."""
    told = chat.apply(Say(1, NOW, "before"), Close(0, NOW), Say(1, NOW, "after"), Leave(2, NOW, "lost"))
    goodbye = Bye("closing", "服务器关闭，连接中断")
    assert told.heard_by(2) == [Said(NOW, "alice", "a:1", "before"), goodbye]
    assert told.heard_by(1) == [Said(NOW, "alice", "a:1", "before"), DONE, goodbye]


def test_a_newcomer_to_a_closed_room_is_sent_away(chat: Chat) -> None:
    """It is told the farewell, and nobody else hears of it."""
    chat.close()
    told = chat.apply(Join(3, NOW, "c:3"))
    assert told.heard_by(3) == [Bye("closing", "服务器关闭，连接中断")]
    assert (told.parts[LOBBY], told.copies[3].end) == ([], 0)
    assert chat.room.members == {}


def test_ones_own_name_in_other_case_is_free(chat: Chat) -> None:
    """It is free to its holder, and to nobody else."""
    chat.say(1, "rename ALICE")
    chat.say(2, "rename ａlice")
    assert chat.read(1) == ["修改用户名为: ALICE", "I'm live"]
    assert chat.read(2) == ["该用户名已被使用", "I'm live"]


def test_two_members_cannot_swap_their_names(chat: Chat) -> None:
    """Each keeps its own name, because a name is free only when its holder has another."""
    chat.say(1, "rename bob")
    chat.say(2, "rename alice")
    assert chat.read(1) == chat.read(2) == ["该用户名已被使用", "I'm live"]


def test_the_first_in_the_log_gets_a_name_that_many_want(chat: Chat) -> None:
    """The others keep their names."""
    for number in range(3, 20):
        chat.join(number, f"c:{number}")
    chat.apply(*(COMMANDS.parse(number, NOW, "rename winner") for number in (7, *range(3, 20))))
    assert chat.room.online_map["winner"].number == 7
    assert len(chat.room.online_map) == len(chat.room.members) == 19


_numbers = st.integers(1, 5)
_names = st.sampled_from(["小明", "bob", "BOB", "Ｂｏｂ", "José", "x_1"])
_texts = st.text(min_size=1, max_size=10)


def _renames(number: int, name: str) -> Rename:
    return Rename(number, NOW, name, fold(name))


def _whispers(number: int, name: str, text: str) -> Whisper:
    return Whisper(number, NOW, fold(name), text)


_entries: st.SearchStrategy[Entry] = st.one_of(
    st.builds(lambda number: Join(number, NOW, f"h:{number}"), _numbers),
    st.builds(lambda number, text: Say(number, NOW, text), _numbers, _texts),
    st.builds(_renames, _numbers, _names),
    st.builds(_whispers, _numbers, _names, _texts),
    st.builds(lambda number: Who(number, NOW), _numbers),
    st.builds(lambda number: Leave(number, NOW, "quit", "bye"), _numbers),
    st.builds(lambda number, line: COMMANDS.parse(number, NOW, line), _numbers, _texts),
    st.just(Close(0, NOW)),
)


def _without_second_joins(entries: list[Entry]) -> list[Entry]:
    """Return `entries` without a second Join of one number. In the log each connection has its own number."""
    joined: set[int] = set()
    kept = []
    for entry in entries:
        if not (isinstance(entry, Join) and entry.number in joined):
            kept.append(entry)
        if isinstance(entry, Join):
            joined.add(entry.number)
    return kept


@given(st.lists(_entries, max_size=40), st.data())
def test_two_rooms_that_apply_the_same_log_are_equal(entries: list[Entry], data: st.DataObject) -> None:
    """They tell their members the same, whatever batches each cuts the log into."""
    entries = _without_second_joins(entries)
    one, other = Chat(), Chat()
    for entry in entries:
        one.apply(entry)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(entries)), max_size=3)))
    for start, end in zip([0, *cuts], [*cuts, len(entries)], strict=True):
        other.apply(*entries[start:end])
    assert one.room == other.room
    assert {n: heard for n, heard in one.heard.items() if heard} == {
        n: heard for n, heard in other.heard.items() if heard
    }


@given(st.lists(_entries, max_size=40))
def test_a_name_has_one_holder(entries: list[Entry]) -> None:
    """After each entry of any log, the map of names agrees with the members."""
    room = Room()
    for entry in _without_second_joins(entries):
        room.apply([entry])
        assert {member.number for member in room.online_map.values()} == room.members.keys()
        assert all(key == member.key == fold(member.name) for key, member in room.online_map.items())
