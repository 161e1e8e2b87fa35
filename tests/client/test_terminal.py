"""The client on a terminal, byte by byte: what it writes, how it takes the terminal and gives it back."""

from __future__ import annotations

import os
import signal
import socket
import sys
import termios
from collections.abc import Callable, Iterator
from pathlib import Path

import pexpect
import pytest

from ..support.fake_server import FakeConnection, fake_server
from ..support.owning import owning
from ..support.peers import PATIENCE, Connect, StrictServer

Client = Callable[..., "pexpect.spawn[str]"]

PROMPT = "请输入聊天内容，exit退出:"
WHOM = "请输入聊天对象[用户名]，who查看当前在线用户，exit退出："


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    """Starts clients on terminals of their own, of 100 columns."""
    started = []

    def start(port: int, *flags: str, **environment: str) -> pexpect.spawn[str]:
        child = pexpect.spawn(
            sys.executable,
            ["-m", "client", "--port", str(port), *flags],
            encoding="utf-8",
            timeout=PATIENCE,
            dimensions=(24, 100),
            env={**os.environ, "TERM": "xterm-256color", "XDG_STATE_HOME": str(tmp_path), **environment},
        )
        child.delaybeforesend = None
        started.append(child)
        return child

    yield start
    for child in started:
        if child.isalive():
            child.kill(signal.SIGKILL)
            child.wait()
        child.close()


def end(child: pexpect.spawn[str]) -> int | None:
    """Wait for CHILD's end; its exit status."""
    child.expect(pexpect.EOF)
    assert "Traceback" not in child.before
    child.wait()
    status: int | None = child.exitstatus
    return status


def test_the_menu_on_a_terminal_without_control(server: StrictServer, connect: Connect, client: Client) -> None:
    """Every mode: whole lines, spaces kept, empty ones not sent; and not a single control sequence."""
    other = connect()
    other.rename("bob")
    child = client(server.port, "--no-time", TERM="dumb")
    child.expect(r"\* (127\.0\.0\.1:\d+):已上线\r\n")
    addr = child.match[1]
    seen = ""

    def expect(text: str) -> None:
        nonlocal seen
        child.expect_exact(text)
        seen += child.before + child.after

    for typed, answer in [
        ("9", "请选择合法的操作\r\n1. 群聊\r\n2. 私聊\r\n3. 更改用户名\r\n0. 退出\r\n"),
        ("1", PROMPT),
        ("hello,  all ", f"✓ {addr}:hello,  all \r\n{PROMPT}"),
        ("", PROMPT),
        ("exit", "0. 退出\r\n"),
        ("2", WHOM),
        ("who", f"* {addr}:在线\r\n{WHOM}"),
        ("", WHOM),
        ("a b", f"该用户不在线\r\n{WHOM}"),
        ("eve", f"该用户不在线\r\n{WHOM}"),
        ("bob", "[→bob]请输入聊天内容，exit退出："),
        (" a  b", "✓ [私聊] → bob:  a  b\r\n"),
        ("who", f"* {addr}:在线\r\n"),
        ("/foo bar", "✗ /foo bar（未知命令，输入 /help 查看帮助）\r\n"),
        ("／Last 0", "✗ /last 0（"),
        ("/help", "Ctrl-D 退出；其他内容发送给所有人\r\n"),
        ("Exit　", WHOM),
        ("exit", "0. 退出\r\n"),
        ("3", "输入新用户名："),
        ("", "0. 退出\r\n"),
        ("3", "输入新用户名："),
        ("alice", "修改用户名为: alice\r\n"),
        ("1", PROMPT),
        ("renamed", "✓ alice:renamed\r\n"),
        ("to　BOB　wide", "✓ [私聊] → bob: wide\r\n"),
        ("To bob capital", "✓ [私聊] → bob: capital\r\n"),
        ("nobody", "✓ alice:nobody\r\n"),
    ]:
        child.sendline(typed)
        expect(answer)
    other.say("to alice psst")
    expect(f"[私聊] bob: psst\a\r\n[未读私聊1]{PROMPT}")
    child.sendline("exit")
    expect("0. 退出\r\n[未读私聊1]")
    child.sendline("0")
    assert end(child) == 0
    assert "\x1b" not in seen + child.before
    assert "I'm live" not in seen + child.before
    assert [line.partition("]")[2] for line in other.until(f"[{addr}]alice:下线") if line != "I'm live"] == [
        f"{addr}:已上线",
        f"{addr}:hello,  all ",
        "",
        "alice:renamed",
        "",
        "",
        "alice:nobody",
    ]


@pytest.mark.parametrize("keys", ["", "1\r", "2\r", "2\rbob\r", "3\r"])
@pytest.mark.parametrize("term", ["dumb", "xterm"])
def test_the_end_of_input_leaves(server: StrictServer, client: Client, keys: str, term: str) -> None:
    """Wherever the menu is, with exit status 0."""
    child = client(server.port, TERM=term)
    child.expect_exact("0. 退出\r\n")
    for key in keys.split("\r")[:-1]:
        child.send(key + "\r")
        child.expect("exit退出[:：]|输入新用户名：")
    child.sendeof()
    assert end(child) == 0


@pytest.mark.parametrize("term", ["dumb", "xterm"])
def test_ctrl_c_leaves(server: StrictServer, client: Client, term: str) -> None:
    """Also with a half-typed line, with exit status 130."""
    child = client(server.port, TERM=term)
    child.expect_exact("0. 退出\r\n")
    child.send("half")
    child.sendintr()
    assert end(child) == 130


@pytest.mark.parametrize("flags", [[], ["--plain"]])
def test_a_line_that_only_looks_like_a_private_word(
    server: StrictServer, connect: Connect, client: Client, flags: list[str]
) -> None:
    """It is said to everyone, also if nobody knows who is online."""
    peer = connect()
    child = client(server.port, "--name", "小明", *flags, NO_COLOR="1")
    child.expect_exact(PROMPT)
    child.send("To be or not\r")
    child.expect_exact("小明:To be or not\r\n")
    assert peer.until(f"{peer.line().partition(']')[0]}]小明:To be or not") is not None


def test_quit_leaves(server: StrictServer, connect: Connect, client: Client) -> None:
    """It is not said, and the name is free at once."""
    peer = connect()
    child = client(server.port, "--name", "小明")
    child.expect_exact(PROMPT)
    child.send("/quit\r")
    assert end(child) == 0
    assert [line.rpartition(":")[2] for line in peer.lines(2)] == ["已上线", "下线"]
    peer.rename("小明")


@pytest.mark.parametrize("keys", ["1", "2", "2 小明"])
def test_quit_leaves_every_mode(server: StrictServer, connect: Connect, client: Client, keys: str) -> None:
    """Also where a name is asked for, and in private chat."""
    peer = connect()
    peer.rename("小明")
    child = client(server.port)
    child.expect_exact("0. 退出\r\n")
    for key in keys.split():
        child.send(key + "\r")
        child.expect("exit退出[:：]")
    child.send("/quit\r")
    assert end(child) == 0
    assert [line.rpartition(":")[2] for line in peer.lines(2)] == ["已上线", "下线"]


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_a_name_is_free_when_the_client_is_ended(
    server: StrictServer, connect: Connect, client: Client, ending: signal.Signals
) -> None:
    """So somebody who closes the window can come in again under the same name."""
    peer = connect()
    child = client(server.port, "--name", "小明")
    child.expect_exact(PROMPT)
    child.kill(ending)
    assert end(child) == 128 + ending
    assert [line.rpartition(":")[2] for line in peer.lines(2)] == ["已上线", "下线"]
    peer.rename("小明")


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, None])
def test_the_terminal_is_given_back(server: StrictServer, client: Client, ending: signal.Signals | None) -> None:
    """As it was, however the client ends, and even if it is told twice."""
    child = client(server.port, "--name", "小明")
    child.expect_exact(PROMPT)
    assert not termios.tcgetattr(child.child_fd)[3] & termios.ECHO
    if ending is None:
        child.sendeof()
    else:
        child.kill(ending)
    child.expect_exact("\x1b[?2004l")
    if ending not in (signal.SIGINT, None):
        child.kill(ending)
    while not termios.tcgetattr(child.child_fd)[3] & termios.ECHO:
        pass
    assert end(child) == (0 if ending is None else 128 + ending)


def test_ctrl_z(server: StrictServer, connect: Connect, client: Client) -> None:
    """Stops it, with the terminal as it was; continued, it is where it was."""
    peer = connect()
    child = client(server.port, "--name", "小明")
    child.expect_exact(PROMPT)
    child.send("half")
    child.expect_exact("half")
    child.sendcontrol("z")
    child.expect_exact("\x1b[?2004l")
    _, status = os.waitpid(child.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status)
    assert termios.tcgetattr(child.child_fd)[3] & termios.ECHO
    child.kill(signal.SIGCONT)
    child.expect_exact(PROMPT + "half")
    peer.say("meanwhile")
    child.expect_exact(":meanwhile")
    child.expect_exact(PROMPT + "half")


@pytest.mark.parametrize(("flags", "rings"), [([], 2), (["--no-bell"], 0)])
def test_the_bell(server: StrictServer, connect: Connect, client: Client, flags: list[str], rings: int) -> None:
    """Rings for a private word and for our name, unless it is not wanted, and for nothing else."""
    peer = connect()
    child = client(server.port, "--name", "小明", "--no-time", *flags)
    child.expect_exact("小明:已上线")
    child.send("我是小明\r")
    child.expect_exact(":我是小明\r\n")
    peer.say("all", "to 小明 psst", "小明!", "end")
    child.expect_exact(":end")
    assert child.before.count("\a") == rings


def test_what_is_pasted_is_text(server: StrictServer, client: Client) -> None:
    """A tab in it completes nothing. It waits for Enter, and none of its lines is a command."""
    child = client(server.port, "--name", "小明", NO_COLOR="1")
    child.expect_exact(PROMPT)
    child.send("\x1b[200~w\tx\rexit\r/quit\r\rrename y\rwho\r、last\r0\rla\x1b[201~st")
    child.expect_exact("[9行，回车发送]")
    child.expect_exact("w x⏎exit⏎/quit⏎⏎rename y⏎who⏎、last⏎0⏎last")
    child.send("\r")
    for line in ("w    x", "exit", "/quit", " rename y", " who", " 、last", "0", "last"):
        child.expect_exact(f"✓ 小明:{line}\r\n")


def test_what_is_pasted_for_a_name_is_not_said(server: StrictServer, client: Client) -> None:
    """Several lines are no name, and none of them reaches the server."""
    child = client(server.port, NO_COLOR="1")
    child.expect_exact("0. 退出\r\n")
    child.send("3\r")
    child.expect_exact("输入新用户名：")
    child.send("\x1b[200~bob\rhello all\r/quit\x1b[201~\r")
    child.expect_exact("✗ rename bob⏎hello all⏎/quit（只能是一行）\r\n")
    child.send("1\rhere\r")
    child.expect(r"✓ [0-9.:]+:here\r\n")


def echoes(child: pexpect.spawn[str]) -> bool:
    return bool(termios.tcgetattr(child.child_fd)[3] & termios.ECHO)


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGHUP])
def test_the_end_where_a_password_is_asked_for(
    server: StrictServer, connect: Connect, client: Client, ending: signal.Signals
) -> None:
    """A terminal without control echoes again afterwards, and the name is free."""
    peer = connect()
    child = client(server.port, "--name", "小明", TERM="dumb")
    child.expect_exact(PROMPT)
    child.sendline("/Register")
    child.expect_exact("密码：")
    while echoes(child):
        pass
    child.kill(ending)
    while not echoes(child):
        pass
    assert end(child) == 128 + ending
    assert [line.rpartition(":")[2] for line in peer.lines(2)] == ["已上线", "下线"]
    peer.rename("小明")


@pytest.mark.parametrize("gives_up", [False, True])
def test_a_password_on_a_terminal_without_control(client: Client, tmp_path: Path, gives_up: bool) -> None:
    """The terminal does not echo it, and echoes again afterwards, also if Ctrl-C comes meanwhile. That ends nothing."""
    with owning(tmp_path / "accounts") as server:
        child = client(server.port, "--name", "小明", TERM="dumb")
        child.expect_exact(PROMPT)
        child.sendline("/register")
        child.expect_exact("密码：")
        while echoes(child):
            pass
        if gives_up:
            child.sendintr()
            child.expect_exact("已取消")
        else:
            for prompt in ("\r\n再输入一次：", "\r\n"):
                child.sendline("hunter22")
                child.expect_exact(prompt)
                assert child.before == ""
            child.expect_exact("注册成功")
        child.expect_exact(PROMPT)
        child.sendline("shown")
        child.expect_exact("✓ 小明:shown")
        assert echoes(child)
        child.sendintr()
        assert end(child) == 130


def test_ctrl_z_where_a_password_is_asked_for(server: StrictServer, client: Client) -> None:
    """A terminal without control echoes while the client is stopped, and does not when it goes on."""
    child = client(server.port, "--name", "小明", TERM="dumb")
    child.expect_exact(PROMPT)
    child.sendline("/register")
    child.expect_exact("密码：")
    while echoes(child):
        pass
    child.sendcontrol("z")
    _, status = os.waitpid(child.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status)
    assert echoes(child)
    child.kill(signal.SIGCONT)
    while echoes(child):
        pass
    child.sendline("")
    child.expect_exact("已取消")


def test_what_is_typed_ahead_is_not_lost(server: StrictServer, client: Client) -> None:
    """Before the client has asked for anything."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        child = client(listener.getsockname()[1])
        child.send("1\rone\rtwo\r")
        connection, _ = listener.accept()
        fake = FakeConnection(connection)
        fake.asked = fake.raw_line()
        fake.greet()
        assert [fake.line(), fake.line()] == ["one", "two"]
        fake.close()


def test_a_name_that_is_taken_can_be_changed(server: StrictServer, connect: Connect, client: Client) -> None:
    """Nothing is said under another one meanwhile."""
    peer = connect()
    peer.rename("bob")
    child = client(server.port, "--name", "bob", NO_COLOR="1")
    child.expect_exact("bob：该用户名已被使用；输入 rename 新名字 换一个")
    child.send("hi\r")
    child.send("rename alice\r")
    child.expect_exact("✓ alice:hi")


def test_no_history(server: StrictServer, client: Client, tmp_path: Path) -> None:
    """One line says why it is not kept, and all else works."""
    (tmp_path / "chatroom").mkdir()
    (tmp_path / "chatroom" / "history").mkdir()
    child = client(server.port, "--name", "小明", NO_COLOR="1")
    child.expect_exact("chatroom: no history: ")
    child.expect_exact(PROMPT)
    child.send("hi\r")
    child.expect_exact("✓ 小明:hi")


def test_who_leaves_is_told_what_was_not_said(client: Client) -> None:
    """Because the server is away; exit status 1."""
    with fake_server() as server:
        child = client(server.port)
        server.welcome()
        child.expect_exact("0. 退出")
        child.send("1\r")
        child.expect_exact(PROMPT)
    child.expect_exact("[离线]")
    child.send("one\r")
    child.expect_exact("[待发1]")
    child.sendeof()
    child.expect_exact("没有送达：one")
    assert end(child) == 1
