"""The room and the commands, without sockets."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import cast

import pytest

from server.commands import do_message
from server.outbox import Outbox
from server.room import MESSAGE_CAPACITY, Room
from server.user import User


class FakeOutbox:
    """Keeps what is put into it."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.closed = False

    def put(self, data: bytes) -> None:
        if not self.closed:
            self.parts.append(data)

    def close(self) -> None:
        self.closed = True


def parts(user: User) -> list[bytes]:
    return cast(FakeOutbox, user.outbox).parts


def heard(user: User) -> str:
    """All that a user was sent, which is then forgotten."""
    text = b"".join(parts(user)).decode()
    parts(user).clear()
    return text


def broadcast(room: Room, user: User, text: str) -> None:
    room.broadcast(user, text)
    room.flush(user)


def send(room: Room, user: User, text: str) -> None:
    room.send(user, text)
    room.flush(user)


def deliver(room: Room) -> None:
    """Be the broadcaster for what waits now."""
    room._fan_out(room.message.get_all())


@pytest.fixture
def room() -> Room:
    return Room()


@pytest.fixture
def join(room: Room) -> Callable[[str], User]:
    def join(addr: str) -> User:
        user = User(addr, cast(Outbox, FakeOutbox()), 0.0)
        room.online(user)
        deliver(room)
        return user

    return join


@pytest.fixture
def pair(join: Callable[[str], User]) -> tuple[User, User]:
    first, second = join("a:1"), join("b:2")
    assert (heard(first), heard(second)) == ("[a:1]a:1:已上线\n[b:2]b:2:已上线\n", "[b:2]b:2:已上线\n")
    return first, second


@pytest.mark.parametrize(
    ("line", "asker", "other"),
    [
        ("hi", "[a:1]a:1:hi\n", "[a:1]a:1:hi\n"),
        ("", None, None),
        ("who", "[a:1]a:1:在线\n[b:2]b:2:在线\n", None),
        ("rename x", "修改用户名为: x\n", None),
        ("rename b:2", "用户名不合法：不能使用地址的形式\n", None),
        ("to b:2 hi", None, "a:1: hi\n"),
        ("to x hi", "该用户不在线\n", None),
        ("/x", "未知命令，输入 /help 查看帮助\n", None),
    ],
)
def test_a_command_does(room: Room, pair: tuple[User, User], line: str, asker: str | None, other: str | None) -> None:
    """What the asker hears and what the other hears."""
    assert do_message(room, pair[0], line)
    room.flush(pair[0])
    broadcast(room, pair[1], "next")
    deliver(room)
    assert heard(pair[0]) == (asker or "") + "[b:2]b:2:next\n"
    assert heard(pair[1]) == (other or "") + "[b:2]b:2:next\n"


def test_quit_asks_to_leave(room: Room, pair: tuple[User, User]) -> None:
    """The caller does the leaving."""
    assert not do_message(room, pair[0], "/quit")


def test_everyone_is_handed_one_object(room: Room, join: Callable[[str], User]) -> None:
    """All that waits is joined once, for all who want the same line ends."""
    users = [join(f"a:{number}") for number in range(4)]
    users[2].crlf = users[3].crlf = True
    for user in users:
        heard(user)
    broadcast(room, users[0], "one")
    broadcast(room, users[1], "two")
    deliver(room)
    assert [len(parts(user)) for user in users] == [1, 1, 1, 1]
    assert parts(users[0])[0] is parts(users[1])[0]
    assert parts(users[2])[0] is parts(users[3])[0]
    assert heard(users[0]) == "[a:0]a:0:one\n[a:1]a:1:two\n"
    assert heard(users[2]) == "[a:0]a:0:one\r\n[a:1]a:1:two\r\n"


def test_ones_own_lines_stand_at_their_places(room: Room, pair: tuple[User, User]) -> None:
    """Replies and receipts come between the broadcasts as they were made, in one batch."""
    first, second = pair
    send(room, first, "r0")
    broadcast(room, first, "1")
    send(room, first, "r1")
    send(room, second, "s1")
    broadcast(room, second, "2")
    send(room, first, "r2")
    deliver(room)
    assert heard(first) == "r0\n[a:1]a:1:1\nr1\n[b:2]b:2:2\nr2\n"
    assert heard(second) == "[a:1]a:1:1\ns1\n[b:2]b:2:2\n"
    assert not first.outbox.closed
    assert not second.outbox.closed


def test_who_leaves_hears_what_was_said_before(room: Room, pair: tuple[User, User]) -> None:
    """And nothing after; the others hear it once; the name is free."""
    first, second = pair
    do_message(room, first, "rename x")
    do_message(room, first, "before")
    room.offline(first)
    broadcast(room, second, "after")
    deliver(room)
    assert heard(first) == "修改用户名为: x\n[a:1]x:before\n"
    assert first.outbox.closed
    assert heard(second) == "[a:1]x:before\n[a:1]x:下线\n[b:2]b:2:after\n"
    assert room.who() == ["[b:2]b:2:"]
    assert room.rename(second, "x")


def test_an_address_that_is_back_before_it_has_left(room: Room, join: Callable[[str], User]) -> None:
    """The leave of the one is not taken for the other's, also after a rename."""
    old = join("a:1")
    new = join("a:1")
    room.offline(old)
    deliver(room)
    assert room.find("a:1") is new
    assert room.rename(new, "x")
    room.offline(new)
    deliver(room)
    assert room.users() == []


def test_the_farewell_is_the_last_that_everyone_hears(room: Room, pair: tuple[User, User]) -> None:
    """Behind all that was said before it."""
    broadcast(room, pair[0], "before")
    room.farewell("bye")
    deliver(room)
    for user in pair:
        assert heard(user) == "[a:1]a:1:before\nbye\n"
        assert user.outbox.closed


def test_ones_own_name_in_other_case_is_free(room: Room, pair: tuple[User, User]) -> None:
    """To its holder, and to nobody else."""
    assert room.rename(pair[0], "bob")
    assert room.rename(pair[0], "BOB")
    assert not room.rename(pair[1], "ｂob")
    assert room.find("Bob") is pair[0]
    assert room.find("a:1") is None


def test_of_many_racers_one_gets_the_name(room: Room, join: Callable[[str], User]) -> None:
    """Round after round; the rest keep a name that works."""
    users = [join(f"a:{number}") for number in range(20)]
    for round_number in range(50):
        barrier = threading.Barrier(len(users))
        winners: list[User] = []

        def race(user: User, name: str, barrier: threading.Barrier, winners: list[User]) -> None:
            barrier.wait()
            if room.rename(user, name):
                winners.append(user)

        name = f"round{round_number}"
        threads = [threading.Thread(target=race, args=(user, name, barrier, winners)) for user in users]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [user.name for user in winners] == [name]
        assert all(room.find(user.name) is user for user in users)
    assert len(room.users()) == len(users)


def test_two_who_want_each_others_name_both_keep_their_own(room: Room, pair: tuple[User, User]) -> None:
    """However they race: a name is free only once its holder has another."""
    wishes = {pair[0]: "b", pair[1]: "a"}
    assert room.rename(pair[0], "a")
    assert room.rename(pair[1], "b")
    for _ in range(50):
        barrier = threading.Barrier(2)
        done: list[bool] = []

        def race(user: User, barrier: threading.Barrier, done: list[bool]) -> None:
            barrier.wait()
            done.append(room.rename(user, wishes[user]))

        threads = [threading.Thread(target=race, args=(user, barrier, done)) for user in pair]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert done == [False, False]
    assert (room.find("a"), room.find("b")) == pair


def test_the_broadcaster_ends_when_the_room_is_closed(room: Room, join: Callable[[str], User]) -> None:
    """Not before all that was said has been handed out, however much waits."""
    user = join("a:1")
    heard(user)
    broadcaster = threading.Thread(target=room.listen_message)
    broadcaster.start()
    for number in range(3 * MESSAGE_CAPACITY):
        broadcast(room, user, str(number))
    room.close()
    broadcaster.join()
    assert heard(user).splitlines() == [f"[a:1]a:1:{number}" for number in range(3 * MESSAGE_CAPACITY)]


def test_the_farewell_is_the_last_that_anybody_hears(room: Room, pair: tuple[User, User]) -> None:
    """Also when something is said right after it, or somebody leaves."""
    broadcast(room, pair[0], "before")
    room.farewell("bye")
    broadcast(room, pair[0], "after")
    room.offline(pair[1])
    deliver(room)
    for user in pair:
        assert heard(user) == "[a:1]a:1:before\nbye\n"
        assert user.outbox.closed
