"""The two programs as they are started: flags, what they say at start, exit statuses."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest

from .conftest import PATIENCE, Connect, Peer, StrictServer


def run(program: str, *flags: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", program, *flags]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=PATIENCE, check=False)


@pytest.mark.parametrize("ip_flag", ["-ip", "--ip"])
@pytest.mark.parametrize("port_flag", ["-port", "--port"])
def test_the_server_says_where_it_listens(ip_flag: str, port_flag: str) -> None:
    """One line names the address, the port it picked, and how to reach it; the flags are obeyed."""
    command = [sys.executable, "-m", "server", ip_flag, "127.0.0.2", port_flag, "0", "--no-receipt"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        line = process.stderr.readline()
        *_, telnet, ip, port = line.split()
        assert (telnet, ip) == ("telnet", "127.0.0.2")
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
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        peer = Peer(int(process.stderr.readline().split()[-1]))
        assert peer.until("长时间未使用，连接中断") == [peer.tag + "已上线"]
        peer.close()
        assert f"{peer.addr} 中断连接" in process.stderr.readline()
        process.terminate()
        process.stderr.read()


def test_a_port_in_use_is_one_clear_line(server: StrictServer) -> None:
    """No traceback, exit status 1."""
    result = run("server", "--port", str(server.port))
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert f"127.0.0.1 port {server.port}" in result.stderr


@pytest.mark.parametrize("ip", ["192.0.2.1", "no such host", "256.1.1.1", "\u00e9" * 70])
def test_an_address_that_is_not_ours_is_one_clear_line(ip: str) -> None:
    """No traceback, exit status 1."""
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
    ],
)
def test_a_flag_that_makes_no_sense_is_a_usage_error(flags: tuple[str, ...]) -> None:
    """Exit status 2 and the usage."""
    result = run(*flags)
    assert result.returncode == 2
    assert result.stderr.startswith("usage:")


def test_a_client_without_a_server_says_so() -> None:
    """One clear line, exit status 1."""
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    result = run("client", "--port", str(port))
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (1, "", 1)


def test_the_client_does_what_is_typed(server: StrictServer, connect: Connect) -> None:
    """Every mode of the menu, from a pipe: whole lines, spaces kept, empty ones not sent."""
    other = connect()
    other.rename("bob")
    typed = ["9", "1", "hello,  all ", "", "exit", "2", "who", "", "a b", "bob", " a  b", "", "exit", "exit"]
    typed += ["3", "", "3", "alice", "1", "renamed", "exit", "0"]
    result = run("client", "-ip", "127.0.0.1", "-port", str(server.port), stdin="\n".join(typed) + "\n")
    addr = other.line().partition("]")[0][1:]
    assert other.lines(4) == [
        f"[{addr}]{addr}:hello,  all ",
        f"{addr}:  a  b",
        f"[{addr}]alice:renamed",
        f"[{addr}]alice:下线",
    ]
    assert (result.returncode, result.stderr) == (0, "")
    for text in ("1. 群聊\n2. 私聊\n3. 更改用户名\n0. 退出\n", "请选择合法的操作\n", "请输入聊天内容，exit退出:"):
        assert text in result.stdout
    for text in (
        "请输入聊天对象[用户名]，who查看当前在线用户，exit退出：",
        "请输入聊天内容，exit退出：",
        "输入新用户名：",
    ):
        assert text in result.stdout
    assert f"[{addr}]{addr}:在线\n" in result.stdout
    assert "修改用户名为: alice\n" in result.stdout
    assert "该用户不在线\n" in result.stdout
    assert "I'm live" not in result.stdout


@pytest.mark.parametrize("typed", ["", "1\n", "2\n", "2\nbob\n", "3\n", "1\nhi"])
def test_the_client_leaves_at_the_end_of_input(server: StrictServer, typed: str) -> None:
    """Wherever the menu is, with exit status 0."""
    result = run("client", "--port", str(server.port), stdin=typed)
    assert (result.returncode, result.stderr) == (0, "")


def test_the_client_says_that_the_server_is_gone() -> None:
    """While it waits for input: one clear line, exit status 1."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        command = [sys.executable, "-m", "client", "--port", str(listener.getsockname()[1])]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as client:
            assert client.stdin and client.stdout and client.stderr
            connection, _ = listener.accept()
            while client.stdout.readline() != "0. 退出\n":
                pass
            connection.close()
            assert client.wait(PATIENCE) == 1
            assert client.stderr.read().count("\n") == 1
