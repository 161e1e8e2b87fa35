"""What the server says about wrong flags, its version, and a system that cannot run it."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from ..support.peers import PATIENCE, spawn

ROOT = Path(__file__).parents[2]


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False)


def test_windows_is_told() -> None:
    """The server needs what only Unix systems have. It says so in one line, which names WSL."""
    done = run(
        sys.executable, "-c", "import os, sys; os.name = 'nt'; from server.__main__ import main; sys.exit(main())"
    )
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "WSL" in done.stderr


@pytest.mark.parametrize(
    ("flag", "message"),
    [
        (("--port", "abc"), "'abc' is not a whole number from 0 on"),
        (("--port", "65536"), "65536 is not between 0 and 65535"),
        (("--port", "-1"), "'-1' is not a whole number from 0 on"),
        (("--ops", "65536"), "65536 is not between 0 and 65535"),
        (("--max-line", "0"), "0 is less than 1"),
        (("--idle-timeout", "soon"), "'soon' is not a number from 0 on"),
        (("--idle-timeout", "inf"), "'inf' is not a number from 0 on"),
    ],
)
def test_a_wrong_flag_is_explained(flag: tuple[str, str], message: str) -> None:
    """The message is made for users and does not speak of the code."""
    done = run(sys.executable, "-m", "server", *flag)
    assert done.returncode == 2
    assert (
        done.stderr.splitlines()[-1]
        == f"chatroom-server: error: argument {'-port/--port' if flag[0] == '--port' else flag[0]}: {message}"
    )


def test_the_version() -> None:
    """It is one line on standard output."""
    done = run(sys.executable, "-m", "server", "--version")
    assert done.returncode == 0
    assert done.stdout.startswith("chatroom-server ")


def test_an_address_that_neighbours_can_use_is_named() -> None:
    """The first line of the log has such an address, because nobody can connect to 0.0.0.0 from elsewhere."""
    with spawn([sys.executable, "-m", "server", "--ip", "0.0.0.0", "--port", "0"]) as process:
        assert process.stderr
        line = process.stderr.readline()
        host, port = line.split()[-2:]
        assert "listening on 0.0.0.0 port" in line
        assert host != "0.0.0.0"
        with socket.create_connection((host, int(port)), PATIENCE):
            pass
