"""The client on other systems, as far as this one can tell: line mode needs nothing that Windows does not have."""

from __future__ import annotations

import socket
import subprocess
import sys

import pexpect

from ..support.peers import PATIENCE, StrictServer

# A Python on Windows has none of these modules and names. The client is started without them.
AS_ON_WINDOWS = """
import os, select, signal, sys
for module in "curses fcntl grp pty pwd readline resource syslog termios tty".split():
    sys.modules[module] = None
def hide(module, names):
    for name in names.split():
        vars(module).pop(name, None)
hide(os, "fork forkpty getpgid getpgrp getuid killpg mkfifo openpty setpgid setsid tcgetpgrp tcsetpgrp uname")
hide(select, "epoll poll")
hide(signal, "SIGALRM SIGCHLD SIGCONT SIGHUP SIGKILL SIGPIPE SIGQUIT SIGSTOP SIGTSTP SIGTTIN SIGTTOU SIGUSR1 SIGUSR2")
hide(signal, "SIGWINCH alarm pause pthread_kill pthread_sigmask setitimer siginterrupt sigpending sigtimedwait sigwait")
import socket
hide(socket, "MSG_DONTWAIT MSG_NOSIGNAL SO_REUSEPORT TCP_USER_TIMEOUT")
from client.__main__ import main
sys.exit(main())
"""


def command(port: int, *flags: str) -> list[str]:
    """Return the command that starts the client as on Windows."""
    return [sys.executable, "-c", AS_ON_WINDOWS, "--port", str(port), "--no-time", "--name", "小明", *flags]


def test_lines_in_a_pipe(server: StrictServer) -> None:
    """They are said, whichever way their ends are written; the exit status is 0."""
    result = subprocess.run(
        command(server.port),
        input="大家好\r\nhello\n".encode(),
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (result.returncode, result.stderr) == (0, b"")
    assert result.stdout.decode().endswith("✓ 小明:大家好\n✓ 小明:hello\n")


def test_a_person_at_a_terminal(server: StrictServer) -> None:
    """The terminal's own line editing is used, and `/quit` leaves."""
    arguments = command(server.port)
    client = pexpect.spawn(arguments[0], arguments[1:], encoding="utf-8", timeout=PATIENCE)
    try:
        client.expect_exact("请输入聊天内容，exit退出:")
        client.sendline("大家好")
        client.expect_exact("✓ 小明:大家好\r\n")
        client.sendline("/quit")
        client.expect(pexpect.EOF)
        assert "\x1b" not in client.before
        client.wait()
        assert client.exitstatus == 0
    finally:
        client.close(force=True)


def test_no_server() -> None:
    """One line says so; the exit status is 1."""
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    result = subprocess.run(command(port), capture_output=True, timeout=PATIENCE, check=False, text=True)
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (1, "", 1)
