"""The server when the system has no more threads or descriptors, and how it starts, logs and stops."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from server.limits.descriptors import SPARE_DESCRIPTORS

from ..support.peers import PATIENCE, Connect, Peer, StrictServer, running, spawn


def test_without_threads_a_newcomer_is_refused(
    server: StrictServer, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told the reason, and the others do not see it. When there are threads again, newcomers come in."""
    first = connect()
    start = threading.Thread.start

    def fail(thread: threading.Thread) -> None:
        if thread.name.startswith("handler"):
            raise RuntimeError("can't start new thread")
        start(thread)

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", fail)
        refused = Peer(server.port)
        assert refused.rest().decode() == "服务器繁忙，请稍后再试\n"
        refused.close()
    assert first.ask("who") == [first.prefix + "在线"]
    second = connect()
    assert first.line() == second.prefix + "已上线"


def test_without_descriptors_newcomers_are_refused() -> None:
    """They are told so, and the log says it at most twice. When somebody leaves, there is room for another."""
    program = "import resource, sys; resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))\n"
    program += "from server.__main__ import main; sys.argv[1:] = ['--port', '0']; sys.exit(main())"
    with spawn([sys.executable, "-c", program]) as process:
        assert process.stderr
        port = int(process.stderr.readline().split()[-1])
        peers = [Peer(port) for _ in range(100)]
        refused = [peer for peer in peers if "服务器人数已满" in peer.line()]
        assert len(refused) == 100 - (64 - SPARE_DESCRIPTORS)
        first = next(peer for peer in peers if peer not in refused)
        gone = next(peer for peer in peers if peer not in (first, *refused))
        gone.close()
        first.until(f"{gone.prefix}下线")
        while "服务器人数已满" in (last := Peer(port)).line():  # its handler may not have ended yet
            last.close()
        process.terminate()
        assert "服务器关闭，连接中断\n".encode() in last.rest()
        for peer in (last, *peers):
            peer.close()
        log = process.stderr.read()
        assert process.wait(PATIENCE) == 0
    assert "Traceback" not in log
    assert log.count("refused a connection") <= 2


def test_every_thread_has_a_name(server: StrictServer, connect: Connect) -> None:
    """Its name is the one in the table of threads."""
    peer = connect()
    names = {thread.name for thread in threading.enumerate()}
    assert {"accept", "broadcaster", f"handler {peer.addr}"} <= names


def test_an_event_is_one_line_of_the_log(
    server: StrictServer, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    """No name that a user asks for brings a line end or an escape into the log."""
    caplog.set_level("DEBUG")
    peer = connect()
    for code in (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029, 0x202E):
        if chr(code) not in "\n\r\x04\x08\x7f":
            peer.ask(f"rename a{chr(code)}2026-01-01 ERROR forged")
    (who,) = peer.ask("who")
    assert "forged" not in who
    with running(idle_timeout=0.01) as strict:
        kicked = Peer(strict.port)
        kicked.rest()
        kicked.close()
    assert [len(record.getMessage().splitlines()) for record in caplog.records] == [1] * len(caplog.records)
    assert any("中断连接" in record.getMessage() for record in caplog.records)


def test_a_reset_in_mid_line_shows_no_part_of_it(server: StrictServer, connect: Connect) -> None:
    """The others see each of fifty users come and go, and nothing else."""
    first = connect()
    for _ in range(50):
        peer = Peer(server.port)
        peer.until(peer.prefix + "已上线")
        peer.send(b"half a line")
        peer.reset()
        assert first.lines(2) == [peer.prefix + "已上线", peer.prefix + "下线"]


def test_a_burst_of_newcomers_all_come_in(server: StrictServer) -> None:
    """None of them is refused, and each reads its own announcement."""
    barrier = threading.Barrier(100)
    peers: list[Peer] = []

    def come() -> None:
        barrier.wait(PATIENCE)
        peers.append(Peer(server.port))

    threads = [threading.Thread(target=come) for _ in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for peer in peers:
        peer.until(peer.prefix + "已上线")
    listed = [line for line in peers[0].ask("who") if line.endswith("在线")]
    assert sorted(listed) == sorted(peer.prefix + "在线" for peer in peers)
    for peer in peers:
        peer.close()


def test_the_file_limit_is_raised() -> None:
    """It raises the soft limit to the hard one."""
    program = "import resource, server.limits.descriptors as m; resource.setrlimit(resource.RLIMIT_NOFILE, (50, 100))\n"
    program += "m.raise_file_limit(); print(resource.getrlimit(resource.RLIMIT_NOFILE))"
    output = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert output == "(100, 100)\n"


def test_it_can_be_stopped_at_once() -> None:
    """It stops without any user having come."""
    with running():
        pass
