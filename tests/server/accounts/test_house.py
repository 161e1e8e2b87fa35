"""A whole server with accounts and operators, over real sockets."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import socket
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from server import handler
from server.accounts import desk
from server.accounts.house import Doors, add_accounts, read_motd
from server.accounts.passwords import Passwords
from server.accounts.store import Store
from server.program import reachable_address
from server.server import ChatServer
from server.wire.arrival import Arrival
from server.wire.first_look import look
from server.wire.sniff import FirstBytes
from server.wire.transport import Transport

from ...support.owning import CHEAP, owning
from ...support.peers import PATIENCE, Peer, Program, StrictServer, running
from ...support.web import EVENTS, Client, StrictWebServer

Peers = Callable[[ChatServer], Peer]


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes take no time. What they cost is tested elsewhere."""
    real = Passwords.__init__
    monkeypatch.setattr(Passwords, "__init__", lambda passwords, stopping: real(passwords, stopping, CHEAP))


@pytest.fixture
def server(path: Path) -> Iterator[StrictServer]:
    with owning(path, "op") as server:
        yield server


def registered(peer: Peer, name: str) -> Peer:
    peer.rename(name)
    assert peer.ask("/register secret")[-1] == f"注册成功，以后请用 /login {name} 密码 登录"
    return peer


def test_a_name_is_its_owners_over_a_restart(path: Path, peers: Peers) -> None:
    """From telnet, with the words that were left for them."""
    with owning(path) as server:
        registered(peers(server), "小明").close()
        guest = peers(server)
        while guest.ask("to 小明 早") != ["该用户不在线，消息会在其登录时送达"]:
            pass  # the server has not yet seen that the owner has left
    with owning(path) as server:
        guest, owner = peers(server), peers(server)
        guest.line()
        assert guest.ask("rename 小明") == ["该用户名已被注册，请输入 /login 小明 密码"]
        count, word, done = owner.ask("/login 小明 secret")
        assert count == "你有 1 条留言"
        assert re.fullmatch(r"\d\d:\d\d:\d\d 127\.0\.0\.1:\d+: 早", word)
        assert done == "登录成功，用户名: 小明"


def test_a_stop_ends_waiting_for_the_file(store: Store) -> None:
    """The file knows when its server stops."""
    with running(lambda server: add_accounts(server, server.guard.limiter.banned, store)) as server:
        assert store.lock.stopping is server.stopping


def test_words_that_have_not_arrived_come_again(path: Path, monkeypatch: pytest.MonkeyPatch, peers: Peers) -> None:
    """The owner has logged in and reads nothing, and then the connection is lost, with what was on its way."""
    with owning(path) as server, contextlib.closing(sqlite3.connect(path)) as file:
        owner = registered(peers(server), "bob")
        talker = peers(server)
        owner.close()
        talker.until(owner.prefix + "下线")
        assert talker.ask("to bob psst") == ["该用户不在线，消息会在其登录时送达"]
        deaf = peers(server)
        (user,) = [user for user in server.broadcaster.users() if user.addr == deaf.addr]
        while not user.outbox.lag.waiting:
            talker.ask("x" * 4000)
        monkeypatch.setattr(desk, "PATIENCE", 0.0)
        deaf.say("/login bob secret")
        while file.execute("SELECT delivered FROM words").fetchall() != [(2,)]:
            pass
        deaf.reset()
        talker.until(f"[{deaf.addr}]bob:下线")
        monkeypatch.setattr(desk, "PATIENCE", PATIENCE)
        count, word, _ = peers(server).ask("/login bob secret")
        assert count == "你有 1 条留言，前 1 条可能已经看过"
        assert word.endswith(": psst")
        assert file.execute("SELECT delivered FROM words").fetchall() == []


def test_lines_of_one_packet_are_done_in_their_order(server: StrictServer, connect: Callable[[], Peer]) -> None:
    """Also where one has to wait for the log and the disk: each has its answer in front of its receipt."""
    peer = connect()
    peer.say("rename bob", "/register secret", "hello", "/password secret secret2", "/login bob secret2", "end")
    assert peer.lines(11) == [
        *("修改用户名为: bob", "I'm live", "注册成功，以后请用 /login bob 密码 登录", "I'm live"),
        *(f"[{peer.addr}]bob:hello", "I'm live", "密码已修改", "I'm live", "登录成功，用户名: bob", "I'm live"),
        f"[{peer.addr}]bob:end",
    ]


def test_of_many_who_register_a_name_at_once_one_gets_it(server: StrictServer, peers: Peers) -> None:
    """They race for the name, too, so that it changes hands meanwhile."""
    racers = [peers(server) for _ in range(8)]
    answers: list[list[str]] = [[] for _ in racers]

    def race(index: int) -> None:
        for _ in range(10):
            racers[index].say("rename carol", f"/register secret{index}", "rename x" + str(index), "")
            for _ in range(4):
                answers[index] += racers[index].until("I'm live")

    threads = [threading.Thread(target=race, args=[index]) for index in range(len(racers))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winners = [index for index, lines in enumerate(answers) if any("/login carol 密码 登录" in line for line in lines)]
    assert len(winners) == 1
    guest = peers(server)
    assert guest.ask("/login carol wrong!")[-1] == "用户名或密码不正确"
    assert guest.ask(f"/login carol secret{winners[0]}")[-1] == "登录成功，用户名: carol"


def test_a_kicked_user_reads_the_reason_and_the_end(server: StrictServer, connect: Callable[[], Peer]) -> None:
    """Nothing that they send after it is said."""
    loud, op = connect(), connect()
    loud.line()
    registered(op, "op")
    loud.rename("loud")
    assert op.ask("/kick loud too loud") == [loud.prefix + "下线", "已移出 loud"]
    loud.send(b"one more\n")
    assert loud.line() == "你已被管理员移出：too loud"
    assert loud.rest() == b""
    assert op.ask("who") == [f"[{op.addr}]op:在线"]


def test_a_banned_address_is_refused_at_the_door(server: StrictServer, connect: Callable[[], Peer]) -> None:
    """With a line that says why, as text or as an object. Whoever is in stays."""
    inside = connect()
    server.guard.limiter.banned.add("127.0.0.1", 0.0)
    outside = Peer(server.port)
    assert outside.rest().decode() == "此地址已被管理员封禁\n"
    outside.close()
    program = Program(server.port, "/json")
    assert program.rest().decode() in (
        '{"type":"bye","code":"banned","text":"此地址已被管理员封禁"}\n',
        "此地址已被管理员封禁\n",
    )
    program.close()
    assert inside.ask("") == []
    server.guard.limiter.banned.remove("127.0.0.1")
    connect()


@pytest.mark.parametrize("first", ["/json troll", "hello"])
def test_a_ban_that_comes_before_somebody_is_in(
    server: StrictServer, connect: Callable[[], Peer], monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    """They have passed the door, and come in as what they have said. Nothing more that they have sent is said."""
    bystander = connect()

    def look_and_ban(transport: Transport, stopping: threading.Event) -> FirstBytes:
        server.guard.limiter.banned.add("127.0.0.1", 0.0)
        return look(transport, stopping)

    monkeypatch.setattr(handler, "look", look_and_ban)
    late = Peer(server.port)
    late.say(first, "hello", "hello")
    late.rest()
    late.close()
    came, left = bystander.lines(2)
    assert (came[-3:], left[-2:]) == ("已上线", "下线")
    assert bystander.ask("who") == [f"[{bystander.addr}]{bystander.addr}:在线"]


def test_the_address_behind_a_name_is_known_although_it_is_hidden(path: Path, peers: Peers) -> None:
    """`--hide-addr` hides it from users. This machine is never banned."""
    with owning(path, "op", hide_addr=True) as server:
        op = Peer(server.port)
        op.line()
        op.say("rename op", "/register secret", "/ban-address op", "/ban-address 127.0.0.1")
        assert [op.until("I'm live")[-1] for _ in range(4)][2:] == ["不能封禁服务器本机"] * 2
        op.close()


def test_what_would_ban_this_machine_is_this_machine(server: StrictServer) -> None:
    """A /64 that holds `::1`, too, and the address at which neighbours reach it."""
    doors = Doors(server.broadcaster, server.guard.limiter.banned)
    assert [doors.would_hit_us(host) for host in ("127.0.0.9", "::1", "::2", "::ffff:127.0.0.1")] == [True] * 4
    assert [doors.would_hit_us(host) for host in ("198.51.100.9", "fe80::1", "2001:db8::1")] == [False] * 3
    ours = reachable_address("0.0.0.0")  # without a network, it is the name of this machine
    assert doors.would_hit_us(socket.gethostbyname(ours))


def test_from_another_machine_without_tls_the_risk_is_told(
    server: StrictServer, connect: Callable[[], Peer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once a connection, before a password is looked at."""
    monkeypatch.setattr(Arrival, "is_private", False)
    peer = connect()
    peer.rename("bob")
    assert peer.ask("/register secret") == ["连接未加密，他人可能看到密码；仍要继续请再输入一次"]
    assert peer.ask("/register secret") == ["注册成功，以后请用 /login bob 密码 登录"]
    assert peer.ask("/password secret secret2") == ["密码已修改"]


def test_a_browser_can_log_in(path: Path) -> None:
    """What it posts twice is done once, and its words are kept once."""

    def add(server: StrictServer) -> None:
        server.doors.append(StrictWebServer(server, (), None))

    with owning(path, add=add) as server:
        door = server.doors[-1]
        assert isinstance(door, StrictWebServer)
        bob = Peer(server.port)
        bob.until(bob.prefix + "已上线")
        registered(bob, "bob").close()
        stream, poster = Client(door), Client(door)
        stream.request("GET", "/events?name=web", headers=EVENTS)
        answer = stream.getresponse()
        hello = next_event(answer, "hello")
        for _ in range(2):
            poster.post(hello["session"], "to bob hi\n", line=1)
        poster.post(hello["session"], "/login bob secret\n", line=2)
        kept = next_event(answer, "kept")
        assert (kept["name"], kept["to"], kept["text"]) == ("web", "bob", "hi")
        assert next_event(answer, "done")["line"] == 2
        poster.post(hello["session"], "/login bob secret\n", line=3)
        assert next_event(answer, "done")["line"] == 3
        stream.close()
        poster.close()


def next_event(answer: http.client.HTTPResponse, kind: str) -> dict[str, Any]:
    """Return the next event of one type in a stream."""
    while True:
        line = answer.readline().decode()
        assert line
        if line.startswith("data: "):
            value: dict[str, Any] = json.loads(line.removeprefix("data: "))
            if value["type"] == kind:
                return value


def test_a_motd_is_fit_for_any_terminal(tmp_path: Path) -> None:
    """It may have lines, and no controls."""
    path = tmp_path / "motd"
    path.write_bytes("欢迎\x1b[2J\r\n请友善\n\n".encode())
    assert read_motd(str(path)) == "欢迎[2J\n请友善"
    path.write_bytes(b"x" * 9000)
    with pytest.raises(ValueError, match="more than 8192 bytes"):
        read_motd(str(path))
