"""The ops port and the log as JSON, in the program."""

from __future__ import annotations

import http.client
import json
import re
import socket
import sys
from collections.abc import Iterable
from pathlib import Path

from ..support.peers import PATIENCE, Peer, spawn

SERVER = [sys.executable, "-m", "server", "--port", "0"]


def ports_in(log: Iterable[str]) -> tuple[int, int]:
    """Return the port of the chat and the ops port, which the first two lines of a log name."""
    lines = iter(log)
    chat = re.search(r"listening on 127\.0\.0\.1 port (\d+)", next(lines))
    ops = re.search(r"http://127\.0\.0\.1:(\d+)/metrics", next(lines))
    assert chat and ops
    return int(chat[1]), int(ops[1])


def get(port: int, path: str) -> str:
    """Return a page."""
    connection = http.client.HTTPConnection("127.0.0.1", port, PATIENCE)
    connection.request("GET", path)
    page = connection.getresponse().read().decode()
    connection.close()
    return page


def test_the_ops_port_is_a_flag(tmp_path: Path) -> None:
    """It shows what the program does, with its history, until the program stops."""
    with spawn([*SERVER, "--ops", "0", "--history", str(tmp_path / "history")]) as process:
        assert process.stderr
        port, ops = ports_in(process.stderr)
        peer = Peer(port)
        peer.ask("大家好")
        peer.ask("")
        page = get(ops, "/metrics")
        assert re.search(r"(?m)^chatroom_users 1$", page)
        assert re.search(r"(?m)^chatroom_history_failing 0$", page)
        assert re.search(r"(?m)^chatroom_fan_out_seconds_count [1-9]", page)
        assert get(ops, "/health") == "ok\n"
        process.terminate()
        assert peer.rest().decode().endswith("服务器关闭，连接中断\n")
        peer.close()
        assert "Traceback" not in process.stderr.read()
        assert process.wait(PATIENCE) == 0


def test_an_ops_port_in_use_is_one_clear_line(tmp_path: Path) -> None:
    """There is no traceback, and the exit status is 1."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with spawn([*SERVER, "--ops", str(port), "--history", str(tmp_path / "history")]) as process:
            assert process.stderr
            (line,) = process.stderr
            assert line.startswith(f"chatroom-server: cannot listen on 127.0.0.1 port {port}: ")
            assert process.wait(PATIENCE) == 1


def test_the_log_as_json() -> None:
    """Each line is an object: what the program says, whom it disconnects, the trace."""
    with spawn([*SERVER, "--ops", "0", "--log-format", "json", "--trace", "--idle-timeout", "0.2"]) as process:
        assert process.stderr
        port, _ = ports_in(json.loads(line)["message"] for line in process.stderr)
        peer = Peer(port)
        assert peer.until("长时间未使用，连接中断")
        peer.close()
        process.terminate()
        log = [json.loads(line) for line in process.stderr]
        assert process.wait(PATIENCE) == 0
    assert [sorted(record) for record in log] == [["level", "logger", "message", "time"]] * len(log)
    messages = [record["message"] for record in log]
    assert f"{peer.addr} 中断连接" in messages
    assert any("read the end, Leave (idle) -> log" in message for message in messages)
    assert log[-1]["logger"] == "server.program"
    assert log[-1]["message"].startswith("stopped after ")
