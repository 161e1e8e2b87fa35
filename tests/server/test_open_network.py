"""The limits for strangers. The peers of these tests come over loopback, which is not exempt here."""

from __future__ import annotations

import ipaddress
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from server.inlet import Inlet
from server.limits.descriptors import within_file_limit
from server.server import ChatServer

from ..support.peers import PATIENCE, Peer, running, spawn

Peers = Callable[[ChatServer], Peer]


def test_a_full_server_says_so(peers: Peers) -> None:
    """Newcomers are refused with that reason until somebody leaves."""
    with running(max_users=2) as server:
        first, second = peers(server), peers(server)
        refused = Peer(server.port)
        assert refused.rest().decode() == "服务器人数已满，请稍后再试\n"
        refused.close()
        second.close()
        first.until(second.prefix + "下线")
        while True:  # the handler of the user who left may still run
            third = Peer(server.port)
            if third.raw_line() != "服务器人数已满，请稍后再试\n".encode():
                break
            third.close()
        third.close()


def test_the_open_file_limit_caps_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sixteen descriptors are kept for what is not a connection."""
    monkeypatch.setattr("resource.getrlimit", lambda which: (1024, 4096))
    assert [within_file_limit(users) for users in (100, 10_000, 0)] == [100, 1008, 1008]
    monkeypatch.setattr("resource.getrlimit", lambda which: (-1, -1))
    assert within_file_limit(10_000) == 10_000


def test_connections_from_one_address_are_limited(peers: Peers) -> None:
    """The next connection is refused with the reason."""
    with running(max_per_ip=2, trust_loopback=False) as server:
        peers(server), peers(server)
        refused = Peer(server.port)
        assert refused.rest().decode() == "来自同一地址的连接过多，请稍后再试\n"
        refused.close()


def test_loopback_is_exempt(peers: Peers) -> None:
    """The limits per address, of lines and of renames do not hold for it."""
    with running(max_per_ip=1, rate=0.001, burst=1, max_renames=1) as server:
        peers(server)
        peer = peers(server)
        for name in ("a", "b", "c"):
            peer.rename(name)


def test_a_user_over_the_rate_waits_and_loses_nothing(peers: Peers, monkeypatch: pytest.MonkeyPatch) -> None:
    """The wait begins after the burst, is as long as the rate says, and holds up nobody else."""
    waits: list[float] = []
    monkeypatch.setattr(Inlet, "wait", lambda self, seconds: waits.append(seconds))
    with running(rate=10.0, burst=5, trust_loopback=False) as server:
        quiet, loud = peers(server), peers(server)
        quiet.line()
        loud.say(*(str(number) for number in range(30)))
        assert quiet.lines(30) == [f"{loud.prefix}{number}" for number in range(30)]
    real = [seconds for seconds in waits if seconds]
    assert len(real) == 25
    assert real[0] == pytest.approx(0.1, abs=0.05)


def test_without_a_rate_nobody_waits(peers: Peers, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rate of 0 means no limit."""
    waits: list[float] = []
    monkeypatch.setattr(Inlet, "wait", lambda self, seconds: waits.append(seconds))
    with running(rate=0.0, trust_loopback=False) as server:
        peer = peers(server)
        peer.say(*(str(number) for number in range(100)))
        assert peer.until(f"{peer.prefix}99")[:2] == [f"{peer.prefix}0", "I'm live"]
    assert not any(waits)


def test_a_slowed_talker_does_not_hold_up_the_stop(peers: Peers) -> None:
    """The server stops, although thousands of its lines still wait to be dealt with."""
    with running(rate=0.01, burst=1, trust_loopback=False) as server:
        peer = peers(server)
        peer.send(b"x\n" * 2000)
        peer.line()


def test_a_name_cannot_be_changed_all_the_time(peers: Peers) -> None:
    """A rename too many is refused with the reason, and the last name stays."""
    with running(rate=0.0, max_renames=2, rename_period=1e9, trust_loopback=False) as server:
        peer = peers(server)
        peer.rename("a")
        assert peer.ask("rename [x]") != []  # a name that the rules forbid does not count
        peer.rename("b")
        assert peer.ask("rename c") == ["改名过于频繁，请稍后再试"]
        assert peer.ask("who") == [f"[{peer.addr}]b:在线"]


def test_addresses_can_be_hidden() -> None:
    """A tag stands everywhere in place of an address: the same text for one host, and the connection's number."""
    with running(hide_addr=True) as server:
        first, second = Peer(server.port), Peer(server.port)
        own = first.line()
        tag = own[1 : own.index("]")]
        place, _, number = tag.partition("#")
        assert own == f"[{tag}]{tag}:已上线"
        other = second.line()
        while not other.startswith(f"[{place}#"):
            other = second.line()
        assert number in ("1", "2")
        first.send(f"rename 127.0.0.1\nrename {tag}\nwho\n".encode())
        heard = first.until(f"[{tag}]{tag}:在线")
        assert "用户名不合法：只能使用字母、数字和 _ - ." in heard
        assert not any("127.0.0.1" in line for line in [own, other, *heard])
        first.close()
        second.close()


@pytest.mark.parametrize("method", ["Watchdog.run", "Broadcaster._fan_out", "ChatServer.service_actions"])
def test_the_server_stops_if_one_of_its_threads_dies(method: str) -> None:
    """It logs the bug that killed the thread, and its exit status is 1."""
    owner, name = method.split(".")
    program = f"""
import sys
from server.log.broadcaster import Broadcaster; from server.server import ChatServer
from server.limits.watchdog import Watchdog
def fail(*args): raise ZeroDivisionError("planted")
{owner}.{name} = fail
from server.__main__ import main
sys.argv[1:] = ["--port", "0"]
sys.exit(main())
"""
    with spawn([sys.executable, "-c", program]) as process:
        assert process.stderr
        lines = [process.stderr.readline()]
        while "listening" not in lines[-1] and lines[-1]:
            lines.append(process.stderr.readline())
        if method == "Broadcaster._fan_out":
            peer = Peer(int(lines[-1].split()[-1]))
            peer.rest()
            peer.close()
        log = "".join(lines) + process.stderr.read()
        assert process.wait(PATIENCE) == 1
    assert "has died of a bug: the server stops" in log
    assert "ZeroDivisionError: planted" in log


def test_a_closed_terminal_stops_the_server() -> None:
    """SIGHUP stops it as SIGINT and SIGTERM do."""
    command = [sys.executable, "-m", "server", "--port", "0"]
    with spawn(command) as process:
        assert process.stderr
        peer = Peer(int(process.stderr.readline().split()[-1]))
        peer.line()
        process.send_signal(signal.SIGHUP)
        assert peer.rest().decode() == "服务器关闭，连接中断\n"
        peer.close()
        process.stderr.read()
        assert process.wait(PATIENCE) == 0


def test_a_log_that_nobody_reads_stops_nobody() -> None:
    """The server goes on, although it logs far more than the pipe of its log holds."""
    command = [sys.executable, "-m", "server", "--port", "0", "--idle-timeout", "0.05"]
    with spawn(command) as process:
        assert process.stderr
        port = int(process.stderr.readline().split()[-1])
        for _ in range(15):
            guests = [Peer(port) for _ in range(100)]
            for guest in guests:
                assert guest.rest().decode().endswith("长时间未使用，连接中断\n")
                guest.close()
        process.terminate()
        assert process.wait(PATIENCE) == 0
        process.stderr.read()


def test_both_families_meet(peers: Peers) -> None:
    """A server on `::` shows IPv4 addresses as IPv4, and IPv6 addresses in brackets."""
    if not socket.has_dualstack_ipv6():
        pytest.skip("this system has no IPv6")
    with running(ip="::") as server:
        four = peers(server)
        with socket.create_connection(("::1", server.port), PATIENCE) as six:
            addr = f"[::1]:{six.getsockname()[1]}"
            assert four.line() == f"[{addr}]{addr}:已上线"
            six.sendall(f"to {four.addr} hi\n".encode())
            assert four.line() == f"{addr}: hi"
        assert four.line() == f"[{addr}]{addr}:下线"


def test_the_zone_of_a_link_is_shown() -> None:
    """The same fe80 address on another link is another user's."""
    table = Path("/proc/net/if_inet6")  # Linux has it; each row is an address in hex, three numbers, flags and a link
    rows = [row.split() for row in table.read_text("ascii").splitlines()] if table.exists() else []
    links = [f"{ipaddress.IPv6Address(int(row[0], 16))}%{row[5]}" for row in rows if row[0].startswith("fe80")]
    if not links:
        pytest.skip("this system has no link of IPv6")
    with (
        running(ip="::") as server,
        socket.create_connection((links[0], server.port), PATIENCE) as six,
        six.makefile("r", encoding="utf-8") as lines,
    ):
        addr = f"[{links[0]}]:{six.getsockname()[1]}"
        assert lines.readline() == f"[{addr}]{addr}:已上线\n"
