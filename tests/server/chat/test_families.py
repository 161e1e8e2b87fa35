"""The places at which families of commands take part in what the room does."""

from __future__ import annotations

from server.chat.entries import Alive, Say
from server.chat.events import Done, Joined, Left, Said, Whispered
from server.chat.kept import Hider, Keeping
from server.chat.kinds import LOBBY, Own, Placed
from server.chat.room import Entry, Member, Room
from server.chat.told import Told
from server.commands.basic import Whisper
from server.wire.encoding import Text
from server.wire.pages import Page
from server.wire.values import Values

from ...support.chatting import COMMANDS, NOW, Chat

MUTED = Done("你已被禁言", "muted")
RESERVED = Done("请用 /login", "reserved")


def mute_alice(room: Room, member: Member, line: Entry) -> Done | None:
    """Refuse what alice says."""
    return MUTED if member.name == "alice" and isinstance(line, (Say, Whisper)) else None


def reserve_dave(room: Room, who: Keeping | None, key: str) -> Done | None:
    """Let nobody be called dave who has not shown that they are."""
    return RESERVED if key == "dave" and not (who and who.of(Login).is_dave) else None


class Login:
    """What a family knows of somebody."""

    is_dave = False


class Deaf(Hider):
    """A member that is not told who comes, nor what contains `secret`."""

    def hides(self, event: Placed) -> bool:
        return isinstance(event, (Joined, Left)) or "secret" in getattr(event, "text", "")


def make_deaf(chat: Chat, number: int) -> None:
    """Hide some events from a member."""
    chat.room.members[number].of(Deaf)
    chat.room.families.hiding.note(chat.room.members[number])


def test_a_filter_refuses_a_line(chat: Chat) -> None:
    """Its author is told why. Nobody else hears anything, and other lines are as they were."""
    chat.room.families.filters.append(mute_alice)
    chat.say(1, "hello", "to bob hello", "who", "rename alice")
    assert chat.read(1) == ["你已被禁言", "I'm live"] * 2 + [
        *("[a:1]alice:在线", "[b:2]bob:在线", "I'm live", "修改用户名为: alice", "I'm live")
    ]
    assert chat.read(2) == []
    chat.say(2, "hello")
    assert chat.read(1) == ["[b:2]bob:hello"]


def test_a_program_hears_later_that_its_line_was_filtered(chat: Chat) -> None:
    """As of every line that was refused."""
    chat.room.families.filters.append(mute_alice)
    chat.say(1, "/json")
    session = chat.room.members[1].session
    assert session
    at = chat.room.memory.end
    chat.say(1, "hello")
    chat.leave(1)
    chat.open(3, "a:3", f"/resume {session.token} {at}")
    assert chat.values(3)[0] == Done("你已被禁言", "muted", 1)


def test_families_hear_of_lines_that_are_refused(chat: Chat) -> None:
    """Once of each line, whoever was there first."""
    heard: list[tuple[str, str]] = []

    def hear(room: Room, member: Member, line: Entry, told: Told) -> None:
        heard.append((member.name, type(line).__name__))

    chat.room.families.filters.append(mute_alice)
    chat.room.families.hearers.append(hear)
    chat.say(1, "hello", "who")
    chat.say(2, "hello")
    assert heard == [("alice", "Say"), ("alice", "Who"), ("bob", "Say")]


def test_whose_name_it_is(chat: Chat) -> None:
    """It cannot be had by renaming, nor by coming in, but by whom the family knows."""
    chat.room.families.claims.append(reserve_dave)
    chat.say(1, "rename Dave", "rename bob")
    assert chat.read(1) == ["请用 /login", "I'm live", "该用户名已被使用", "I'm live"]
    assert chat.open(3, "c:3", "/json dave").name == "c:3"
    assert chat.values(3)[-1] == RESERVED
    chat.read(1)
    chat.room.members[1].of(Login).is_dave = True
    chat.say(1, "rename Dave")
    assert chat.read(1) == ["修改用户名为: Dave", "I'm live"]


def test_a_session_whose_name_is_somebody_elses_by_now(chat: Chat) -> None:
    """Its program comes in under its address, and is told why. If the family knows it, it keeps the name."""
    hello = chat.open(3, "c:3", "/json dave")
    chat.leave(3)
    chat.room.families.claims.append(reserve_dave)
    assert chat.open(4, "d:4", f"/resume {hello.session} {hello.at}").name == "d:4"
    assert chat.values(4)[-1] == RESERVED
    chat.room.members[4].of(Login).is_dave = True
    chat.say(4, "rename dave")
    chat.leave(4)
    assert chat.open(5, "e:5", f"/resume {hello.session} {hello.at}").name == "dave"


def test_a_late_resume_of_a_name_that_is_somebody_elses_by_now(chat: Chat) -> None:
    """The member has its address for a name."""
    hello = chat.open(3, "c:3", "/json dave")
    chat.leave(3)
    chat.room.families.claims.append(reserve_dave)
    chat.join(4, "d:4")
    chat.say(4, f"/resume {hello.session} {hello.at}")
    assert chat.values(4)[-1] == RESERVED
    assert set(chat.room.online_map) == {"alice", "bob", "d:4"}


def test_a_family_may_know_more_of_somebody_who_is_not_there(chat: Chat) -> None:
    """The first one that does gives the receipt for a private word."""
    chat.room.families.offline += [lambda room, key: None, lambda room, key: Done("请留言") if key == "dave" else None]
    chat.say(1, "to Dave later", "to eve later", "to bob now")
    assert chat.read(1) == ["请留言", "I'm live", "该用户不在线", "I'm live", "I'm live"]


def test_families_are_told_of_private_words(chat: Chat) -> None:
    """Also of one to the session of a program that is away, but not of one to nobody."""
    heard: list[tuple[str, str, bool]] = []

    def hear(room: Room, author: Member, receiver: Keeping, word: Whispered, told: Told) -> None:
        heard.append((author.name, word.to, isinstance(receiver, Member)))

    chat.room.families.written.append(hear)
    chat.open(3, "c:3", "/json carol")
    chat.leave(3)
    chat.say(1, "to BOB x", "to carol x", "to dave x")
    assert heard == [("alice", "bob", True), ("alice", "carol", False)]


def test_what_is_hidden_is_not_told(chat: Chat) -> None:
    """To that member alone, at its place within a batch. What it says itself is told to it all the same."""
    make_deaf(chat, 1)
    told = chat.apply(
        Say(2, NOW, "one"), Say(2, NOW, "secret"), Alive(1, NOW), Say(1, NOW, "my secret"), Say(2, NOW, "two")
    )
    lines = ["[b:2]bob:one", "I'm live", "[a:1]alice:my secret", "I'm live", "[b:2]bob:two"]
    assert chat.read(1) == lines
    for encoding in (Text("\n", True), Values()):
        page = Page(told.parts[LOBBY], encoding)
        expected = b"".join(map(encoding.encode, told.heard_by(1)))
        assert page.copy(told.copies[1]) == expected
        parts = [part for part, _ in page.parts(told.copies[1]) if isinstance(part, (bytes, memoryview))]
        assert b"".join(parts) == expected
    chat.join(3, "c:3", "carol")
    assert chat.read(2) == []
    chat.say(2, "secret")
    assert (chat.read(1), chat.read(3)) == ([], ["[b:2]bob:secret"])


def test_whoever_has_left_hides_nothing(chat: Chat) -> None:
    """Else every event would be looked at for ever."""
    make_deaf(chat, 1)
    assert chat.room.families.hiding.rooms
    chat.leave(1)
    assert not chat.room.families.hiding.rooms


def test_a_private_word_that_is_hidden_reaches_nobody(chat: Chat) -> None:
    """Its author, person or program, does not notice. It takes no place among the words that are kept."""
    make_deaf(chat, 1)
    chat.say(2, "to alice a secret")
    assert (chat.read(1), chat.read(2)) == ([], ["I'm live"])
    chat.open(3, "c:3", "/json carol")
    chat.say(3, "to alice a secret")
    event = chat.values(3)[-2]
    assert isinstance(event, Own)
    assert event.line() == "carol: a secret"
    chat.say(1, "/json")
    chat.leave(1)
    chat.say(2, *["to alice secret"] * 200, "to alice open")
    assert "该用户不在线" not in chat.read(2)


def test_a_program_that_comes_back_is_not_told_what_is_hidden(chat: Chat) -> None:
    """Neither what it has missed, nor what happens from then on. It hears of its own coming."""
    hello = chat.open(3, "c:3", "/json carol")
    make_deaf(chat, 3)
    chat.say(3, "own secret")
    chat.leave(3)
    chat.say(1, "a secret", "open")
    for number, count in (4, 1), (5, 100):
        chat.say(2, *["more secret"] * count)
        chat.open(number, "c:4", f"/resume {hello.session} {hello.at + 1}")
        chat.say(1, "secret too")
        heard = [part.event if isinstance(part, Own) else part for part in chat.values(number)]
        assert [event.text for event in heard if isinstance(event, Said)] == ["own secret", "open"]
        assert [event for event in heard if not isinstance(event, Said)] == [Joined(NOW, "carol", "c:4")]
        chat.leave(number)


def test_a_family_adds_to_the_room_when_it_begins() -> None:
    """The registry knows which want to."""
    room = COMMANDS.furnish(Room())
    assert room.families.written
    assert not Room().families.written
