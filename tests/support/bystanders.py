"""What the tests of faults share: a server in a process of its own, and two bystanders.

The bystanders are users who talk all the time, whatever happens to the server and to others. They prove that nobody
else notices a fault.
"""

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

PAUSE = 0.002  # seconds between two lines of the bystanders


class ServerProcess:
    """A server in a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stderr
        self.process = process
        self.log = ""
        while "listening on" not in (line := process.stderr.readline()):
            assert line, self.log
            self.log += line
        self.port = int(line.split()[-1])

    def status(self, field: str) -> int:
        """Return VmRSS in KiB, or Threads."""
        return processes.status(self.process.pid, field)

    def open_files(self) -> int:
        """Return how many descriptors the server has open."""
        return processes.open_files(self.process.pid)

    def wait_until(self, done: Callable[[], bool]) -> None:
        """Wait until `done` is true. This is for what no message tells of. It fails if that never comes."""
        end = time.monotonic() + PATIENCE
        while not done():
            assert time.monotonic() < end
            time.sleep(0.01)


@contextlib.contextmanager
def server_process(*flags: str, before: str = "") -> Iterator[ServerProcess]:
    """Run a server in a process of its own. It must stop with status 0 and log no traceback.

    `before` holds Python statements that the process runs first.
    """
    program = f"{before}\nimport sys; from server.__main__ import main\nsys.argv[1:] = {['--port', '0', *flags]!r}\n"
    command = [sys.executable, "-c", program + "sys.exit(main())"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        server = ServerProcess(process)
        try:
            yield server
            process.terminate()
            assert process.stderr
            server.log += process.stderr.read()
            assert process.wait(PATIENCE) == 0
            assert "Traceback" not in server.log
        finally:
            process.kill()


@contextlib.contextmanager
def bystanders(port: int) -> Iterator[list[float]]:
    """Let two users talk all the time. It fails if a line is lost, doubled or out of order.

    Yield the list of the times that each line took, in seconds.
    """
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
            one.say(f"bystander {len(sent) - 1}")
            two.say("")
        one.say("bystander end")

    def listen(peer: Peer) -> None:
        due = 0
        try:
            while (line := peer.line()) != f"{one.prefix}bystander end":
                if not line.startswith(f"{one.prefix}bystander "):
                    continue
                if line != f"{one.prefix}bystander {due}":
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
    """Keep the figures of a fault. No test fails because of them; `--junitxml` shows them."""
    if ages:
        record_property("p99_ms", round(sorted(ages)[int(len(ages) * 0.99)] * 1000, 1))
    for name, value in figures.items():
        record_property(name, value)


def watcher(server: ServerProcess) -> Peer:
    """Return a user who sees the others come and go."""
    peer = Peer(server.port)
    peer.until(f"{peer.prefix}已上线")
    return peer
