"""The programs that people use, on real terminals: Debian's telnet, nc, and our own client."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pexpect
import pytest

from ..support.peers import PATIENCE, Peer, need

Program = Callable[..., "pexpect.spawn[str]"]


@pytest.fixture
def port() -> Iterator[int]:
    """The port of a server that runs in a process of its own."""
    command = [sys.executable, "-m", "server", "--port", "0", "--idle-timeout", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        yield int(process.stderr.readline().split()[-1])
        process.terminate()
        assert "Traceback" not in process.stderr.read()
        assert process.wait(PATIENCE) == 0


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    """Start programs, each on a terminal of its own."""
    started = []

    def start(*command: str, home: str = os.environ.get("HOME", "/")) -> pexpect.spawn[str]:
        child = pexpect.spawn(
            command[0],
            list(command[1:]),
            encoding="utf-8",
            timeout=PATIENCE,
            dimensions=(24, 200),
            env={**os.environ, "NO_COLOR": "1", "XDG_STATE_HOME": str(tmp_path), "HOME": home},
        )
        started.append(child)
        return child

    yield start
    for child in started:
        child.close(force=True)


@pytest.fixture
def telnet(program: Program, port: int) -> Callable[[], tuple[pexpect.spawn[str], str]]:
    """Start a telnet. Return it and its address."""
    path = need("telnet")

    def start() -> tuple[pexpect.spawn[str], str]:
        # Without -E, a character whose last byte is 9D is taken for the escape character.
        child = program(path, "-E", "127.0.0.1", str(port))
        child.expect(r"\[(127\.0\.0\.1:\d+)\]\1:已上线\r\n")
        return child, child.match[1]

    return start


def test_a_conversation_of_three(
    port: int, telnet: Callable[[], tuple[pexpect.spawn[str], str]], program: Program
) -> None:
    """Two telnets and our client show what PROTOCOL.md says under "What the server says"."""
    one, addr_one = telnet()
    two, addr_two = telnet()
    client = program(sys.executable, "-m", "client", "-v", "-port", str(port))
    client.expect(r"\[(127\.0\.0\.1:\d+)\]\1:已上线\r\n")
    addr_client = client.match[1]
    for child in (one, two):
        child.expect_exact(f"[{addr_client}]{addr_client}:已上线\r\n")

    one.sendline("大家好  hello")
    for child in (one, two, client):
        child.expect_exact(f"[{addr_one}]{addr_one}:大家好  hello\r\n")
    one.expect_exact("I'm live\r\n")

    one.sendline("rename 小明")
    one.expect_exact("修改用户名为: 小明\r\nI'm live\r\n")
    two.sendline("rename 小明")
    two.expect_exact("该用户名已被使用\r\n")
    two.sendline("rename a b")
    two.expect_exact("消息格式不正确，请使用 [rename newname] 格式\r\n")
    two.sendline("who")
    two.expect_exact(f"[{addr_one}]小明:在线\r\n")

    two.sendline("to 小明 悄悄 话")
    one.expect_exact(f"{addr_two}: 悄悄 话\r\n")
    two.sendline("to 小红 在吗")
    two.expect_exact("该用户不在线\r\n")
    two.sendline("to 小明")
    two.expect_exact("消息格式不正确，请使用 [to username content] 格式\r\n")

    client.sendline("1")
    client.expect_exact("请输入聊天内容，exit退出:")
    client.sendline("from the client")
    for child in (one, two, client):
        child.expect_exact(f"[{addr_client}]{addr_client}:from the client\r\n")
    client.sendline("exit")
    client.expect_exact("0. 退出")
    client.sendline("2")
    client.expect_exact("请输入聊天对象[用户名]，who查看当前在线用户，exit退出：")
    client.sendline("小明")
    client.expect_exact("请输入聊天内容，exit退出：")
    client.sendline("只给你")
    one.expect_exact(f"{addr_client}: 只给你\r\n")

    one.sendcontrol("d")
    one.expect_exact("Connection closed by foreign host.")
    one.expect(pexpect.EOF)
    for child in (two, client):
        child.expect_exact(f"[{addr_one}]小明:下线\r\n")
    client.sendcontrol("d")
    client.expect(pexpect.EOF)
    assert "I'm live" not in client.before
    client.wait()
    assert client.exitstatus == 0


@pytest.mark.parametrize("key", ["c", "\\", "o", "z"])
def test_a_telnet_is_not_silenced_by_a_control_key(
    telnet: Callable[[], tuple[pexpect.spawn[str], str]], key: str
) -> None:
    """After Ctrl-C and other control keys the terminal still shows what is said."""
    child, addr = telnet()
    child.sendcontrol(key)
    child.sendline("still here")
    child.expect_exact(f"[{addr}]{addr}:still here\r\n")


def test_characters_that_telnet_takes_for_control_keys(
    telnet: Callable[[], tuple[pexpect.spawn[str], str]],
) -> None:
    """Every continuation byte of a character gets through, except 85, which this telnet swallows."""
    child, addr = telnet()
    text = "".join(chr(0x4E00 + low) for low in range(0x40) if low != 5)
    child.sendline(text)
    child.expect_exact(f"[{addr}]{addr}:{text}\r\n")


@pytest.fixture
def telnet_home(tmp_path: Path) -> str:
    """A home with the README's `~/.telnetrc`."""
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    found = re.search(r"    (DEFAULT set echo .*)\n    (\t.*)\n    (\t.*)\n", readme)
    assert found
    (tmp_path / ".telnetrc").write_text("".join(f"{line}\n" for line in found.groups()))
    return str(tmp_path)


def test_with_its_settings_file_telnet_takes_any_character(program: Program, port: int, telnet_home: str) -> None:
    """The README's `~/.telnetrc` turns off the two keys that are in the way, so `-E` is not needed."""
    child = program(need("telnet"), "127.0.0.1", str(port), home=telnet_home)
    child.expect(r"\[(127\.0\.0\.1:\d+)\]\1:已上线\r\n")
    addr = child.match[1]
    for text in (
        "全先公关入六内待",
        "".join(chr(0x4E00 + low) for low in range(0x40)),
        "".join(map(chr, range(0x7800, 0x7860))),
    ):
        child.sendline(text)
        child.expect_exact(f"{text}\r\n")  # the terminal's own echo
        child.expect_exact(f"[{addr}]{addr}:{text}\r\n")
        child.expect_exact("I'm live\r\n")


@pytest.mark.parametrize("text", ["小", "有", "会", "僃"])
def test_with_its_settings_file_telnet_shows_everything(program: Program, telnet_home: str, text: str) -> None:
    """Without them it throws away all that comes between what it takes for a control key and the server's answer to that."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        child = program(need("telnet"), "127.0.0.1", str(listener.getsockname()[1]), home=telnet_home)
        server, _ = listener.accept()
        with server, server.makefile("rb") as typed:
            child.expect("\n")
            child.sendline(text)
            typed.readline()
            server.sendall("在这时\r\n".encode())
            child.expect_exact("在这时")


def test_nc_gets_every_answer(port: int) -> None:
    """A hundred times, `printf 'who\\n' | nc -N` gets the answer and the receipt."""
    nc = need("nc")
    for _ in range(100):
        answer = subprocess.run(
            [nc, "-N", "127.0.0.1", str(port)], input=b"who\n", capture_output=True, timeout=PATIENCE, check=True
        ).stdout.decode()
        addr = re.escape(answer.partition("]")[0][1:])
        expected = rf"\[{addr}\]{addr}:已上线\n(\[.*\n)*\[{addr}\]{addr}:在线\n(\[.*\n)*I'm live\n"
        assert re.fullmatch(expected, answer)


def status(child: pexpect.spawn[str]) -> int | None:
    """Wait until a program has ended. Return its exit status, or None if a signal ended it."""
    child.expect(pexpect.EOF)
    assert "Traceback" not in child.before
    child.wait()
    exit_status: int | None = child.exitstatus
    return exit_status


def test_the_make_targets_run_both_programs(program: Program) -> None:
    """`make run-server` and `make run-client` start them with the flags in `ARGS`.

    Ctrl-C reaches the server and not make, so the exit status is the server's own.
    """
    make = need("make")
    server = program(make, "run-server", f"PYTHON={sys.executable}", "ARGS=--port 0")
    server.expect(r"\D(\d+)\r\n")
    port = server.match[1]
    client = program(make, "run-client", f"PYTHON={sys.executable}", f"ARGS=--port {port}")
    client.expect_exact("已上线")
    peer = Peer(int(port))
    client.expect_exact(f"{peer.addr}:已上线")
    peer.close()
    client.sendline("0")
    assert status(client) == 0
    server.sendcontrol("c")
    assert status(server) == 0


def test_make_reports_each_failure_as_2(program: Program) -> None:
    """make's own status is always 2 then. The program's status, which is 1, stands in make's message."""
    make = need("make")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        server = program(make, "run-server", f"PYTHON={sys.executable}", f"ARGS=--port {port}")
        server.expect_exact(f"127.0.0.1 port {port}")
        server.expect_exact("Error 1")
        assert status(server) == 2
    client = program(make, "run-client", f"PYTHON={sys.executable}", f"ARGS=--port {port}")
    client.expect_exact(f"127.0.0.1 port {port}")
    client.expect_exact("Error 1")
    assert status(client) == 2


def test_a_server_under_make_is_a_job_of_the_shell(program: Program) -> None:
    """Ctrl-Z stops it together with make, `fg` and `bg` continue it, and SIGTERM to make ends it in order."""
    make, bash = need("make"), need("bash")
    shell = program(bash, "--norc", "--noprofile", "-i")
    shell.sendline("PS1='[$?] ready '")
    shell.expect_exact("[0] ready ")

    def start() -> int:
        shell.sendline(f"{make} run-server PYTHON={sys.executable} ARGS='--port 0'")
        shell.expect(r"\D(\d+)\r\n")
        return int(shell.match[1])

    def stop_and_continue(how: str, port: int) -> Peer:
        """Stop the server with Ctrl-Z and continue it. Return a user whom it serves after that."""
        shell.sendcontrol("z")
        shell.expect_exact("] ready ")
        shell.sendline(how)
        peer = Peer(port)
        peer.until(f"[{peer.addr}]{peer.addr}:已上线")
        return peer

    peer = stop_and_continue("fg", start())
    shell.sendcontrol("c")
    shell.expect_exact("[0] ready ")
    assert peer.rest().decode() == "服务器关闭，连接中断\n"
    peer.close()
    peer = stop_and_continue("bg", start())
    shell.sendline("kill %1")
    assert peer.rest().decode() == "服务器关闭，连接中断\n"
    peer.close()
