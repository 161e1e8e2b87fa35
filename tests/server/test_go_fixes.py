"""Where the Go notes are mended. The Go code would fail these tests.

PROTOCOL.md names each of them in its table "Where the Go notes are mended", or beside the rule that it holds.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest

from server.log.crowd import Crowd
from server.wire.user import User

from ..support.peers import PATIENCE, Connect, Peer, StrictServer, running, spawn

Trio = tuple[Peer, Peer, Peer]


def user_of(server: StrictServer, peer: Peer) -> User:
    """Return the server's side of a peer."""
    return next(user for user in server.broadcaster.users() if user.addr == peer.addr)


def test_a_line_is_a_line_however_it_was_cut(trio: Trio) -> None:
    """Five lines come in one packet, then one line in many, with a character cut in the middle and CR LF."""
    first, second, _ = trio
    first.send(b"1\n2\n3\n4\n5\n")
    for byte in "六!\r\n".encode():
        first.send(bytes([byte]))
    assert second.lines(6) == [first.prefix + text for text in ("1", "2", "3", "4", "5", "六!")]


def test_one_of_many_racing_renames_wins(server: StrictServer, connect: Connect) -> None:
    """Twenty users want one name at once. One gets it, and the others keep theirs."""
    racers = [connect() for _ in range(20)]
    barrier = threading.Barrier(len(racers))

    def race(racer: Peer) -> None:
        barrier.wait(PATIENCE)
        racer.say("rename winner")

    threads = [threading.Thread(target=race, args=(racer,)) for racer in racers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    answers = [racer.until("I'm live")[-1] for racer in racers]
    assert sorted(answers) == sorted(["修改用户名为: winner"] + ["该用户名已被使用"] * 19)
    for racer, answer in zip(racers, answers):
        racer.name = "winner" if "winner" in answer else racer.name
    assert set(racers[0].ask("who")) == {racer.prefix + "在线" for racer in racers}


def test_the_map_is_read_under_its_lock(server: StrictServer, connect: Connect) -> None:
    """A thread that looks something up for a command, or changes it, holds the map lock."""
    touched = []
    broadcaster = server.broadcaster

    class Guarded(dict[Any, Any]):
        def __getattribute__(self, name: str) -> object:
            touched.append(broadcaster.map_lock._is_owned())  # type: ignore[attr-defined]
            return super().__getattribute__(name)

    class GuardedCrowd(Guarded, Crowd):
        """Whoever is online, looked at as closely."""

    broadcaster.room.online_map = Guarded()
    broadcaster.room.members = Guarded()
    broadcaster._users = GuardedCrowd()
    first, second = connect(), connect()
    first.line()
    for line in ("who", "rename alice", "rename alice", f"to {second.addr} hi", "to nobody hi", "/quit"):
        first.say(line)
    assert second.lines(2) == ["alice: hi", f"[{first.addr}]alice:下线"]
    assert len(touched) >= 20
    assert all(touched)


def test_nobody_waits_for_a_stuck_reader(peers: Callable[..., Peer]) -> None:
    """A user who does not read is dropped. Everyone else hears everything, also that this user left."""
    with running(outbox_limit=65536, linger=0.1) as server:
        speaker, listener, stuck = peers(server), peers(server), peers(server)
        speaker.lines(2), listener.line()
        text, sent = "x" * 4000, 0
        gone = stuck.prefix + "下线"
        while gone not in (heard := speaker.ask(text)):
            assert heard == [speaker.prefix + text]
            assert listener.line() == heard[0]
            sent += 1
            assert sent < 10000
        assert set(listener.lines(len(heard))) == set(heard)
        assert speaker.ask("who") == [speaker.prefix + "在线", listener.prefix + "在线"]
        unread = stuck.rest()
        assert unread.startswith(f"{speaker.prefix}{text}\n".encode() * 2)


def test_a_dropped_reader_is_told(peers: Callable[..., Peer]) -> None:
    """A slow reader that reads again in time gets everything that was queued, without a gap, then the reason."""
    with running(outbox_limit=65536, linger=PATIENCE) as server:
        speaker, slow = peers(server), peers(server)
        speaker.line()
        slow_user = user_of(server, slow)
        while not slow_user.outbox.overflowed:
            speaker.ask("x" * 4000)
        text = slow.rest().decode().splitlines()
        assert text.pop() == "接收过慢，连接中断"
        assert set(text) == {speaker.prefix + "x" * 4000}
        for peer in (speaker, slow):
            peer.close()


def test_the_kick_is_an_ordinary_leave(peers: Callable[..., Peer]) -> None:
    """The others are told of it, the chat goes on, and the kicked user is not listed any more."""
    with running(idle_timeout=0.5) as server:
        idle, lively = peers(server), peers(server)
        idle.line()
        heard: list[str] = []
        while f"{idle.prefix}下线" not in heard:
            heard += lively.ask("")
        assert lively.ask("still here") == [lively.prefix + "still here"]
        assert lively.ask("who") == [lively.prefix + "在线"]
        assert idle.line() == "长时间未使用，连接中断"


def test_a_stalled_idle_client_is_kicked(peers: Callable[..., Peer]) -> None:
    """The kick does not wait for a write. A user who neither reads nor speaks is gone at the limit."""
    with running(idle_timeout=0.5, outbox_limit=1 << 30, linger=0.1) as server:
        speaker, stalled = peers(server), peers(server)
        speaker.line()
        waits = True
        while waits:
            heard = speaker.ask("x" * 4000)
            waits = f"{stalled.prefix}下线" not in heard
        assert speaker.ask("who") == [speaker.prefix + "在线"]


def test_no_line_can_be_forged(trio: Trio) -> None:
    """One line in is one line out with its sender in front, whatever separators stand in it."""
    first, second, _ = trio
    first.send("x\n[10.0.0.1:22]teacher:exam cancelled\ra\u2028b\u0085c\x0bd\n".encode())
    assert second.line() == first.prefix + "x"
    assert second.line() == first.prefix + "[10.0.0.1:22]teacher:exam cancelled a b c d"


def test_renaming_to_ones_own_name_is_done(connect: Connect) -> None:
    """It is done with another case too, and then the others see the name in that case."""
    peer = connect()
    for name in ("bob", "bob", "BOB"):
        peer.rename(name)
    assert peer.ask("hi") == [f"[{peer.addr}]BOB:hi"]


def test_no_thread_outlives_its_connection(server: StrictServer, peers: Callable[..., Peer]) -> None:
    """When a user has gone, its handler thread ends."""
    before = set(threading.enumerate())
    peer = peers(server)
    mine = set(threading.enumerate()) - before
    assert len(mine) == 1
    peer.close()
    for thread in mine:
        thread.join(PATIENCE)
        assert not thread.is_alive()


def test_no_thread_outlives_the_kick(peers: Callable[..., Peer]) -> None:
    """The test makes the watchdog look at a user who has been silent for as long as the limit."""
    with running(idle_timeout=3600.0) as server:
        peer = peers(server)
        (handler,) = (thread for thread in threading.enumerate() if thread.name == f"handler {peer.addr}")
        user_of(server, peer).last_seen -= 3600.0
        server.watchdog.look()
        assert peer.rest().decode() == "长时间未使用，连接中断\n"
        peer.close()
        handler.join(PATIENCE)
        assert not handler.is_alive()


def test_who_writes_to_no_socket_under_the_lock(peers: Callable[..., Peer]) -> None:
    """A user who asks and never reads the answers stops nobody else."""
    with running(linger=0.1) as server:
        greedy, other = peers(server), peers(server)
        greedy.line()
        greedy.send(b"who\n" * 100_000)
        for _ in range(100):
            assert other.ask("who") == [greedy.prefix + "在线", other.prefix + "在线"]
        greedy.reset()
        assert other.line() == f"{greedy.prefix}下线"


def test_to_takes_the_rest_of_the_line(trio: Trio) -> None:
    """It takes all words with their spaces. Two spaces before the name are a format error."""
    first, second, _ = trio
    second.rename("bob")
    assert first.ask("to bob one  two three ") == []
    assert second.line() == f"{first.addr}: one  two three "
    assert first.ask("to  bob hi") == ["消息格式不正确，请使用 [to username content] 格式"]


@pytest.mark.parametrize("bad", ["{other}", "1.2.3.4", "who", "/x", "a|b", "\u200b", "x" * 33, "[x]"])
def test_names_have_rules(connect: Connect, bad: str) -> None:
    """A bad name is answered with the reason, and the old one stays."""
    first, other = connect(), connect()
    first.line()
    (answer,) = first.ask("rename " + bad.format(other=other.addr))
    assert answer.startswith("用户名不合法：")
    assert len(answer) > len("用户名不合法：")
    assert first.ask("hi") == [first.prefix + "hi"]


@pytest.mark.parametrize("variant", ["Bob", "ＢＯＢ", "bob"])
def test_nobody_passes_for_another(connect: Connect, variant: str) -> None:
    """Two names that differ by case or width alone are the same."""
    first, second = connect(), connect()
    first.line()
    first.rename("bob")
    assert second.ask("rename " + variant) == ["该用户名已被使用"]
    assert second.ask(f"to {variant} hi") == []
    assert first.line() == f"{second.addr}: hi"


def test_controls_never_reach_another_terminal(trio: Trio) -> None:
    """Tab is the only control character that gets through. Invalid UTF-8 is shown as U+FFFD."""
    first, second, _ = trio
    controls = [chr(code) for code in (*range(0x20), *range(0x7F, 0xA0), 0x202E, 0x2066, 0x2028, 0x2029)]
    # Backspace and DEL erase the x before them.
    first.send(b"".join(f"a{c}b\n".encode() for c in controls if c not in "\n\b\x7f"))
    first.send(b"ax\bb\nax\x7fb\na\xffb\xc0\xaf\n")
    first.send(f"to {second.addr} a\x1b[2J\x9bb\u202e\n".encode())
    for control in controls:
        if control not in "\n\b\x7f":
            between = "\t" if control == "\t" else " " if control in "\v\f\r\x85\u2028\u2029" else ""
            assert second.line() == f"{first.prefix}a{between}b"
    assert second.lines(3) == [first.prefix + text for text in ("ab", "ab", "a\ufffdb\ufffd\ufffd")]
    assert second.line() == f"{first.addr}: a[2Jb"


def test_a_line_too_long_is_dropped_whole(trio: Trio) -> None:
    """A line of 4096 bytes is said. Of a longer one nothing is said, and the connection lives."""
    first, second, _ = trio
    fits = "世" * 1365 + "x"
    assert first.ask(fits) == [first.prefix + fits]
    assert first.ask(fits + "y") == ["消息过长，上限 4096 字节"]
    assert first.ask("z" * 60_000) == ["消息过长，上限 4096 字节"]
    assert first.ask("next") == [first.prefix + "next"]
    assert second.lines(2) == [first.prefix + fits, first.prefix + "next"]


def test_an_endless_line_is_closed(trio: Trio) -> None:
    """A line without an end closes the connection 64 KiB past the limit."""
    first, second, _ = trio
    first.send(b"x" * (4096 + 64 * 1024 + 1))
    assert first.line() == "消息过长，上限 4096 字节"
    assert first.rest() == b""
    assert second.line() == first.prefix + "下线"


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_server(stop: signal.Signals) -> None:
    """Everyone gets what is still queued, the farewell and the end. The exit status is 0."""
    command = [sys.executable, "-m", "server", "--port", "0", "--idle-timeout", "0"]
    with spawn(command, start_new_session=True) as process:
        assert process.stderr
        port = int(process.stderr.readline().split()[-1])
        peers = [Peer(port) for _ in range(10)]
        for peer in peers:
            peer.until(peer.prefix + "已上线")
        sent = [peers[0].prefix + str(number) for number in range(100)]
        peers[0].say(*map(str, range(100)))
        receipts = [peers[0].until("I'm live") for _ in sent]
        os.kill(process.pid, stop)
        os.kill(process.pid, stop)
        for peer in peers[1:]:
            lines = peer.rest().decode().splitlines()
            assert lines.pop() == "服务器关闭，连接中断"
            assert [line for line in lines if not line.endswith("已上线")] == sent
        assert peers[0].line() == "服务器关闭，连接中断"
        assert len(receipts) == len(sent)
        for peer in peers:
            peer.close()
        log = process.stderr.read()
        assert process.wait(PATIENCE) == 0
    assert "Traceback" not in log


def test_a_server_that_stops_does_not_wait_for_a_stuck_reader(peers: Callable[..., Peer]) -> None:
    """It hangs up on a peer that does not take the farewell."""
    with running(outbox_limit=1 << 30, linger=0.1) as server:
        speaker, stuck = peers(server), peers(server)
        speaker.line()
        stuck_user = user_of(server, stuck)
        for _ in range(3000):
            speaker.ask("x" * 4000)
        assert not stuck_user.outbox.overflowed
    assert speaker.line() == "服务器关闭，连接中断"
