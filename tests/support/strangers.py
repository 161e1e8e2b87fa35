"""Hosts that are not this machine, for tests: network namespaces, made and removed by the test that needs them.

The server exempts loopback from its limits, so an attack from 127.0.0.1 proves little. Here each stranger is a
namespace with one end of a veth pair. The other end is ours, and nothing leads from there to any real network. Needs
root and iproute2. A link may be slow, as a reader's line is.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import IO, NoReturn

import pytest

from .attacks import Plan
from .peers import PATIENCE, need

TRIES = 64  # numbers that are tried until one is free
NETWORKS = 16384  # the blocks of four addresses in 10.213.0.0/16


class Stranger:
    """A host of its own. The processes that it runs die with it."""

    def __init__(self, number: int) -> None:
        base = 4 * number
        self.namespace = f"chatroom-{os.getpid()}-{number}"
        self.link = f"chat{number}"  # our end of the pair
        self.server = f"10.213.{base >> 8}.{base % 256 + 1}"  # the address at which this stranger reaches the server
        self.address = f"10.213.{base >> 8}.{base % 256 + 2}"
        self.server6 = f"fd00:213:0:{number:x}::1"
        self.address6 = f"fd00:213:0:{number:x}::2"

    def command(self, *command: str) -> list[str]:
        """Return the command that runs `command` on this host."""
        return ["ip", "netns", "exec", self.namespace, *command]


class Attack:
    """A running attacker, on this machine or on a stranger's."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin and process.stdout
        self._process = process
        self._stdin: IO[str] = process.stdin
        self._stdout: IO[str] = process.stdout

    def wait_ready(self) -> None:
        """Wait until the first connections are made."""
        assert self._stdout.readline() == "ready\n"

    def go(self) -> None:
        """Let an attack begin that was held."""
        self._stdin.write("\n")
        self._stdin.flush()

    def finish(self) -> dict[str, int]:
        """Stop the attack, and return its figures."""
        if not self._stdin.closed:
            self._stdin.close()
        return self.wait()

    def wait(self) -> dict[str, int]:
        """Wait until the attack is over by itself, and return its figures."""
        figures: dict[str, int] = json.loads(self._stdout.readlines()[-1])
        self._process.wait(PATIENCE)
        return figures


@contextlib.contextmanager
def attack(port: int, plan: Plan, stranger: Stranger | None = None, host: str = "") -> Iterator[Attack]:
    """Run an attacker: from loopback, or from a stranger's host. It is killed at the end, if it still runs.

    `host` is the server's address, by default the one at which the attacker reaches it.
    """
    address = host or (stranger.server if stranger else "127.0.0.1")
    command = [sys.executable, "-m", "tests.support.attacks", address, str(port), plan.arguments()]
    if stranger:
        command = stranger.command(*command)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            running = Attack(process)
            running.wait_ready()
            yield running
        finally:
            process.kill()


@contextlib.contextmanager
def stranger(rate: str = "") -> Iterator[Stranger]:
    """Make a stranger's host, and remove it afterwards. Its link carries no more than `rate`, such as `10mbit`.

    Where that cannot be done, the test is skipped, or fails where the programs are required.
    """
    need("ip")
    if rate:
        need("tc")
    if os.geteuid() != 0:
        _give_up("only root can make network namespaces")
    _sweep()
    with contextlib.ExitStack() as stack:
        try:
            host = _make(stack, rate)
        except subprocess.CalledProcessError as error:
            _give_up(f"no network namespace here: {error.stderr.strip()}")
        yield host


def can_make_strangers() -> bool:
    """Return whether this process may make hosts of its own."""
    try:
        with stranger():
            return True
    except (pytest.skip.Exception, pytest.fail.Exception):
        return False


def _make(stack: contextlib.ExitStack, rate: str) -> Stranger:
    host = _claim(stack)
    inside = ("-n", host.namespace)
    for command in (
        ("addr", "add", f"{host.server}/30", "dev", host.link),
        ("-6", "addr", "add", f"{host.server6}/64", "dev", host.link, "nodad"),
        ("link", "set", host.link, "up"),
        (*inside, "addr", "add", f"{host.address}/30", "dev", "eth0"),
        (*inside, "-6", "addr", "add", f"{host.address6}/64", "dev", "eth0", "nodad"),
        (*inside, "link", "set", "lo", "up"),
        (*inside, "link", "set", "eth0", "up"),
    ):
        _ip(*command)
    if rate:
        _run("tc", "qdisc", "add", "dev", host.link, "root", "tbf", "rate", rate, "burst", "32kb", "latency", "100ms")
    return host


def _claim(stack: contextlib.ExitStack) -> Stranger:
    """Make the namespace and the pair of links of a number that nobody else on this machine uses."""
    for turn in range(TRIES):
        host = Stranger((os.getpid() + turn) % NETWORKS)
        if os.path.exists(f"/sys/class/net/{host.link}"):
            continue
        _ip("netns", "add", host.namespace)
        try:
            # Whoever makes the link first has the number.
            _ip("link", "add", host.link, "type", "veth", "peer", "name", "eth0", "netns", host.namespace)
        except subprocess.CalledProcessError as error:
            _remove("netns", "del", host.namespace)
            if "exists" in error.stderr:
                continue
            raise
        stack.callback(_remove, "netns", "del", host.namespace)
        stack.callback(_remove, "link", "del", host.link)
        return host
    raise subprocess.CalledProcessError(1, "ip", stderr=f"{TRIES} numbers are all taken")


def _sweep() -> None:
    """Remove what is left of tests that were killed."""
    for name in re.findall(r"^chatroom-\d+-\d+", _ip("netns", "list"), re.MULTILINE):
        _, pid, number = name.split("-")
        if not os.path.exists(f"/proc/{pid}"):
            _remove("link", "del", Stranger(int(number)).link)
            _remove("netns", "del", name)


def _ip(*arguments: str) -> str:
    return _run("ip", *arguments)


def _run(*command: str) -> str:
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=PATIENCE)
    return done.stdout


def _remove(*arguments: str) -> None:
    with contextlib.suppress(subprocess.CalledProcessError):  # it is gone already
        _ip(*arguments)


def _give_up(reason: str) -> NoReturn:
    if os.environ.get("REQUIRE_PROGRAMS"):
        pytest.fail(reason)
    pytest.skip(reason)
