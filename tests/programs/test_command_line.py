"""The two programs on the command line: their flags, what they say at the start, their exit statuses."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys

import pytest

from ..support.peers import PATIENCE, Peer, StrictServer, spawn


def run(program: str, *flags: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", program, *flags]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=PATIENCE, check=False)


@pytest.mark.parametrize("ip_flag", ["-ip", "--ip"])
@pytest.mark.parametrize("port_flag", ["-port", "--port"])
def test_the_server_says_where_it_listens(ip_flag: str, port_flag: str) -> None:
    """One line names the address, the port, and how to reach it. The flags are obeyed."""
    command = [sys.executable, "-m", "server", ip_flag, "127.0.0.2", port_flag, "0", "--no-receipt"]
    with spawn(command) as process:
        assert process.stderr
        line = process.stderr.readline()
        *_, telnet, flag, ip, port = line.split()
        assert (telnet, flag, ip) == ("telnet", "-E", "127.0.0.2")
        with socket.create_connection((ip, int(port)), PATIENCE) as peer:
            peer.sendall(b"\none\n")
            stream = peer.makefile(encoding="utf-8")
            assert [stream.readline().rpartition(":")[2] for _ in range(2)] == ["已上线\n", "one\n"]
            stream.close()
            process.terminate()
            assert peer.recv(100).decode() == "服务器关闭，连接中断\n"
        process.stderr.read()
        assert process.wait(PATIENCE) == 0


def test_the_idle_timeout_is_a_flag() -> None:
    """`--idle-timeout` is obeyed, and the kick is in the log."""
    command = [sys.executable, "-m", "server", "--port", "0", "--idle-timeout", "0.2"]
    with spawn(command) as process:
        assert process.stderr
        peer = Peer(int(process.stderr.readline().split()[-1]))
        assert peer.until("长时间未使用，连接中断") == [peer.prefix + "已上线"]
        peer.close()
        assert f"{peer.addr} 中断连接" in process.stderr.readline()
        process.terminate()
        process.stderr.read()


def test_a_server_without_a_log() -> None:
    """Some programs start others with standard error closed. No socket takes its place then."""
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    shell = ["sh", "-c", 'exec "$@" 2>&-', "sh", sys.executable, "-m", "server", "--port", str(port)]
    with spawn(shell) as process:
        peer = None
        while peer is None:
            assert process.poll() is None
            with contextlib.suppress(ConnectionRefusedError):
                peer = Peer(port)
        assert peer.line() == peer.prefix + "已上线"
        process.terminate()
        assert peer.line() == "服务器关闭，连接中断"
        peer.close()
        assert process.wait(PATIENCE) == 0


def test_a_port_in_use_is_one_clear_line(server: StrictServer) -> None:
    """There is no traceback, and the exit status is 1."""
    result = run("server", "--port", str(server.port))
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert f"127.0.0.1 port {server.port}" in result.stderr


@pytest.mark.parametrize("ip", ["192.0.2.1", "no such host", "256.1.1.1", "\u00e9" * 70])
def test_an_address_that_is_not_ours_is_one_clear_line(ip: str) -> None:
    """There is no traceback, and the exit status is 1."""
    result = run("server", "--ip", ip, "--port", "0")
    assert (result.returncode, result.stderr.count("\n")) == (1, 1)
    assert ip in result.stderr


@pytest.mark.parametrize(
    "flags",
    [
        ("server", "--port", "65536"),
        ("server", "--port", "x"),
        ("server", "--idle-timeout", "-1"),
        ("server", "--idle-timeout", "nan"),
        ("server", "--log-level", "loud"),
        ("server", "--unknown"),
        ("client", "--port", "0"),
        ("client", "--unknown"),
        ("client", "--name", "a b"),
        ("client", "--name", ""),
        ("client", "--name", "小明！"),
        ("client", "--away-after", "0"),
        ("client", "--away-after", "soon"),
        ("client", "--keep-alive", "0"),
        ("client", "--keep-alive", "-1"),
        ("client", "--keep-alive", "inf"),
        ("client", "--keep-alive", "often"),
    ],
)
def test_a_flag_that_makes_no_sense_is_a_usage_error(flags: tuple[str, ...]) -> None:
    """The program shows its usage, and the exit status is 2."""
    result = run(*flags)
    assert result.returncode == 2
    assert result.stderr.startswith("usage:")


def test_a_client_without_a_server_says_so() -> None:
    """It is one clear line, and the exit status is 1."""
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    result = run("client", "--port", str(port))
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (1, "", 1)
