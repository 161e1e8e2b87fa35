"""The unit for systemd and the Dockerfile: what they start is there, understands its flags, and runs."""

from __future__ import annotations

import configparser
import json
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.flags import parse_arguments, settings_of
from server.program import STOP_SIGNALS
from server.settings import Settings

from ..support.peers import PATIENCE, Peer, spawn
from .test_ops import ports_in

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "deploy" / "chatroom.service"
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
RUNNING = (ROOT / "RUNNING.md").read_text(encoding="utf-8")
LARGEST_EXPOSURE = 2.0  # of ten, as systemd counts


class Unit(configparser.RawConfigParser):
    """A file of systemd, in which names are told apart by case and may stand twice."""

    def optionxform(self, optionstr: str) -> str:
        return optionstr


def service() -> configparser.SectionProxy:
    """Return the section of the unit that says how it is run."""
    unit = Unit(strict=False)
    unit.read(UNIT, encoding="utf-8")
    return unit["Service"]


def analyze(*command: str) -> str:
    """Return what systemd says of the unit. Without systemd, the test is skipped."""
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed")
    done = subprocess.run([program, *command, UNIT], capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_systemd_understands_the_unit() -> None:
    """Without a warning about any line of it."""
    assert "chatroom.service" not in analyze("verify")


def test_the_unit_may_do_little() -> None:
    """RUNNING.md has the figure that systemd gives."""
    result = re.search(
        r"Overall exposure level for chatroom.service: ([0-9.]+) OK", analyze("security", "--offline=true")
    )
    assert result
    assert float(result[1]) <= LARGEST_EXPOSURE


def test_the_unit_starts_the_server_with_flags_that_it_has() -> None:
    """The history lies in the folder that systemd makes for it."""
    python, program, *flags = shlex.split(service()["ExecStart"])
    arguments = parse_arguments(flags)
    assert (python, program) == ("/usr/bin/python3", "/usr/local/lib/chatroom/chatroom-server.pyz")
    assert arguments.history == f"%S/{service()['StateDirectory']}/chat.db"
    assert arguments.ops
    assert f"install -m 644 -D dist/chatroom-server.pyz {program}" in RUNNING


def test_the_unit_leaves_room_for_all_users() -> None:
    """For a file and two threads each, and time for the goodbye."""
    settings = settings_of(parse_arguments(shlex.split(service()["ExecStart"])[2:]))
    assert int(service()["LimitNOFILE"]) > settings.max_users
    assert int(service()["TasksMax"]) > 2 * settings.max_users
    assert signal.Signals[service()["KillSignal"]] in STOP_SIGNALS
    assert float(service()["TimeoutStopSec"]) > 10 * settings.linger


def instructions() -> Iterator[tuple[str, str]]:
    """Yield what the Dockerfile says, line by line."""
    for line in DOCKERFILE.replace("\\\n", " ").splitlines():
        if line and not line.startswith("#"):
            word, _, rest = line.partition(" ")
            yield word, rest.strip()


def one(word: str) -> str:
    """Return the one instruction that begins with this word."""
    (found,) = [rest for first, rest in instructions() if first == word]
    return found


def entry_point() -> list[str]:
    """Return the command that the container runs."""
    command = json.loads(one("ENTRYPOINT"))
    assert isinstance(command, list)
    return command


def test_the_dockerfile_has_known_instructions_alone() -> None:
    """In an order that makes sense: nothing is written after the user has changed."""
    words = [word for word, _ in instructions()]
    known = "FROM WORKDIR COPY COPY RUN USER VOLUME EXPOSE ENTRYPOINT STOPSIGNAL HEALTHCHECK"
    assert words == known.split()


def test_the_dockerfile_needs_a_python_alone() -> None:
    """One that the server runs on. Nothing is installed."""
    version = re.fullmatch(r"python:3\.(\d+)-slim", one("FROM"))
    assert version
    assert int(version[1]) >= 10
    assert "pip" not in DOCKERFILE
    assert "apt" not in DOCKERFILE


def test_the_container_is_not_root() -> None:
    """And its user owns the folder of the history, which is a volume."""
    user, _, group = one("USER").partition(":")
    assert int(user) > 0
    assert int(group) > 0
    history = Path(parse_arguments(entry_point()[3:]).history)
    assert str(history.parent) == one("VOLUME")
    assert f"install -d -o {user} -g {group} -m 0700 {one('VOLUME')}" in one("RUN")


def test_the_container_can_be_stopped_and_reached() -> None:
    """By a signal that the server knows, on the port where it listens, from outside."""
    settings = settings_of(parse_arguments(entry_point()[3:]))
    assert signal.Signals[one("STOPSIGNAL")] in STOP_SIGNALS
    assert one("EXPOSE") == str(settings.port) == str(Settings().port)
    assert settings.ip == "0.0.0.0"


def test_what_is_copied_is_enough(tmp_path: Path) -> None:
    """The command runs in a folder that has nothing else. The health check knows whether it does."""
    app = tmp_path / "app"
    app.mkdir()
    for word, rest in instructions():
        if word == "COPY":
            source, target = rest.split()
            copy = shutil.copytree if (ROOT / source).is_dir() else shutil.copy
            copy(ROOT / source, app / target)
    python, *command = entry_point()
    flags = ["--port", "0", "--ops", "0", "--history", str(tmp_path / "chat.db"), "--ip", "127.0.0.1"]
    assert python == "python"
    with spawn([sys.executable, *command, *flags], cwd=app) as process:
        assert process.stderr
        port, ops = ports_in(json.loads(line)["message"] for line in process.stderr)
        peer = Peer(port)
        assert peer.line() == f"{peer.prefix}已上线"
        assert is_healthy(ops)
        process.send_signal(signal.Signals[one("STOPSIGNAL")])
        assert peer.rest().decode() == "服务器关闭，连接中断\n"
        peer.close()
        process.stderr.read()
        assert process.wait(PATIENCE) == 0
    assert not is_healthy(ops)


def is_healthy(ops: int) -> bool:
    """Return what the container's health check says of a server with this ops port."""
    python, flag, code = json.loads(one("HEALTHCHECK").partition("CMD ")[2])
    assert (python, flag) == ("python", "-c")
    port = str(parse_arguments(entry_point()[3:]).ops)
    assert code.count(port) == 1
    command = [sys.executable, "-c", code.replace(port, str(ops))]
    return subprocess.run(command, capture_output=True, timeout=PATIENCE, check=False).returncode == 0
