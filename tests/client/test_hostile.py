"""A server that is broken or hostile: the client ends with a clear word, and its memory and its work are bounded."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading

import pytest

from client.events import Events, Lost, Received
from client.net.connection import Connection
from client.net.values import MAX_LINE

from ..support.fake_server import fake_server
from ..support.peers import PATIENCE
from ..support.processes import status
from ..support.steps import steps
from .test_pipe import client, stderr

MIB = 1024  # KiB


@pytest.mark.parametrize("greeted", [True, False])
def test_a_line_without_an_end(greeted: bool) -> None:
    """It is given up where it is too long, however much comes. The exit status is 1, and one line says why."""
    with fake_server() as server, client(server.port, "--listen") as process:
        fake = server.welcome() if greeted else server.accept()
        with contextlib.suppress(OSError):  # the client hangs up in the middle of it
            for _ in range(1000):
                fake.say_raw(b"x" * 64 * 1024)
        assert process.wait(PATIENCE) == 1
        last = stderr(process).splitlines()[-1]
    assert last == "chatroom: the server does not keep to the protocol: a line of more than 256 KiB"


@pytest.mark.parametrize(
    "line",
    [
        '{"type":"said"',
        '{"type":"done","line":7}',
        '{"type":"done","line":' + "9" * 50_000 + "}",
        '{"type":"users","line":1,"users":' + "[" * 50_000 + "]" * 50_000 + "}",
        "no object at all",
        "\x00\xff",
    ],
)
def test_a_line_that_breaks_the_protocol(line: str) -> None:
    """There is no traceback."""
    with fake_server() as server, client(server.port, "--listen") as process:
        server.welcome().say(line)
        assert process.wait(PATIENCE) == 1
        said = stderr(process)
    assert said.startswith("chatroom: the server does not keep to the protocol: ")
    assert said.count("\n") == 1


def test_a_flood_of_people_and_names() -> None:
    """Memory is bounded, whoever comes. What is said behind it is shown."""
    with fake_server() as server, client(server.port, "--listen") as process:
        assert process.stdout
        fake = server.welcome()
        process.stdout.readline()
        before = status(process.pid, "VmRSS")

        def flood() -> None:
            for number in range(60_000):
                fake.event("joined", name=f"n{number}" + "x" * 150, addr=f"a:{number}")
            fake.said("end")

        thread = threading.Thread(target=flood)
        thread.start()
        while process.stdout.readline() != "  bob:end\n":
            pass
        thread.join()
        assert status(process.pid, "VmRSS") < before + 40 * MIB


def test_the_work_for_a_long_line_grows_with_its_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twice as many pieces are twice as much work, and no more is kept than a line may have."""

    class Pieces:
        """A socket that gives small pieces."""

        def __init__(self, count: int) -> None:
            self.count = count

        def recv(self, size: int) -> bytes:
            self.count -= 1
            return b"x" * 100 if self.count >= 0 else b""

    def work(pieces: int) -> int:
        events: Events = Events()
        monkeypatch.setattr(threading.Thread, "start", lambda thread: None)
        connection = Connection("host", 1, b"", events)
        connection.go_on()
        return steps(connection._receive, Pieces(pieces), package="client")

    assert work(2000) < 2.2 * work(1000)


def test_what_is_received_waits_in_the_kernel() -> None:
    """The next piece is read when the last one is dealt with. A line that is too long ends there."""
    events: Events = Events()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        connection = Connection("127.0.0.1", listener.getsockname()[1], b"first\n", events)
        peer, _ = listener.accept()
        with peer:
            assert peer.recv(100) == b"first\n"
            events.get(timeout=PATIENCE)
            peer.sendall(b"one\ntwo")
            assert events.get(timeout=PATIENCE) == Received([b"one"])
            peer.sendall(b"\n")
            assert events.empty()
            connection.go_on()
            assert events.get(timeout=PATIENCE) == Received([b"two"])
            connection.go_on()
            thread = threading.Thread(target=peer.sendall, args=(b"x" * (MAX_LINE + 1),))
            thread.start()
            event = events.get(timeout=PATIENCE)
            assert isinstance(event, Received)
            assert len(event.lines[0]) > MAX_LINE
            connection.go_on()
            thread.join()
        connection.go_on()
        while not isinstance(event := events.get(timeout=PATIENCE), Lost):
            connection.go_on()


def test_an_input_that_never_ends() -> None:
    """`yes | client` leaves at Ctrl-C, and does not name thousands of lines."""
    shell = f"yes | {sys.executable} -m client --no-time --port $0"
    pipe = subprocess.PIPE
    with fake_server() as server:
        command = ["sh", "-c", shell, str(server.port)]
        with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, start_new_session=True) as process:
            fake = server.welcome()
            assert [fake.line() for _ in range(100)] == ["y"] * 100
            os.killpg(process.pid, signal.SIGINT)
            server.close()
            _, said = process.communicate(timeout=PATIENCE)
        assert len(said.splitlines()) < 20
        assert "Traceback" not in said
