"""The client in a pipe: what it reads, what it writes where, how it ends."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from server.wire import first_look

from ..support.fake_server import fake_server
from ..support.peers import PATIENCE, Connect, Peer, StrictServer, running

Process = subprocess.Popen[str]


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine, a client is too late with its first line, and comes in as a person first."""
    monkeypatch.setattr(first_look, "FIRST_LOOK", 0.2)


def command(port: int, *flags: str) -> list[str]:
    return [sys.executable, "-m", "client", "--port", str(port), "--no-time", *flags]


def post(text: str, port: int, *flags: str) -> subprocess.CompletedProcess[str]:
    """Run the client with TEXT for its input."""
    return subprocess.run(
        command(port, *flags), input=text, capture_output=True, text=True, timeout=PATIENCE, check=False
    )


@contextlib.contextmanager
def client(port: int, *flags: str) -> Iterator[Process]:
    """A client with pipes for all three streams."""
    pipe = subprocess.PIPE
    with subprocess.Popen(command(port, *flags), stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def read_line(process: Process) -> str:
    assert process.stdout
    return process.stdout.readline()


def write_line(process: Process, text: str) -> None:
    assert process.stdin
    process.stdin.write(text + "\n")
    process.stdin.flush()


def close_input(process: Process) -> None:
    assert process.stdin
    process.stdin.close()


def read_error(process: Process) -> str:
    assert process.stderr
    return process.stderr.readline()


def stderr(process: Process) -> str:
    assert process.stderr
    return process.stderr.read()


@pytest.mark.parametrize("text", ["你好\n", "你好", "你好\r\n", "\n你好\n\n"])
def test_what_is_piped_is_said(server: StrictServer, connect: Connect, text: str) -> None:
    """`echo 你好 | python3 -m client` sends, shows what it hears meanwhile, and ends when the line is taken."""
    peer = connect()
    result = post(text, server.port)
    addr = peer.line().partition("]")[0][1:]
    assert peer.lines(2) == [f"[{addr}]{addr}:你好", f"[{addr}]{addr}:下线"]
    assert result.stdout == f"* {addr}:已上线\n✓ {addr}:你好\n"
    assert (result.returncode, result.stderr) == (0, "")


def test_nothing_is_said_for_nothing(server: StrictServer, connect: Connect) -> None:
    """An empty input is no line."""
    peer = connect()
    assert post("", server.port).returncode == 0
    assert [line.rpartition(":")[2] for line in peer.lines(2)] == ["已上线", "下线"]


def test_commands_may_be_piped(server: StrictServer, connect: Connect) -> None:
    """Each is answered on standard output, in its order; private words are marked as taken, or not."""
    peer = connect()
    peer.rename("bob")
    lines = ["who", "to bob a  b ", "rename 小红", "//x", "/me waves", "to 小红 hm"]
    result = post("\n".join(lines), server.port, "--name", "小明")
    assert result.stdout.splitlines() == [
        "* 小明:已上线",
        "* bob:在线",
        "* 小明:在线",
        "✓ [私聊] → bob: a  b ",
        "* 修改用户名为: 小红",
        "✓ 小红:/x",
        "✓ 小红 * waves",
        "✓ [私聊] → 小红: hm",
    ]
    assert (result.returncode, result.stderr) == (0, "")
    assert peer.lines(2)[1] == "小明: a  b "


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("to eve x", "该用户不在线"),
        ("/nothing", "未知命令，输入 /help 查看帮助"),
        ("to bob", "消息格式不正确，请使用 [to username content] 格式"),
        ("to ", None),
        ("/to bob", "消息格式不正确，请使用 [to username content] 格式"),
        ("rename who", "用户名不合法：不能使用命令的名称"),
        ("x" * 5000, "消息过长，上限 4096 字节"),
        ("x" * 70_000, "消息过长"),
        ("x" * 400_000, "消息过长"),
    ],
)
@pytest.mark.parametrize("receipt", [True, False])
def test_a_line_that_is_refused_is_marked(receipt: bool, line: str, why: str | None) -> None:
    """With the reason, and the exit status is 1. The lines behind it are said. It needs no receipts in text."""
    with running(receipt=receipt) as server:
        result = post(f"{line}\nx\n", server.port, "--name", "小明")
    *shown, last = result.stdout.splitlines()[1:]
    assert last == "✓ 小明:x"
    short = line if len(line) <= 40 else line[:40] + "…"
    assert shown == ([f"✗ {short}（{why}）"] if why else [f"✓ 小明:{line}"])
    assert (result.returncode, result.stderr) == (1 if why else 0, "")


def test_any_server_as_telnet_does(server: StrictServer) -> None:
    """With `--plain` everything is shown as it comes, but for receipts, and nothing is marked."""
    result = post("x\nto nobody y\n", server.port, "--plain", "--name", "小明")
    addr = result.stdout.partition("]")[0].removeprefix("  [")
    assert result.stdout.splitlines() == [
        f"  [{addr}]{addr}:已上线",
        "  修改用户名为: 小明",
        f"  [{addr}]小明:x",
        "  该用户不在线",
    ]
    assert (result.returncode, result.stderr) == (0, "")


def test_with_hidden_addresses_our_own_lines_are_known() -> None:
    """By their numbers: somebody else who says the same is somebody else."""
    with running(hide_addr=True) as server, client(server.port, "--name", "小明") as process:
        assert read_line(process) == "* 小明:已上线\n"
        peer = Peer(server.port)
        peer.say("same")
        write_line(process, "same")
        while not (line := read_line(process)).startswith("✓"):
            assert "same" not in line or "小明" not in line
        assert line == "✓ 小明:same\n"
        peer.close()


def test_quit_ends_a_pipe_too(server: StrictServer) -> None:
    """Without a doubt about it."""
    result = post("x\n、Quit\ny\n", server.port, "--name", "小明")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.splitlines()[-1] == "✓ 小明:x"


@pytest.mark.parametrize("receipt", [True, False])
def test_many_lines_arrive_in_order(receipt: bool) -> None:
    """Faster than anybody takes them; also where nothing says that they are taken."""
    lines = [f"line {number}" for number in range(5000)]
    with running(receipt=receipt) as server:
        result = post("\n".join(lines), server.port, "--name", "小明")
    assert [line for line in result.stdout.splitlines() if line.startswith("✓")] == [f"✓ 小明:{line}" for line in lines]
    assert (result.returncode, result.stderr) == (0, "")


def test_addresses_are_shown_on_demand(server: StrictServer) -> None:
    """With -v a line is the server's own."""
    result = post("x\n", server.port, "-v")
    assert re.fullmatch(r"\* \[(.*)\]\1:已上线\n✓ \[\1\]\1:x\n", result.stdout)


def test_the_time_stands_in_front(server: StrictServer) -> None:
    """Unless it is not wanted."""
    result = subprocess.run(
        [sys.executable, "-m", "client", "--port", str(server.port)],
        input="x\n",
        capture_output=True,
        text=True,
        check=True,
    )
    assert all(re.match(r"\d\d:\d\d:\d\d [*✓] ", line) for line in result.stdout.splitlines())


@pytest.mark.parametrize("name", ["bob", "who"])
def test_a_name_that_cannot_be_had_is_an_error(server: StrictServer, connect: Connect, name: str) -> None:
    """Nothing is said under another one."""
    peer = connect()
    peer.rename("bob")
    result = post("x\n", server.port, "--name", name)
    assert result.returncode == 1
    assert result.stderr.splitlines()[0].startswith(f"chatroom: {name}: ")
    assert [line.rpartition(":")[2] for line in peer.lines(2)] == ["已上线", "下线"]


def test_a_full_house_is_said() -> None:
    """The server's reason is passed on; exit status 1."""
    with running(max_users=1) as server, client(server.port, "--listen") as first:
        read_line(first)
        result = post("x\n", server.port)
        assert (result.returncode, result.stdout) == (1, "")
        where = f"127.0.0.1 port {server.port}"
        assert result.stderr == f"chatroom: {where} does not let you in: 服务器人数已满，请稍后再试\n"
        first.terminate()


def test_who_is_kicked_comes_back_with_the_next_line() -> None:
    """It takes its session up. A line that crossed the kick is sent again, none twice. Said on standard error."""
    with fake_server() as server, client(server.port, "--name", "小明") as process:
        first = server.welcome()
        assert first.asked == "/json 小明"
        write_line(process, "one")
        first.take("one")
        write_line(process, "crossed")
        assert first.line() == "crossed"
        first.bye("idle", "长时间未使用，连接中断")
        second = server.welcome(taken=1)
        assert second.asked.startswith("/resume ")
        second.take("crossed")
        second.bye("idle", "长时间未使用，连接中断")
        assert [read_error(process) for _ in range(3)] == [
            "* 长时间未使用，连接中断；正在重新连接\n",
            "* 已重新连接\n",
            "* 长时间未使用，连接中断；输入下一行时自动重新连接\n",
        ]
        write_line(process, "two")
        third = server.welcome(taken=3)  # one, the empty line that ends what was missed, and crossed
        third.take("two")
        close_input(process)
        assert third.line() == "/quit"
        third.close()
        assert process.wait(PATIENCE) == 0
        assert stderr(process) == "* 已重新连接\n"


def test_a_line_without_a_receipt_is_not_sent_twice() -> None:
    """The server is gone without a word, but comes back and says that it has taken the line."""
    with fake_server() as server, client(server.port) as process:
        connection = server.welcome()
        write_line(process, "one")
        assert connection.line() == "one"
        connection.close()
        again = server.welcome(taken=1)
        write_line(process, "two")
        again.take("two")


def test_a_server_that_has_lost_its_memory() -> None:
    """Nobody knows what became of a line without a receipt. It is named, and not sent again. Exit status 1."""
    with fake_server() as server, client(server.port, "--name", "小明") as process:
        connection = server.welcome()
        write_line(process, "one")
        assert connection.line() == "one"
        connection.close()
        again = server.accept()
        again.asked = again.raw_line()
        write_line(process, "two")
        again.greet(session="another")
        again.tell("done", code="no_session", text="会话不存在或已过期")
        assert again.line() == "rename 小明"
        again.event("renamed", old=again.name, name="小明", addr=again.addr, line=again.taken)
        again.tell("done", line=again.taken, text="修改用户名为: 小明")
        again.name = "小明"
        again.take("two")
        close_input(process)
        assert again.line() == "/quit"
        again.bye("quit")
        assert process.wait(PATIENCE) == 1
        assert "* 可能没有送达：one\n" in stderr(process)


def test_no_server_to_come_back_to() -> None:
    """A script waits for it for some seconds. Then the exit status is 1, and the line is named."""
    with fake_server() as server, client(server.port) as process:
        connection = server.welcome()
        write_line(process, "one")
        connection.take("one")
        write_line(process, "two")
        assert connection.line() == "two"
        server.close()
        assert process.wait(PATIENCE) == 1
        said = stderr(process).splitlines()
    assert said[0] == "* 连接中断；正在重新连接"
    assert said[-2:] == ["* 没有等到确认：two", f"chatroom: lost the server at 127.0.0.1 port {server.port}: 连接中断"]


def test_many_lines_that_come_to_nothing_are_counted() -> None:
    """Three are named, not all of them."""
    with fake_server() as server, client(server.port, "--listen", "--keep-alive"):
        pass
    with fake_server() as server, client(server.port) as process:
        connection = server.welcome()
        for number in range(20):
            write_line(process, f"line {number}")
        assert [connection.line() for _ in range(20)]
        server.close()
        assert process.wait(PATIENCE) == 1
        said = [line for line in stderr(process).splitlines() if "没有等到确认" in line]
    assert said == [*(f"* 没有等到确认：line {number}" for number in range(3)), "* 没有等到确认：还有 17 条"]


def test_with_keep_alive_a_pipe_waits_for_the_server() -> None:
    """It comes back when the server does, and says what was typed meanwhile."""
    with fake_server() as server, client(server.port, "--keep-alive", "1000") as process:
        connection = server.welcome()
        write_line(process, "one")
        connection.take("one")
        port = server.port
        server.close()
        assert "正在重新连接" in read_error(process)
        write_line(process, "two")
        with fake_server(port) as again:
            again.welcome(taken=1).take("two")


def test_with_keep_alive_it_waits_for_a_server_that_is_not_there_yet() -> None:
    """Also at the start."""
    with fake_server() as server:
        port = server.port
    with client(port, "--keep-alive") as process:
        assert "连接被拒绝" in read_error(process)
        write_line(process, "one")
        with fake_server(port) as server:
            server.welcome().take("one")


def test_listening() -> None:
    """It only reads. Each line comes at once, heartbeats go out, and Ctrl-C ends it with 130."""
    with fake_server() as server, client(server.port, "--listen", "--keep-alive", "0.01") as process:
        connection = server.welcome()
        write_line(process, "not to be said")
        assert read_line(process) == f"* {connection.addr}:已上线\n"
        for text in ("one", "two"):
            assert connection.raw_line() == ""
            connection.taken += 1
            connection.tell("done", line=connection.taken)
            connection.said(text)
            assert read_line(process) == f"  bob:{text}\n"
        process.send_signal(signal.SIGINT)
        assert connection.line() == "/quit"
        connection.bye("quit")
        assert process.wait(PATIENCE) == 130
        assert stderr(process) == ""


@pytest.mark.parametrize("idle", [0.0, 1e10])
def test_listening_to_a_server_with_a_huge_idle_limit(idle: float) -> None:
    """No wait is too long for the system."""
    with fake_server() as server, client(server.port, "--listen") as process:
        connection = server.welcome(idle=idle)
        read_line(process)
        connection.said("one")
        assert read_line(process) == "  bob:one\n"
        process.terminate()
        assert connection.line() == "/quit"


def test_whoever_ends_a_script_ends_it_in_order(server: StrictServer, connect: Connect) -> None:
    """Its name is free at once. A SIGHUP that it was started to ignore is ignored."""
    peer = connect()
    shell = ["sh", "-c", """trap '' HUP; exec "$@" """, "sh", *command(server.port, "--listen", "--name", "小明")]
    with subprocess.Popen(shell, stdout=subprocess.PIPE, text=True) as process:
        assert read_line(process) == "* 小明:已上线\n"
        process.send_signal(signal.SIGHUP)
        peer.say("still there")
        assert read_line(process).endswith(":still there\n")
        process.terminate()
        assert process.wait(PATIENCE) == 128 + signal.SIGTERM
    assert peer.until(f"{peer.line().partition(']')[0]}]小明:下线") is not None
    peer.rename("小明")


def test_listening_ends_with_the_server(server: StrictServer) -> None:
    """It waits some seconds for another. The last line says why it ended, and the exit status is 1."""
    with client(server.port, "--listen") as process:
        read_line(process)
        server.stop()
        assert process.wait(PATIENCE) == 1
        said = stderr(process).splitlines()
    assert said[0] == "* 服务器关闭，连接中断；正在重新连接"
    assert said[-1] == f"chatroom: lost the server at 127.0.0.1 port {server.port}: 服务器关闭，连接中断"


def test_listening_survives_the_idle_limit() -> None:
    """The server says how long it is."""
    with running(idle_timeout=1.0) as server, client(server.port, "--listen") as process:
        read_line(process)
        for number in range(10):
            result = post("x\n", server.port)
            assert result.returncode == 0
            assert [read_line(process) for _ in range(3)][1].endswith(":x\n"), number
        process.terminate()
        assert stderr(process) == ""


def test_nobody_reads_our_output(server: StrictServer, connect: Connect) -> None:
    """As behind `head`: no traceback, exit status 1."""
    peer = connect()
    with client(server.port, "--listen") as process:
        assert process.stdout
        read_line(process)
        process.stdout.close()
        while process.poll() is None:
            peer.ask("x")
        assert process.returncode == 1
        assert stderr(process) == ""


def test_a_full_disk_ends_it_in_order() -> None:
    """One line says so, and the name is given back."""
    with fake_server() as server, open("/dev/full", "w", encoding="utf-8") as full:
        script = command(server.port, "--listen", "--name", "me")
        with subprocess.Popen(script, stdout=full, stderr=subprocess.PIPE, text=True) as process:
            connection = server.welcome()
            assert connection.line() == "/quit"
            assert process.wait(PATIENCE) == 1
            assert stderr(process) == "chatroom: No space left on device\n"


def test_the_name_is_given_back_if_nobody_reads_our_output() -> None:
    """And it is told which lines have no receipt."""
    with fake_server() as server, client(server.port, "--name", "me") as process:
        connection = server.welcome()
        read_line(process)
        assert process.stdout
        process.stdout.close()
        write_line(process, "one\ntwo")
        connection.take("one")
        assert [connection.line(), connection.line()] == ["two", "/quit"]
        assert process.wait(PATIENCE) == 1
        assert stderr(process) == "* 没有等到确认：two\n"


def test_what_the_server_says_is_cleaned() -> None:
    """Nothing in it drives the terminal, whatever server it is. Broken characters are marked."""
    with fake_server() as server, client(server.port, "--listen", "-v") as process:
        connection = server.welcome()
        read_line(process)
        connection.said("\x1b]0;title\x07a\x9b31m\u202eb\u2028c\rd\te\n* forged", name="b\x1bob")
        assert read_line(process) == "  [h:1]bob:]0;titlea31mbcd\te* forged\n"
        connection.event("whisper", name="\x1b[2Jx", to="me", text="\x00y")
        assert read_line(process) == "  [私聊] [2Jx: y\n"
        connection.tell("notice", text="one\n  bob:forged")
        assert [read_line(process), read_line(process)] == ["* one\n", "*   bob:forged\n"]


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-"])
def test_a_stream_that_is_closed(server: StrictServer, closed: str) -> None:
    """As some that start programs leave it: it is empty, and no socket takes its place."""
    shell = ["sh", "-c", f'exec "$@" {closed}', "sh", *command(server.port, "--name", "小明")]
    result = subprocess.run(shell, input="x\n", capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (result.returncode, result.stderr) == (0, "")
    assert (result.stdout.splitlines()[-1:] == ["✓ 小明:x"]) == (closed == "2>&-")


def test_without_any_control_of_a_terminal(server: StrictServer) -> None:
    """As on a system whose Python has none."""
    program = "import sys; sys.modules['termios'] = sys.modules['tty'] = None; from client.__main__ import main; main()"
    result = subprocess.run(
        [sys.executable, "-c", program, "--port", str(server.port), "--no-time"],
        input="x\n",
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.endswith(":x\n")


def test_no_colours_in_a_pipe(server: StrictServer) -> None:
    """Whatever terminal TERM names."""
    result = subprocess.run(
        command(server.port),
        input="x\n",
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "TERM": "xterm-256color"},
    )
    assert "\x1b" not in result.stdout
