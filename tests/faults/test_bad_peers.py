"""Real faults of peers, while two bystanders talk. The figures are kept as properties of each test."""

from __future__ import annotations

import contextlib
import socket
import threading
import time

import pytest

from ..support.bystanders import Record, bystanders, report, server_process, watcher
from ..support.peers import Peer


def test_a_quiet_server(record_property: Record) -> None:
    """The bystanders talk, and there is no fault. The other tests are compared with this one."""
    with server_process("--idle-timeout", "0") as server, bystanders(server.port) as ages:
        server.wait_until(lambda: len(ages) > 300)
    report(record_property, ages)


def test_a_peer_that_vanished_is_kicked(record_property: Record) -> None:
    """The server gets no FIN and no RST from it. The others read one 下线, at the idle limit."""
    with server_process("--idle-timeout", "2") as server, bystanders(server.port) as ages:
        peer = watcher(server)
        gone = Peer(server.port)
        peer.until(f"{gone.prefix}已上线")
        try:
            gone.socket.setsockopt(socket.IPPROTO_TCP, 19, 1)  # TCP_REPAIR: the other side is not told of close()
        except PermissionError:
            pytest.skip("only root can make a peer vanish")
        gone.close()
        begun = time.monotonic()
        while (line := peer.line()) != f"{gone.prefix}下线":
            assert line != f"{gone.prefix}已上线"
            peer.say("")
        report(record_property, ages, seconds=round(time.monotonic() - begun, 2))
        assert f"{gone.prefix}在线" not in peer.ask("who")
        peer.close()


def test_a_thousand_resets_in_mid_line(record_property: Record) -> None:
    """The others see each peer come once and go once, and they see no part of its line."""
    with server_process("--idle-timeout", "0") as server, bystanders(server.port) as ages:
        threads, files = server.status("Threads"), server.open_files()
        peer = watcher(server)
        for _ in range(1000):
            guest = Peer(server.port)
            guest.send(b"half a li")
            guest.reset()
        server.wait_until(lambda: server.status("Threads") <= threads + 1 and server.open_files() <= files + 1)
        lines = peer.ask("who")
        peer.close()
        came = [line.removesuffix("已上线") for line in lines if line.endswith("已上线")]
        left = [line.removesuffix("下线") for line in lines if line.endswith("下线")]
        report(record_property, ages, seen=len(came))
    assert sorted(came) == sorted(left)
    assert not any("half a li" in line for line in lines)
    assert len(server.log.splitlines()) < 10


def test_readers_that_never_read_are_dropped(record_property: Record) -> None:
    """Twenty have full windows. Each is dropped, the server keeps little for it, and nobody else waits."""
    with server_process("--idle-timeout", "0") as server, bystanders(server.port) as ages:
        memory = server.status("VmRSS")
        stuck = []
        for _ in range(20):
            guest = Peer(server.port)
            guest.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            stuck.append(guest)
        talker = watcher(server)
        left: set[str] = set()
        most = memory
        waiting = {f"{guest.prefix}下线" for guest in stuck}
        while not waiting <= left:
            for line in talker.ask("x" * 4000):
                left.add(line)
            most = max(most, server.status("VmRSS"))
        talker.close()
        for guest in stuck:
            guest.close()
        report(record_property, ages, kib_each=(most - memory) // 20)
        assert most - memory < 20 * 1024


def test_a_drip_reader_is_dropped_and_told(record_property: Record) -> None:
    """A peer that reads a little now and then gets the first lines without a gap, then the reason, then the end."""
    with server_process("--idle-timeout", "0") as server, bystanders(server.port) as ages:
        talker = watcher(server)
        drip = Peer(server.port)
        drip.until(f"{drip.prefix}已上线")
        talker.until(f"{drip.prefix}已上线")
        got, drip._partial = bytearray(drip._partial), b""
        number = 0
        gone = False
        while not gone:
            for _ in range(50):
                gone = gone or f"{drip.prefix}下线" in talker.ask(f"{number} " + "x" * 4000)
                number += 1
            got += drip.socket.recv(2048)
        got += drip.rest()
        lines = got.decode().splitlines()
        assert lines[-1] == "接收过慢，连接中断"
        numbers = [int(line.partition("]")[2].split(":")[2].split()[0]) for line in lines if line.endswith("xxx")]
        assert numbers == list(range(len(numbers)))
        drip.close()
        talker.close()
        report(record_property, ages, lines=number)


def test_a_line_that_never_ends(record_property: Record) -> None:
    """Single bytes without a line end are no heartbeat, and 64 MB of them are not kept."""
    with server_process("--idle-timeout", "2") as server, bystanders(server.port) as ages:
        slow = Peer(server.port)
        with pytest.raises(OSError):  # it was kicked, so the connection takes nothing more
            while True:
                slow.send(b"x")
                time.sleep(0.01)
        slow.close()
        memory = server.status("VmRSS")
        endless = Peer(server.port)
        with contextlib.suppress(OSError):  # the server closes in the middle of it, or soon after
            for _ in range(64):
                endless.send(b"x" * 1024 * 1024)
            while b"".join(iter(endless.raw_line, b"")):
                pass
        endless.close()
        grown = server.status("VmRSS") - memory
        report(record_property, ages, kib=grown)
        assert grown < 2048


def test_five_hundred_come_at_once(record_property: Record) -> None:
    """All of them get in, and everyone hears of everyone."""
    with server_process("--idle-timeout", "0") as server, bystanders(server.port) as ages:
        peer = watcher(server)
        barrier = threading.Barrier(500)
        guests: list[Peer] = []

        def come() -> None:
            barrier.wait()
            guests.append(Peer(server.port))

        threads = [threading.Thread(target=come) for _ in range(500)]
        for thread in threads:
            thread.start()
        begun = time.monotonic()
        for thread in threads:
            thread.join()
        waiting = {f"{guest.prefix}已上线" for guest in guests}
        assert len(waiting) == 500
        while waiting:
            waiting.discard(peer.line())
        report(record_property, ages, settled_s=round(time.monotonic() - begun, 2))
        for guest in guests:
            guest.close()
        left = 0
        while left < 500:
            left += peer.line().endswith("下线")
        peer.close()


def test_floods_of_telnet_commands(record_property: Record) -> None:
    """They cost no memory, the server answers few of them, and it keeps the text between them."""
    with server_process("--idle-timeout", "0") as server, bystanders(server.port) as ages:
        memory = server.status("VmRSS")
        peer = watcher(server)
        peer.send(b"\xff\xf1" * 512 * 1024 + b"\xff\xfa" + b"x" * 200 + b"\n" + b"\xff\xfd\x06" * 100_000 + b"kept\n")
        heard = b""
        while not heard.endswith(b"kept\n"):
            heard += peer.raw_line()
        assert heard.count(b"\xff\xfc\x06") < 1000
        peer.close()
        grown = server.status("VmRSS") - memory
        report(record_property, ages, kib=grown)
        assert grown < 2048


def test_a_name_is_free_again_after_a_crash(record_property: Record) -> None:
    """A thousand peers take the name and are reset at once. None of them keeps it."""
    with server_process("--idle-timeout", "0") as server, bystanders(server.port) as ages:
        peer = watcher(server)
        for _ in range(1000):
            guest = Peer(server.port)
            guest.send(b"rename x\n")
            guest.reset()
        server.wait_until(lambda: "修改用户名为: x" in peer.ask("rename x"))
        peer.close()
        report(record_property, ages)
