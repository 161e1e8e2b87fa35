"""What the tests of faults share: a server of its own process, and two honest users who talk through whatever happens."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

from . import processes
from .peers import PATIENCE, Peer

Record = Callable[[str, object], None]

PAUSE = 0.002  # seconds between two lines of the honest pair


class Child:
    """A server in a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stderr
        self.process = process
        self.port = int(process.stderr.readline().split()[-1])
        self.log = ""

    def status(self, field: str) -> int:
        """Return VmRSS in KiB, or Threads."""
        return processes.status(self.process.pid, field)

    def open_files(self) -> int:
        """Return how many descriptors the server has open."""
        return processes.open_files(self.process.pid)

    def settles(self, done: Callable[[], bool]) -> None:
        """Wait until DONE, which no message tells of; fails if it never comes."""
        end = time.monotonic() + PATIENCE
        while not done():
            assert time.monotonic() < end
            time.sleep(0.01)


@contextlib.contextmanager
def child(*flags: str, before: str = "") -> Iterator[Child]:
    """A server process, started after the Python statements BEFORE; it must stop well and log no traceback."""
    program = f"{before}\nimport sys; from server.__main__ import main\nsys.argv[1:] = {['--port', '0', *flags]!r}\n"
    command = [sys.executable, "-c", program + "sys.exit(main())"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        server = Child(process)
        try:
            yield server
            process.terminate()
            assert process.stderr
            server.log = process.stderr.read()
            assert process.wait(PATIENCE) == 0
            assert "Traceback" not in server.log
        finally:
            process.kill()


@contextlib.contextmanager
def honest_pair(port: int) -> Iterator[list[float]]:
    """Two users who talk all the time: nothing lost, nothing doubled. Gives the ages of their lines, in seconds."""
    one, two = Peer(port), Peer(port)
    two.until(f"{two.prefix}已上线")
    one.ask("")
    stop = threading.Event()
    ages: list[float] = []
    sent: list[float] = []
    problems: list[str] = []

    def talk() -> None:
        while not stop.wait(PAUSE):
            sent.append(time.monotonic())
            one.say(f"honest {len(sent) - 1}")
            two.say("")
        one.say("honest end")

    def listen(peer: Peer) -> None:
        due = 0
        try:
            while (line := peer.line()) != f"{one.prefix}honest end":
                if not line.startswith(f"{one.prefix}honest "):
                    continue
                if line != f"{one.prefix}honest {due}":
                    problems.append(f"{line} where {due} was due")
                if peer is two:
                    ages.append(time.monotonic() - sent[due])
                due += 1
        except (AssertionError, OSError) as error:
            problems.append(f"{peer.addr}: {error!r}")
            return
        if due != len(sent):
            problems.append(f"{len(sent)} were sent, {due} came")

    threads = [threading.Thread(target=talk), *(threading.Thread(target=listen, args=(peer,)) for peer in (one, two))]
    for thread in threads:
        thread.start()
    try:
        yield ages
    finally:
        stop.set()
        for thread in threads:
            thread.join(PATIENCE)
        one.close()
        two.close()
    assert problems == []


def report(record_property: Record, ages: list[float], **figures: object) -> None:
    """Keep the figures of a fault: no test fails by them. `--junitxml` shows them."""
    if ages:
        record_property("p99_ms", round(sorted(ages)[int(len(ages) * 0.99)] * 1000, 1))
    for name, value in figures.items():
        record_property(name, value)


def watcher(server: Child) -> Peer:
    """A user who sees the others come and go."""
    peer = Peer(server.port)
    peer.until(f"{peer.prefix}已上线")
    return peer
