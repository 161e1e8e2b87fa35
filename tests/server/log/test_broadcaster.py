"""The broadcaster, from the log to the outboxes, without sockets."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import cast

import pytest

from server.chat.entries import Close, Leave, Say
from server.log.broadcaster import ENTRY_WEIGHT, MESSAGE_CAPACITY, Broadcaster
from server.log.subscriber import Batch
from server.threads.channel import Closed
from server.wire.backlog import Lag
from server.wire.encoding import Text
from server.wire.user import User

from ...support.chatting import COMMANDS, NOW
from ...support.pretend import LF, PretendOutbox, parts, pretend_user, read

CRLF = Text("\r\n", receipt=True)

Join = Callable[[str], User]


def say(broadcaster: Broadcaster, user: User, *lines: str) -> None:
    broadcaster.broadcast([COMMANDS.parse(user.number, NOW, line) for line in lines])


def deliver(broadcaster: Broadcaster) -> None:
    """Do what the broadcaster's thread would do with what waits now."""
    broadcaster._fan_out(broadcaster.message.get_all())


@pytest.fixture
def broadcaster() -> Broadcaster:
    return Broadcaster()


@pytest.fixture
def join(broadcaster: Broadcaster) -> Join:
    def join(addr: str) -> User:
        user = pretend_user(len(broadcaster.room.members) + 1, addr)
        broadcaster.online(user)
        deliver(broadcaster)
        return user

    return join


def test_everyone_is_handed_one_object(broadcaster: Broadcaster, join: Join) -> None:
    """The bytes are made once for all users of one encoding who are told nothing alone."""
    users = [join(f"a:{number}") for number in range(6)]
    users[2].encoding = users[3].encoding = CRLF
    for user in users:
        read(user)
    say(broadcaster, users[4], "one")
    say(broadcaster, users[5], "two")
    deliver(broadcaster)
    assert [len(parts(user)) for user in users] == [1] * 6
    assert parts(users[0])[0] is parts(users[1])[0]
    assert parts(users[2])[0] is parts(users[3])[0]
    assert read(users[0]) == "[a:4]a:4:one\n[a:5]a:5:two\n"
    assert read(users[2]) == "[a:4]a:4:one\r\n[a:5]a:5:two\r\n"
    assert read(users[4]) == "[a:4]a:4:one\nI'm live\n[a:5]a:5:two\n"


def test_a_newcomer_is_told_nothing_from_before(broadcaster: Broadcaster, join: Join) -> None:
    """This holds although the lines from before are in the same batch."""
    first = join("a:1")
    read(first)
    second = pretend_user(2, "b:2")
    say(broadcaster, first, "before")
    broadcaster.online(second)
    say(broadcaster, first, "after")
    deliver(broadcaster)
    assert read(second) == "[b:2]b:2:已上线\n[a:1]a:1:after\n"
    assert read(first) == "[a:1]a:1:before\nI'm live\n[b:2]b:2:已上线\n[a:1]a:1:after\nI'm live\n"
    assert broadcaster.users() == [first, second]


def test_a_user_who_leaves_is_told_what_was_said_before(broadcaster: Broadcaster, join: Join) -> None:
    """Then its outbox is closed. The others hear of the leave and go on."""
    first, second = join("a:1"), join("b:2")
    read(first), read(second)
    broadcaster.offline([Say(1, NOW, "before"), Leave(1, NOW, "idle", "bye")])
    say(broadcaster, second, "after")
    deliver(broadcaster)
    assert read(first) == "[a:1]a:1:before\nI'm live\nbye\n"
    assert read(second) == "[a:1]a:1:before\n[a:1]a:1:下线\n[b:2]b:2:after\nI'm live\n"
    assert first.outbox.closed
    assert broadcaster.users() == [second]


def test_a_user_may_come_and_go_in_one_batch(broadcaster: Broadcaster, join: Join) -> None:
    """It is told of its own coming, and the others of both."""
    first = join("a:1")
    read(first)
    second = pretend_user(2, "b:2")
    broadcaster.online(second)
    broadcaster.offline([Leave(2, NOW, "lost")])
    deliver(broadcaster)
    assert (read(first), read(second)) == ("[b:2]b:2:已上线\n[b:2]b:2:下线\n", "[b:2]b:2:已上线\n")
    assert second.outbox.closed
    assert broadcaster.users() == [first]


def test_the_farewell_closes_every_outbox(broadcaster: Broadcaster, join: Join) -> None:
    """It is the last that anybody hears, although others speak, leave and come right after it."""
    pair = join("a:1"), join("b:2")
    read(pair[0]), read(pair[1])
    say(broadcaster, pair[0], "before")
    broadcaster.broadcast([Close(0, NOW)])
    say(broadcaster, pair[0], "after")
    broadcaster.offline([Leave(2, NOW, "lost")])
    late = pretend_user(3, "c:3")
    broadcaster.online(late)
    deliver(broadcaster)
    assert read(pair[0]) == "[a:1]a:1:before\nI'm live\n服务器关闭，连接中断\n"
    assert read(pair[1]) == "[a:1]a:1:before\n服务器关闭，连接中断\n"
    assert read(late) == "服务器关闭，连接中断\n"
    assert all(user.outbox.closed for user in (*pair, late))


def test_replies_disturb_nobody_else(broadcaster: Broadcaster, join: Join) -> None:
    """A batch that has only replies puts nothing into the others' outboxes."""
    first, second = join("a:1"), join("b:2")
    read(first), read(second)
    say(broadcaster, first, "", "who")
    deliver(broadcaster)
    assert read(first) == "I'm live\n[a:1]a:1:在线\n[b:2]b:2:在线\nI'm live\n"
    assert parts(second) == []


def test_it_ends_when_it_is_closed(broadcaster: Broadcaster, join: Join) -> None:
    """It first hands out everything that was said, however much waits."""
    count = 3 * MESSAGE_CAPACITY // ENTRY_WEIGHT
    user = join("a:1")
    read(user)
    thread = threading.Thread(target=broadcaster.listen_message)
    thread.start()
    for number in range(count):
        say(broadcaster, user, str(number))
    broadcaster.close()
    thread.join()
    lines = [f"[a:1]a:1:{number}" for number in range(count)]
    assert [line for line in read(user).splitlines() if line != "I'm live"] == lines


def test_one_of_many_racing_threads_gets_the_name(broadcaster: Broadcaster, join: Join) -> None:
    """In each of fifty rounds, twenty threads race into the log. One gets the name, the others are refused."""
    users = [join(f"a:{number}") for number in range(20)]
    thread = threading.Thread(target=broadcaster.listen_message)
    thread.start()
    for round_number in range(50):
        barrier = threading.Barrier(len(users))

        def race(user: User, name: str, barrier: threading.Barrier) -> None:
            barrier.wait()
            say(broadcaster, user, f"rename {name}")

        racers = [threading.Thread(target=race, args=(user, f"round{round_number}", barrier)) for user in users]
        for racer in racers:
            racer.start()
        for racer in racers:
            racer.join()
    broadcaster.close()
    thread.join()
    answers = [read(user) for user in users]
    for round_number in range(50):
        assert sum(f"修改用户名为: round{round_number}\n" in answer for answer in answers) == 1
    assert sum(answer.count("该用户名已被使用") for answer in answers) == 50 * 19


def lag_behind(broadcaster: Broadcaster, user: User, waiting: int) -> None:
    """Let so many bytes wait for a user alone."""
    user.outbox.lag = Lag(1000, broadcaster.backlog)
    user.outbox.lag.add(waiting, shared=False)


def dropped(users: Iterable[User]) -> list[str]:
    """Return the addresses of those whose outboxes were dropped."""
    return [user.addr for user in users if cast(PretendOutbox, user.outbox).dropped]


def test_the_furthest_behind_go_first(broadcaster: Broadcaster, join: Join) -> None:
    """When more waits for all together than may, until it is enough; whoever is not behind stays."""
    users = [join(f"a:{number}") for number in range(4)]
    for user, waiting in zip(users, (0, 100, 300, 200), strict=True):
        lag_behind(broadcaster, user, waiting)
    say(broadcaster, users[0], "x")
    deliver(broadcaster)
    assert dropped(users) == []
    broadcaster.backlog._limit = 150
    say(broadcaster, users[0], "x")
    deliver(broadcaster)
    assert dropped(users) == ["a:2", "a:3"]
    assert broadcaster.backlog.size == 100


def test_whoever_has_left_is_dropped_like_those_who_are_online(broadcaster: Broadcaster, join: Join) -> None:
    """What waits for them counts until it is sent, so somebody else must not be disconnected for it."""
    users = [join(f"a:{number}") for number in range(4)]
    for user, waiting in zip(users, (0, 100, 300, 200), strict=True):
        lag_behind(broadcaster, user, waiting)
    broadcaster.offline([Leave(user.number, NOW, "quit") for user in users[2:]])
    deliver(broadcaster)
    assert dropped(users) == []
    users[3].outbox.lag.give_up()  # as if it had been sent
    broadcaster.backlog._limit = 150
    say(broadcaster, users[0], "x")
    deliver(broadcaster)
    assert dropped(users) == ["a:2"]


def test_a_subscriber_that_fails_is_removed(caplog: pytest.LogCaptureFixture) -> None:
    """Its error is logged once. The chat and the other subscribers go on."""

    class Failing:
        def record(self, batch: Batch) -> None:
            raise ZeroDivisionError("planted")

    class Counting:
        batches = 0

        def record(self, batch: Batch) -> None:
            self.batches += 1

    counting = Counting()
    broadcaster = Broadcaster([Failing(), counting])
    user = pretend_user(1, "a:1", LF)
    broadcaster.online(user)
    deliver(broadcaster)
    say(broadcaster, user, "hi")
    deliver(broadcaster)
    assert read(user) == "[a:1]a:1:已上线\n[a:1]a:1:hi\nI'm live\n"
    assert counting.batches == 2
    assert caplog.text.count("ZeroDivisionError: planted") == 1


def test_after_a_bug_the_log_is_closed(broadcaster: Broadcaster, monkeypatch: pytest.MonkeyPatch) -> None:
    """A handler that puts something in is told so, and does not wait."""

    def fail(entries: object) -> None:
        raise ZeroDivisionError("planted")

    monkeypatch.setattr(broadcaster, "_fan_out", fail)
    broadcaster.broadcast([Close(0, NOW)])
    with pytest.raises(ZeroDivisionError):
        broadcaster.listen_message()
    with pytest.raises(Closed):
        broadcaster.broadcast([Close(0, NOW)])


def test_what_is_said_in_a_room_is_handed_to_that_room(broadcaster: Broadcaster, join: Join) -> None:
    """As one object to all who are told nothing else. Whoever is elsewhere is handed nothing at all."""
    users = [join(f"a:{number}") for number in range(1, 7)]
    for user in users[:3]:
        say(broadcaster, user, "/join go")
    deliver(broadcaster)
    for user in users:
        read(user)
    say(broadcaster, users[0], "here")
    deliver(broadcaster)
    assert [len(parts(user)) for user in users] == [1, 1, 1, 0, 0, 0]
    assert parts(users[1])[0] is parts(users[2])[0]
    assert read(users[1]) == "[a:1]a:1:here\n"
    say(broadcaster, users[3], "lobby")
    say(broadcaster, users[0], "room")
    deliver(broadcaster)
    assert parts(users[4])[0] is parts(users[5])[0]
    assert [read(user) for user in users[1:6:2]] == [
        "[a:1]a:1:room\n",
        "[a:4]a:4:lobby\nI'm live\n",
        "[a:4]a:4:lobby\n",
    ]


def test_a_user_who_moves_hears_both_rooms_in_order(broadcaster: Broadcaster, join: Join) -> None:
    """Within one batch, also as a program from its move on."""
    users = [join(f"a:{number}") for number in range(1, 4)]
    say(broadcaster, users[2], "/join go")
    deliver(broadcaster)
    for user in users:
        read(user)
    say(broadcaster, users[0], "one")
    say(broadcaster, users[1], "/join go")
    say(broadcaster, users[2], "two")
    say(broadcaster, users[0], "three")
    say(broadcaster, users[1], "/json")
    say(broadcaster, users[1], "/leave")
    say(broadcaster, users[0], "four")
    deliver(broadcaster)
    text, _, values = read(users[1]).partition('{"type":"hello"')
    assert text == "[a:1]a:1:one\n[a:2]a:2:进入 go\nI'm live\n[a:3]a:3:two\n"
    assert [line.partition('"')[0] for line in values.splitlines()[1:]] == ["{"] * 3
    assert '"text":"four"' in values.splitlines()[-1]
    assert '"text":"three"' not in values


class Keeping:
    """Keeps every batch."""

    def __init__(self) -> None:
        self.batches: list[Batch] = []

    def record(self, batch: Batch) -> None:
        self.batches.append(batch)


def test_a_subscriber_may_keep_a_batch() -> None:
    """Nobody changes it afterwards, so it can be given to a thread that needs time."""
    keeping = Keeping()
    broadcaster = Broadcaster([keeping])
    broadcaster.broadcast([Close(0, NOW)])
    broadcaster.close()
    broadcaster.listen_message()
    assert [list(batch.entries) for batch in keeping.batches] == [[Close(0, NOW)]]


def test_every_entry_has_its_weight_in_the_log(broadcaster: Broadcaster) -> None:
    """Who comes and goes fills it, too, or a batch would have no bound."""
    broadcaster.online(pretend_user(1, "a:1"))
    broadcaster.broadcast([Close(0, NOW)] * 2, 10)
    broadcaster.offline([Leave(1, NOW, "lost")] * 3)
    assert broadcaster.message.weight == 6 * ENTRY_WEIGHT + 10
