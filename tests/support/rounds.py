"""Two bystanders who talk in rounds, and count what everyone else says.

The bystanders of `bystanders.py` talk at a fixed pace. These say the next line when both have heard the one before, so
with a thousand users or a slow server they never ask for more than it can do. They also count the lines and the
announcements of each host, which is how a test sees what an attack has reached.
"""

from __future__ import annotations

import contextlib
import os
import re
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from .bystanders import Record, ServerProcess
from .peers import PATIENCE, Peer

PAUSE = 0.01  # seconds between two rounds
_LINE = re.compile(r"\[(?P<host>\[[^\]]*\]|[^\]:]*):\d+\].*:(?P<text>[^:]*)")
_TICKS = os.sysconf("SC_CLK_TCK")


class Rounds:
    """What the bystanders have seen. Their thread writes it, and the test's thread reads it."""

    def __init__(self, port: int, pause: float) -> None:
        self.ages: list[float] = []  # seconds that each round took until the other bystander had heard it
        self.came: Counter[str] = Counter()  # announcements of people who came, by host
        self.left: Counter[str] = Counter()  # announcements of people who went, by host
        self.said: Counter[str] = Counter()  # other lines, by host
        self.problems: list[str] = []
        self._pause = pause
        self._stop = threading.Event()
        self._changed = threading.Condition()
        self._one, self._two = Peer(port), Peer(port)
        self._due: dict[Peer, int] = {self._one: 0, self._two: 0}
        self._lines: dict[Peer, deque[str]] = {self._one: deque(), self._two: deque()}
        self._two.until(f"{self._two.prefix}已上线")
        self._one.ask("")
        self._thread = threading.Thread(target=self._talk)

    def more(self, rounds: int, seconds: float = PATIENCE) -> int:
        """Wait for so many rounds, or so many seconds. Return how many rounds there were."""
        before = len(self.ages)
        self._wait(lambda: len(self.ages) >= before + rounds, seconds)
        return len(self.ages) - before

    def wait_until(self, done: Callable[[], bool], seconds: float = PATIENCE) -> None:
        """Wait until `done` is true, which is looked at after each round. It fails if that never comes."""
        self._wait(done, seconds)
        assert done(), f"this never came; the bystanders: {self.problems}"

    def start(self) -> None:
        """Begin to talk."""
        self._thread.start()

    def finish(self) -> None:
        """Stop to talk. It fails if anything was lost, doubled or out of order."""
        self._stop.set()
        self._thread.join()
        self._one.close()
        self._two.close()
        assert self.problems == []

    def _wait(self, done: Callable[[], bool], seconds: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: done() or bool(self.problems), seconds)

    def _talk(self) -> None:
        try:
            number = 0
            while not self._stop.wait(self._pause):
                begun = time.monotonic()
                self._one.say(f"round {number}")
                self._two.say("")
                self._hear(self._two, number, self._count)
                age = time.monotonic() - begun
                self._hear(self._one, number, lambda _: None)
                with self._changed:
                    self.ages.append(age)
                    self._changed.notify_all()
                number += 1
        except (AssertionError, OSError) as error:
            with self._changed:
                self.problems.append(f"round {len(self.ages)}: {error!r}")
                self._changed.notify_all()

    def _hear(self, peer: Peer, number: int, count: Callable[[str], None]) -> None:
        """Take lines up to that of round `number`, which must be the next one of its author."""
        lines, prefix = self._lines[peer], f"{self._one.prefix}round "
        while True:
            while not lines:
                self._receive(peer)
            line = lines.popleft()
            if line.startswith(prefix):
                assert line == f"{prefix}{number}", f"{line} where round {number} was due"
                return
            count(line)

    def _receive(self, peer: Peer) -> None:
        data = peer.socket.recv(1 << 18)
        assert data, "the server has ended a bystander's connection"
        *lines, rest = (peer._partial + data).split(b"\n")
        peer._partial = rest
        self._lines[peer].extend(line.decode() for line in lines)

    def _count(self, line: str) -> None:
        found = _LINE.fullmatch(line)
        if not found:
            return
        host, text = found["host"].strip("[]"), found["text"]
        counter = {"已上线": self.came, "下线": self.left}.get(text, self.said)
        counter[host] += 1


@contextlib.contextmanager
def rounds(port: int, pause: float = PAUSE) -> Iterator[Rounds]:
    """Let two bystanders talk in rounds. It fails if a line of theirs is lost, doubled or out of order."""
    talk = Rounds(port, pause)
    talk.start()
    try:
        yield talk
    finally:
        talk.finish()


def stop(server: ServerProcess) -> float:
    """Stop the server. It must end with status 0. Return the seconds that it took, which no test fails by."""
    begun = time.monotonic()
    server.process.terminate()
    assert server.process.wait(PATIENCE) == 0
    return time.monotonic() - begun


def cpu_times(server: ServerProcess) -> dict[int, float]:
    """Return the seconds of processor time that each thread of the server has used, by the thread's id."""
    times: dict[int, float] = {}
    for task in Path(f"/proc/{server.process.pid}/task").iterdir():
        with contextlib.suppress(OSError):  # the thread has just ended
            times[int(task.name)] = _cpu_time(task / "stat")
    return times


def cpu_time(server: ServerProcess) -> float:
    """Return the seconds of processor time that the server has used, with those of threads that have ended."""
    return _cpu_time(Path(f"/proc/{server.process.pid}/stat"))


def _cpu_time(stat: Path) -> float:
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def percentile(ages: Sequence[float], share: float) -> float:
    """Return the age, in milliseconds, that so large a share of the ages does not exceed."""
    return round(sorted(ages)[min(len(ages) - 1, int(len(ages) * share))] * 1000, 1) if ages else 0.0


def report(record_property: Record, ages: Sequence[float], **figures: object) -> None:
    """Keep the figures of an attack. No test fails because of them; `--junitxml` shows them."""
    for name, share in (("p50_ms", 0.5), ("p99_ms", 0.99), ("max_ms", 1.0)):
        record_property(name, percentile(ages, share))
    for name, value in figures.items():
        record_property(name, value)
