"""All doors at once: one conversation, in one order, whatever people come in with and whatever connections are cut."""

from __future__ import annotations

import contextlib
import os
import random
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pexpect

from ..support.bystanders import ServerProcess
from ..support.cutter import Cutter
from ..support.kept import export, keeping_server
from ..support.peers import PATIENCE, Peer, Program, need
from ..support.proxies import connect, haproxy
from ..support.tabs import Tab
from ..support.tls import Certificate

if TYPE_CHECKING:
    from playwright.sync_api import Browser

LINES = 500  # of each
BETWEEN = 10  # lines of each between two cuts
PROXY = "127.0.0.9"  # the address from which haproxy connects
LAST_PATIENCE = 120.0  # seconds for the last lines to arrive everywhere
SAID = re.compile(r"\b(\w+):(\1#\d+)\r?$")
MARKS = "view.items.filter(item => item.kind === 'said').map(item => item.text).filter(text => text.includes('#'))"


class Door:
    """Somebody who has come in one way or another, and what they have heard."""

    def __init__(self, name: str, write: Callable[[str], object], lines: Iterator[str]) -> None:
        """`lines` yields what is shown to them. It is read in a thread of its own."""
        self.name = name
        self.heard: list[str] = []
        self._write = write
        self._lines = lines
        self._all = threading.Event()
        self._most = sys.maxsize
        self.reader = threading.Thread(target=self._read)
        self.reader.start()

    def say(self, line: str) -> None:
        """Type a line, or paste several."""
        self._write(f"{line}\n")

    def wait_for(self, count: int) -> None:
        """Wait until so many lines were heard."""
        self._most = count
        if len(self.heard) < count:
            assert self._all.wait(LAST_PATIENCE), f"{self.name} has heard {len(self.heard)} of {count}"

    def _read(self) -> None:
        for line in self._lines:
            if found := SAID.search(line):
                self.heard.append(found[2])
                if len(self.heard) >= self._most:
                    self._all.set()


class BrowserDoor:
    """The same for a tab, which is driven by the thread that has started the browser."""

    def __init__(self, name: str, tab: Tab) -> None:
        self.name = name
        self._tab = tab

    @property
    def heard(self) -> list[str]:
        """What it has shown of what was said."""
        found: list[str] = self._tab.page.evaluate(MARKS)
        return found

    def say(self, line: str) -> None:
        """Type a line, or paste several."""
        self._tab.type(line)

    def wait_for(self, count: int) -> None:
        """Wait until so many lines were shown."""
        self._tab.until(f"{MARKS}.length >= {count}")


@contextlib.contextmanager
def through_pipes(name: str, *command: str) -> Iterator[Door]:
    """Run a program whose input and output are pipes."""
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdin
        assert process.stdout

        def write(text: str) -> None:
            assert process.stdin
            process.stdin.write(text)
            process.stdin.flush()

        door = Door(name, write, iter(process.stdout.readline, ""))
        try:
            yield door
        finally:
            process.kill()
            door.reader.join()


@contextlib.contextmanager
def through_telnet(name: str, port: int) -> Iterator[Door]:
    """Run a telnet on a terminal of its own."""
    child = pexpect.spawn(need("telnet"), ["-E", "127.0.0.1", str(port)], encoding="utf-8", dimensions=(24, 200))

    def lines() -> Iterator[str]:
        with contextlib.suppress(pexpect.EOF, OSError):
            while True:
                child.expect("\n", timeout=None)
                yield child.before or ""

    door = Door(name, lambda text: os.write(child.child_fd, text.encode()), lines())
    try:
        yield door
    finally:
        child.sendline("/quit")
        door.reader.join()
        child.close(force=True)


@contextlib.contextmanager
def through_haproxy(name: str, server: ServerProcess, folder: Path) -> Iterator[Door]:
    """Come in through a proxy that says from where."""
    with haproxy(folder, server, f"send-proxy-v2 source {PROXY}") as port:
        peer = connect(port)
        door = Door(name, lambda text: peer.send(text.encode()), lines_of(peer))
        try:
            yield door
        finally:
            peer.say("/quit")
            door.reader.join()
            peer.close()


def lines_of(peer: Peer) -> Iterator[str]:
    while line := peer.raw_line():
        yield line.decode().rstrip("\n")


def wait_for_all(port: int, names: Sequence[str]) -> dict[str, str]:
    """Wait until somebody is online under each name. Return their addresses."""
    program = Program(port, "/json")
    with contextlib.closing(program):
        program.until_type("hello")
        while True:
            program.say("who")
            found = {user["name"]: user["addr"] for user in program.until_type("users")["users"]}
            if found.keys() >= set(names):
                return found


def page_port(log: Iterator[str]) -> int:
    """Return the port of the page, which the server's log tells."""
    for line in log:
        if found := re.search(r"page .*https?://[^/]*:(\d+)/", line):
            return int(found[1])
    raise AssertionError("no page")


def test_all_doors_lead_into_one_room(browser: Browser, certificate: Certificate, tmp_path: Path) -> None:
    """Telnet, nc, a proxy, two clients and two browsers say 500 lines each. All read the same, in the same order.

    Connections of clients and browsers are cut all the time, and those that use TLS are among them.
    """
    chance = random.Random(14)
    file = tmp_path / "chat.db"
    flags = ["--idle-timeout", "0", "--web", "0", "--proxy-from", PROXY, *certificate.flags()]
    client = [sys.executable, "-m", "client", "--no-time", "--keep-alive"]
    names = ["telnet", "nc", "proxied", "plain", "secret", "page", "pages"]
    with contextlib.ExitStack() as stack:
        enter = stack.enter_context
        server = enter(keeping_server(file, *flags))
        assert server.process.stderr
        web = page_port(iter(server.process.stderr.readline, ""))
        quiet = threading.Thread(target=server.process.stderr.read)
        quiet.start()
        stack.callback(quiet.join)
        stack.callback(server.process.terminate)
        cutters = [Cutter(port) for port in (server.port, server.port, web, web)]
        for cutter in cutters:
            stack.callback(cutter.close)
        plain, secret, page, pages = (str(cutter.port) for cutter in cutters)
        doors: list[Door | BrowserDoor] = [
            enter(through_telnet("telnet", server.port)),
            enter(through_pipes("nc", need("nc"), "127.0.0.1", str(server.port))),
            enter(through_haproxy("proxied", server, tmp_path)),
            enter(through_pipes("plain", *client, "--port", plain, "--name", "plain")),
            enter(
                through_pipes(
                    "secret", *client, "--port", secret, "--name", "secret", "--tls", "--cafile", str(certificate.cert)
                )
            ),
        ]
        for door in doors[:3]:
            door.say(f"rename {door.name}")
        for name, scheme, port in (("page", "http", page), ("pages", "https", pages)):
            context = enter(contextlib.closing(browser.new_context(ignore_https_errors=True)))
            context.set_default_timeout(PATIENCE * 1000)
            tab = Tab(context.new_page(), f"{scheme}://127.0.0.1:{port}/")
            tab.enter(name)
            doors.append(BrowserDoor(name, tab))
        addresses = wait_for_all(server.port, names)
        assert not addresses["proxied"].startswith(PROXY)
        for first in range(1, LINES + 1, BETWEEN):
            for door in doors:
                door.say("\n".join(f"{door.name}#{number}" for number in range(first, first + BETWEEN)))
            chance.choice(cutters).cut(chance)
        for door in doors:
            door.wait_for(LINES * len(doors))
        heard = {door.name: list(door.heard) for door in doors}
    said = [found[2] for line in export(file, "text") if (found := SAID.search(line))]
    for name in names:
        assert [mark for mark in said if mark.startswith(f"{name}#")] == [f"{name}#{n}" for n in range(1, LINES + 1)]
        assert heard[name] == said
