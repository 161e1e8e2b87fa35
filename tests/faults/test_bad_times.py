"""Real faults of processes and clocks."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from ..support.bystanders import Record, bystanders, report, server_process, watcher
from ..support.peers import PATIENCE


def test_a_process_with_a_hundred_clients_is_killed(record_property: Record) -> None:
    """This happens ten times. The others see each client come and go."""
    program = """
import socket, sys
peers = [socket.create_connection(("127.0.0.1", int(sys.argv[1]))) for _ in range(100)]
print("in", flush=True)
sys.stdin.read()
"""
    with server_process("--idle-timeout", "0") as server, bystanders(server.port) as ages:
        peer = watcher(server)
        came: list[str] = []
        left: list[str] = []
        for turn in range(1, 11):
            with subprocess.Popen(
                [sys.executable, "-c", program, str(server.port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
            ) as crowd:
                assert crowd.stdout
                crowd.stdout.readline()
                while len(came) < 100 * turn:
                    line = peer.line()
                    came += [line.removesuffix("已上线")] if line.endswith("已上线") else []
                crowd.kill()
            while len(left) < 100 * turn:
                line = peer.line()
                left += [line.removesuffix("下线")] if line.endswith("下线") else []
        peer.close()
        report(record_property, ages)
        assert sorted(came) == sorted(left)


def test_a_freeze_of_the_process_kicks_nobody(record_property: Record) -> None:
    """The process is stopped for longer than the limit and then continued. Nobody is kicked."""
    with server_process("--idle-timeout", "1.5") as server:
        peers = [watcher(server) for _ in range(20)]
        os.kill(server.process.pid, signal.SIGSTOP)
        for peer in peers:
            peer.say("typed meanwhile")
        time.sleep(2.0)
        os.kill(server.process.pid, signal.SIGCONT)
        for peer in peers:
            assert "长时间未使用，连接中断" not in peer.until("I'm live")
            assert f"{peers[-1].prefix}在线" in peer.ask("who")
            peer.close()
        report(record_property, [])


def test_a_jump_of_the_wall_clock_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The wall clock jumps back and forth. Silent users are kicked all the same, and others are not."""
    jump = "import time; real = time.time; time.time = lambda: real() + 3600 * (time.monotonic() % 2 - 1)"
    with server_process("--idle-timeout", "0.5", before=jump) as server:
        silent, talker = watcher(server), watcher(server)
        while True:
            lines = talker.ask("who")
            if f"{silent.prefix}下线" in lines:
                break
        assert silent.rest().decode().endswith("长时间未使用，连接中断\n")
        silent.close()
        talker.close()


@pytest.mark.parametrize("signals", [[signal.SIGTERM], [signal.SIGINT] * 2, [signal.SIGTERM] * 200])
def test_a_stop_in_mid_broadcast_loses_nothing(record_property: Record, signals: list[int]) -> None:
    """Everyone reads the same whole lines without a gap, then the farewell. The exit status is 0."""
    with server_process("--idle-timeout", "0") as server:
        peers = [watcher(server) for _ in range(100)]
        for peer in peers[:-1]:
            peer.until(f"{peers[-1].prefix}已上线")
        stop = threading.Event()

        def talk() -> None:
            number = 0
            while not stop.wait(0.001):
                try:
                    peers[0].say(f"line {number}")
                except OSError:  # the server has hung up
                    return
                number += 1

        talker = threading.Thread(target=talk)
        talker.start()
        peers[1].until(f"{peers[0].prefix}line 50")
        begun = time.monotonic()
        for number in signals:
            server.process.send_signal(number)
        heard = [peer.rest().decode() for peer in peers[2:]]
        assert server.process.wait(PATIENCE) == 0
        took = time.monotonic() - begun
        stop.set()
        talker.join()
        for peer in peers:
            peer.close()
    lines = {tuple(text.splitlines()) for text in heard}
    assert len(lines) == 1  # everyone has read the same
    (same,) = lines
    assert same[-1] == "服务器关闭，连接中断"
    assert list(same[:-1]) == [f"{peers[0].prefix}line {number}" for number in range(len(same) - 1)]
    record_property("exit_s", round(took, 2))
